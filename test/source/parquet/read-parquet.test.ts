import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { StoredFile } from '../../../src/source/fingerprints/stored-file.js';
import { warnOfSizes } from '../../../src/source/parquet/parquet-reader.js';
import { never, temporaryFolder } from '../csv-fixture.js';
import { Duck, openParquetFile, readAll } from './parquet-fixture.js';

function expected(rows: readonly string[][]): string[][] {
  return rows.map(([value = '', token = '']) =>
    value === '' ? ['empty_value'] : token === '' ? ['empty_token'] : [value, token],
  );
}

/** Values that repeat and values that do not, absent and empty ones, of every length and alphabet. */
const people = `
  SELECT CASE WHEN range % 97 = 5 THEN NULL WHEN range % 89 = 3 THEN '' WHEN range % 7 = 0 THEN 'Zoë "Ω" \\ 𝄞' || range
              WHEN range % 1001 = 9 THEN repeat('long ', range::INT) ELSE lpad(range::VARCHAR, 9, '0') END AS id,
         CASE WHEN range % 83 = 2 THEN NULL WHEN range % 5 = 0 THEN 'same' ELSE 'tok-' || md5(range::VARCHAR) END AS id_token,
         range % 3 AS other
  FROM range(12000)`;

test('every codec, version and size of row group that DuckDB writes is read to the row', async (t) => {
  const directory = await temporaryFolder(t);
  await using duck = await Duck.open();
  const truth = expected(await duck.rows(`SELECT id, id_token FROM (${people})`));
  const forms = [
    ...['uncompressed', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4', 'lz4_raw'].map(
      (codec) => `COMPRESSION ${codec}`,
    ),
    'COMPRESSION zstd, PARQUET_VERSION v2',
    'COMPRESSION snappy, PARQUET_VERSION v2, ROW_GROUP_SIZE 2048',
    'COMPRESSION uncompressed, PARQUET_VERSION v2',
    'ROW_GROUP_SIZE 2048',
    'DICTIONARY_SIZE_LIMIT 1',
    'DICTIONARY_SIZE_LIMIT 1, PARQUET_VERSION v2',
  ];
  for (const [at, form] of forms.entries()) {
    const file = join(directory, `${at}.parquet`);
    await duck.write(file, people, form);
    const source = openParquetFile(file);
    const { rows, inputs } = await source.inspect(never);
    assert.equal(rows, truth.length, form);
    assert.match(inputs[0]?.fingerprint ?? '', /^gmac:[0-9a-f]{64}$/);
    assert.deepEqual(await readAll(source), truth, form);
    for (const start of [1, 2_049, 11_999]) {
      assert.deepEqual(
        await readAll(openParquetFile(file, { precount: false }), start),
        truth.slice(start),
        form,
      );
    }
  }
});

test('what another writer makes is read: its codecs, encodings, pages and nested columns', async (t) => {
  const directory = await temporaryFolder(t);
  const rows = 5_000;
  const id = Array.from({ length: rows }, (_, row) =>
    row % 31 === 0 ? null : `v${row} ${'é'.repeat(row % 4)}`,
  );
  const tokens = Array.from({ length: rows }, (_, row) => `t${row % 50}`);
  const truth = expected(id.map((value, row) => [value ?? '', tokens[row] ?? '']));
  const compressors = { GZIP: gzipSync, BROTLI: brotliCompressSync };
  const encodings = ['PLAIN', 'RLE_DICTIONARY', 'DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY'] as const;
  let at = 0;
  for (const codec of ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI'] as const) {
    for (const encoding of encodings) {
      const file = join(directory, `${at}.parquet`);
      at += 1;
      const bytes = parquetWriteBuffer({
        columnData: [
          { name: 'id', data: id, type: 'STRING', encoding },
          { name: 'id_token', data: tokens, type: 'STRING', nullable: false, encoding },
        ],
        codec,
        compressors,
        rowGroupSize: 1_999,
        pageSize: 4_000,
      });
      await writeFile(file, Buffer.from(bytes));
      const source = openParquetFile(file);
      assert.equal((await source.inspect(never)).rows, rows);
      assert.deepEqual(await readAll(source), truth, `${codec} ${encoding}`);
      assert.deepEqual(
        await readAll(openParquetFile(file), 3_000),
        truth.slice(3_000),
        `${codec} ${encoding}`,
      );
    }
  }
});

test('a column inside of others is named with dots; what holds several values in a row is refused', async (t) => {
  const directory = await temporaryFolder(t);
  const file = join(directory, 'nested.parquet');
  await using duck = await Duck.open();
  const query = `SELECT CASE WHEN range = 3 THEN NULL ELSE {'name': 'n' || range, 'inner': CASE WHEN range = 4 THEN NULL ELSE {'id': CASE WHEN range = 5 THEN NULL ELSE 'v' || range END} END} END AS person,
    't' || range AS id_token, ['a', 'b'] AS many, MAP {'k': 'v'} AS pairs FROM range(9)`;
  await duck.write(file, query);
  const truth = Array.from({ length: 9 }, (_, row) =>
    row >= 3 && row <= 5 ? ['empty_value'] : [`v${row}`, `t${row}`],
  );
  const source = openParquetFile(file, { valueHeader: 'person.inner.id' });
  assert.equal((await source.inspect(never)).rows, 9);
  assert.deepEqual(await readAll(source), truth);
  const refusals: [header: string, says: RegExp, hint: RegExp][] = [
    [
      'person',
      /"person" as a group of 2, with names of 11, 15 characters, not shown/,
      /"person\.NAME"\. DuckDB lists them: /,
    ],
    ['many', /"many" as a list or a map/, /unnest/],
    ['pairs', /"pairs" as a list or a map/, /unnest/],
    ['many.list.element', /as a list or a map/, /unnest/],
    [
      'Person.Inner.ID',
      /no column "Person\.Inner\.ID"; it has \d+ columns, with names of 11, 15, /,
      /One of them is "Person\.Inner\.ID" but for capitals, .*DESCRIBE SELECT \* FROM '/,
    ],
    ['nothing', /no column "nothing"/, /docs\/parquet\.md/],
  ];
  for (const [valueHeader, says, hint] of refusals) {
    await assert.rejects(
      openParquetFile(file, { valueHeader }).inspect(never),
      (error) => error instanceof SuperviseError && says.test(error.message) && hint.test(error.hint ?? ''),
      valueHeader,
    );
  }
});

test('a reading that begins late reads no row group before it', async (t) => {
  const file = join(await temporaryFolder(t), 'groups.parquet');
  await using duck = await Duck.open();
  await duck.write(
    file,
    `SELECT md5('a' || range) || md5('b' || range) || md5('c' || range) AS id, md5('t' || range) AS id_token FROM range(200000)`,
    'COMPRESSION uncompressed, ROW_GROUP_SIZE 20480',
  );
  const source = openParquetFile(file);
  assert.equal((await source.inspect(never)).rows, 200_000);
  const pieces = t.mock.method(StoredFile.prototype, 'piece');
  const cursor = await source.open(never);
  const batch = await cursor.read({ start: 190_000, end: 190_003 }, 10);
  await cursor.close();
  assert.deepEqual([batch?.start, batch?.values.length], [190_000, 3]);
  const asked = new Set(pieces.mock.calls.map(({ arguments: [piece] }) => piece));
  // The first one says what the file is; the others hold the last row group and the footer.
  assert.deepEqual(
    [...asked].filter((piece) => piece > 0 && piece < 18),
    [],
  );
});

test('two files are paired by row, with a key where there is one; parts are read in their order', async (t) => {
  const directory = await temporaryFolder(t);
  await using duck = await Duck.open();
  const at = (name: string): string => join(directory, name);
  for (const part of [1, 2, 10]) {
    const rows = `range(${part * 1_000}, ${part * 1_000 + 500})`;
    await duck.write(
      at(`v_${part}.parquet`),
      `SELECT 'v' || range AS id, range::VARCHAR AS k FROM ${rows}`,
      'ROW_GROUP_SIZE 2048',
    );
    await duck.write(
      at(`t_${part}.parquet`),
      `SELECT range::VARCHAR AS k, 't' || range AS id_token FROM ${rows}`,
      'COMPRESSION zstd',
    );
  }
  await duck.write(
    at('wrong.parquet'),
    `SELECT (range + (range > 2200)::INT)::VARCHAR AS k, 't' || range AS id_token FROM range(2000, 2500)`,
  );
  await duck.run(
    `COPY (SELECT 't' || range AS id_token, range AS k FROM range(2000, 2500)) TO '${at('t.csv.gz')}' (FORMAT csv, HEADER)`,
  );
  const truth = [1, 2, 10].flatMap((part) =>
    Array.from({ length: 500 }, (_, row) => [`v${part * 1_000 + row}`, `t${part * 1_000 + row}`]),
  );
  const parts = openParquetFile('', {
    dataFile: at('v_*.parquet'),
    tokenFile: at('t_*.parquet'),
    keyHeader: 'k',
  });
  const { rows, inputs } = await parts.inspect(never);
  assert.deepEqual([rows, inputs.length], [1_500, 6]);
  assert.deepEqual(await readAll(parts), truth);
  assert.deepEqual(await readAll(parts, 700), truth.slice(700));
  const mixed = openParquetFile('', {
    dataFile: at('v_2.parquet'),
    tokenFile: at('t.csv.gz'),
    keyHeader: 'k',
    formats: {},
  });
  assert.equal((await mixed.inspect(never)).rows, 500);
  assert.deepEqual(await readAll(mixed), truth.slice(500, 1_000));
  const refusals: [options: Parameters<typeof openParquetFile>[1], says: RegExp][] = [
    [
      { dataFile: at('v_2.parquet'), tokenFile: at('wrong.parquet'), keyHeader: 'k' },
      /v_2\.parquet, row 202: the key is not the one at .*wrong\.parquet, row 202/,
    ],
    [{ dataFile: at('v_2.parquet'), tokenFile: at('t_*.parquet') }, /parts|rows/],
    [{ dataFile: at('v_2.parquet'), tokenFile: at('t.csv.gz') }, /t\.csv\.gz is not a Parquet file/],
  ];
  for (const [options, says] of refusals) {
    await assert.rejects(
      async () => openParquetFile('', options).inspect(never),
      (error) => error instanceof SuperviseError && says.test(error.message),
      String(says),
    );
  }
});

test('large pages are told of before the load, since each process that reads them takes that memory', async (t) => {
  const file = join(await temporaryFolder(t), 'large.parquet');
  await using duck = await Duck.open();
  const query = `SELECT repeat('x', 1500) || range AS id, 't' || range AS id_token FROM range(50000)`;
  await duck.write(file, query, 'COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 1, ROW_GROUP_SIZE 50000');
  const { rows, warnings } = await openParquetFile(file).inspect(never);
  assert.equal(rows, 50_000);
  assert.match(
    warnings?.join() ?? '',
    /large\.parquet: its largest page has \d+ MiB, and reading takes several times that/,
  );
  await duck.write(file, query, 'COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 1, ROW_GROUP_SIZE 5000');
  assert.deepEqual((await openParquetFile(file).inspect(never)).warnings, []);
});

test('a row group of more than 1 GiB, or a page of more than 64 MiB, is told of', () => {
  const [mebibyte, gibibyte] = [2 ** 20, 2 ** 30];
  assert.deepEqual(warnOfSizes('a', { pageBytes: 64 * mebibyte, groupBytes: gibibyte }), []);
  const [group, ...others] = warnOfSizes('a.parquet', { pageBytes: mebibyte, groupBytes: gibibyte + 1 });
  assert.deepEqual(others, []);
  assert.match(
    group ?? '',
    /^a\.parquet: its largest row group has 1,025 MiB; a resume begins to read where one/,
  );
  assert.equal(warnOfSizes('a', { pageBytes: 65 * mebibyte, groupBytes: 2 * gibibyte }).length, 2);
});
