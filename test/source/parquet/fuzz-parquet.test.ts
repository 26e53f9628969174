import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { never, readBatches, temporaryFolder } from '../csv-fixture.js';
import { zstdFrame } from '../zstd-fixture.js';
import { Duck, openParquetFile } from './parquet-fixture.js';

const asked = process.env['FUZZ_RUNS'];
const runs = Number(asked ?? 60);
/** Where nobody says how many, fewer: each asks DuckDB twice. */
const duckRuns = Number(asked ?? 10);

const text = fc.string({
  unit: fc.constantFrom('a', 'b', '0', ' ', '"', '\\', ',', '\n', '\u0000', 'é', '\uFFFD', '𝄞'),
  maxLength: 12,
});
const cell = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 2, arbitrary: fc.constantFrom('same', 'other') },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.nat({ max: 4_000 }).map((length) => 'x'.repeat(length)) },
);
const tables = fc
  .tuple(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 60 }))
  .map(([rows, times]) => Array.from({ length: times }, () => rows).flat());

type Row = readonly [value: string | null, token: string | null];

/** Position, value and token of each record. */
async function readAll(file: string, start = 0): Promise<(readonly [number, string, string])[]> {
  const source = openParquetFile(file, { precount: start === 0 });
  if (start === 0) await source.inspect(never);
  const batches = await readBatches(source, { maxRecords: 500, within: { start, end: Infinity } });
  return batches.flatMap(({ start: first, end, values, tokens, skipped }) => {
    const passed = new Set(skipped.map(({ position }) => position));
    const positions = Array.from({ length: end - first }, (_, at) => first + at);
    return positions
      .filter((position) => !passed.has(position))
      .map((position, at) => [position, values[at] ?? '?', tokens[at] ?? '?'] as const);
  });
}

function pairsOf(rows: readonly Row[], start = 0): (readonly [number, string, string])[] {
  return rows.flatMap(([value, token], position) =>
    position < start || (value ?? '') === '' || (token ?? '') === ''
      ? []
      : [[position, value ?? '', token ?? ''] as const],
  );
}

const compressors = {
  GZIP: gzipSync,
  BROTLI: brotliCompressSync,
  ZSTD: (page: Uint8Array) => zstdFrame(Buffer.from(page)),
};

test('whatever a writer makes of any table, its pairs come out, from any row on; however it is damaged, it is read or refused', async (t) => {
  const file = join(await temporaryFolder(t), 'id.parquet');
  const forms = fc.record({
    codec: fc.constantFrom('UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI', 'ZSTD'),
    encoding: fc.constantFrom(
      undefined,
      'PLAIN',
      'RLE_DICTIONARY',
      'DELTA_LENGTH_BYTE_ARRAY',
      'DELTA_BYTE_ARRAY',
    ),
    rowGroupSize: fc.constantFrom(7, 100, 100_000),
    pageSize: fc.constantFrom(50, 3_000, 1_000_000),
  });
  const wounds = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(
      tables,
      forms,
      fc.double({ min: 0, max: 1, noNaN: true }),
      wounds,
      async (rows, { encoding, ...form }, from, hurt) => {
        const column = (name: string, at: 0 | 1) => ({
          name,
          data: rows.map((row) => row[at]),
          type: 'STRING' as const,
          nullable: true,
          ...(encoding === undefined ? {} : { encoding }),
        });
        const bytes = Buffer.from(
          parquetWriteBuffer({ columnData: [column('id', 0), column('id_token', 1)], compressors, ...form }),
        );
        await writeFile(file, bytes);
        assert.deepEqual(await readAll(file), pairsOf(rows));
        const start = Math.floor(from * rows.length);
        assert.deepEqual(await readAll(file, start), pairsOf(rows, start));
        for (const [where, byte] of hurt) bytes[4 + Math.floor(where * (bytes.length - 8))] = byte;
        await writeFile(file, bytes);
        try {
          await readAll(file);
        } catch (error) {
          assert.ok(error instanceof SuperviseError && error.code === 'source', String(error));
          refused += 1;
        }
      },
    ),
    { numRuns: runs },
  );
  assert.ok(refused > 0, 'some wounds are seen');
});

test('DuckDB and this reader read the same from what DuckDB writes of any table', async (t) => {
  const directory = await temporaryFolder(t);
  const file = join(directory, 'id.parquet');
  await using duck = await Duck.open();
  const quoted = (one: string | null): string =>
    one === null ? 'NULL' : `'${one.replaceAll("'", "''").replaceAll('\0', '')}'`;
  const options = fc.constantFrom(
    ...['uncompressed', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4_raw'].flatMap((codec) => [
      `COMPRESSION ${codec}`,
      `COMPRESSION ${codec}, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1`,
    ]),
  );
  await fc.assert(
    fc.asyncProperty(tables, options, async (rows, option) => {
      const values = rows.slice(0, 200).map(([value, token]) => `(${quoted(value)}, ${quoted(token)})`);
      await duck.write(
        file,
        `SELECT id::VARCHAR AS id, id_token::VARCHAR AS id_token FROM (VALUES ${values.join(', ')}) AS t(id, id_token)`,
        option,
      );
      const truth = await duck.rows(`SELECT id::VARCHAR, id_token::VARCHAR FROM '${file}'`);
      assert.deepEqual(await readAll(file), pairsOf(truth.map(([value = '', token = '']) => [value, token])));
    }),
    { numRuns: duckRuns },
  );
});
