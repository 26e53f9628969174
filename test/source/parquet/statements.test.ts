import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readPage } from '../../docs/pages.js';
import { never, readRecords, temporaryFolder } from '../csv-fixture.js';
import { Duck, openParquetFile } from './parquet-fixture.js';

const statement = /\*\*DuckDB\*\*[^]*?```sql\n([^]*?)```/;

test('what the statements of the pages write for DuckDB is read as it comes', async (t) => {
  for (const page of ['docs/csv.md', 'docs/parquet.md']) {
    const directory = await temporaryFolder(t);
    await using duck = await Duck.open();
    const people = `SELECT printf('%09d', range) AS ssn, 't' || range AS token FROM range(50)`;
    for (const name of ['people', 'people_1']) await duck.write(join(directory, `${name}.parquet`), people);
    const [, sql = ''] = statement.exec(readPage(page).text) ?? [];
    await duck.run(sql.replaceAll(/'([\w*.]+\.(?:parquet|csv\.gz))'/g, `'${directory}/$1'`));
    const written = (await readdir(directory)).find((name) => name.startsWith('ssn'));
    assert.ok(written !== undefined, page);
    const source = openParquetFile(join(directory, written), {
      valueHeader: 'ssn',
      tokenHeader: 'ssn_token',
      formats: {},
    });
    assert.equal((await source.inspect(never)).rows, 50, page);
    assert.deepEqual((await readRecords(source))[7], ['000000007', 't7'], page);
  }
});
