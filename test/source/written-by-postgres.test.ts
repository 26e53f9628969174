import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { readPage } from '../docs/pages.js';
import { askDatabase, needsPostgres, TestPostgres } from '../support/postgres.js';
import { dialectFor, never, openSource, readRecords, temporaryFolder } from './csv-fixture.js';

/** What unloads are known to spoil. */
const values = [
  '007',
  'a,b',
  '"q" \'s\'',
  'line\nline',
  'c\\d\\N',
  '\\N',
  'tab\there',
  'Zoë \u{1f600}',
  ' x ',
];

test(
  'what Postgres itself writes, by the statement of the page and as text, is read to the character',
  needsPostgres,
  async (t) => {
    await using postgres = await TestPostgres.start();
    const url = await postgres.createDatabase();
    const directory = await temporaryFolder(t);
    // The server is another user where the tests run as root.
    await chmod(directory, 0o777);
    const rows = [...values.map((value, at) => `(E'${escaped(value)}', 't${at}')`), "(NULL, 'none')"];
    const run = (sql: string) => askDatabase(url, z.unknown(), sql);
    await run(`CREATE TABLE people AS SELECT * FROM (VALUES ${rows.join()}) AS v (ssn, token)`);
    const [, statement = ''] = /```sql\n\\(copy [^]*?)\n```/.exec(readPage('docs/csv.md').text) ?? [];
    await run(statement.replace("'ssn.csv'", `'${join(directory, 'ssn.csv')}'`));
    await run(`COPY people TO '${join(directory, 'ssn.txt')}'`);
    const open = (file: string, form: Parameters<typeof dialectFor>[0], headers: readonly [string, string]) =>
      openSource({
        dataFile: join(directory, file),
        tokenFile: join(directory, file),
        valueHeader: headers[0],
        tokenHeader: headers[1],
        dialect: dialectFor(form),
      });
    for (const source of [
      open('ssn.csv', {}, ['ssn', 'ssn_token']),
      open('ssn.txt', { dialect: 'postgres-copy' }, ['1', '2']),
    ]) {
      assert.equal((await source.inspect(never)).rows, rows.length);
      assert.deepEqual(
        await readRecords(source),
        values.map((value, at) => [value, `t${at}`]),
      );
    }
  },
);

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}
