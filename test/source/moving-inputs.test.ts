import assert from 'node:assert/strict';
import { appendFile, chmod, open, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { CsvSourceOptions } from '../../src/source/csv/csv-source.js';
import { Fingerprints } from '../../src/source/fingerprints/fingerprints.js';
import { PIECE_BYTES, KnownPieces, PieceTable } from '../../src/source/fingerprints/piece-table.js';
import { StoredFile } from '../../src/source/fingerprints/stored-file.js';
import { readPieces, writePieces } from '../../src/source/fingerprints/piece-file.js';
import type { RecordCursor, RecordSource } from '../../src/source/record-source.js';
import { everything, never, openSource, temporaryFolder, writePair, type Pair } from './csv-fixture.js';

const ROWS = 160_000;
/** 2.4 MB each, in three pieces; cells that hold the row's number, all equally long. */
const numberedRow = (letter: string, row: number): string => `${letter}${String(row).padStart(13, '0')}\n`;
const column = (header: string, letter: string, rows = ROWS): string =>
  `${header}\n${Array.from({ length: rows }, (_, row) => numberedRow(letter, row)).join('')}`;
const DATA = column('id', 'v');
const TOKENS = column('id_token', 't');
const BOTH = `id,id_token\n${Array.from({ length: ROWS }, (_, row) => `v${String(row).padStart(13, '0')},t${String(row).padStart(13, '0')}\n`).join('')}`;

interface Form {
  readonly name: string;
  readonly write: (t: TestContext, options?: Partial<CsvSourceOptions>) => Promise<Pair>;
}

const forms: readonly Form[] = [
  { name: 'a pair', write: (t, options) => writeOldPair(t, { data: DATA, tokens: TOKENS }, options) },
  { name: 'one file of both columns', write: (t, options) => writeOldPair(t, { data: BOTH }, options) },
  {
    name: 'gzip',
    write: (t, options) =>
      writeOldPair(
        t,
        { data: gzipSync(DATA, { level: 0 }), tokens: gzipSync(TOKENS, { level: 0 }) },
        { dataFile: 'id.csv.gz', tokenFile: 'id_tokens.csv.gz', ...options },
      ),
  },
];

/** A time that can be put back exactly. */
const LONG_AGO = new Date('2026-01-02T03:04:05Z');

async function writeOldPair(...parameters: Parameters<typeof writePair>): Promise<Pair> {
  const pair = await writePair(...parameters);
  for (const file of [pair.dataFile, pair.tokenFile]) await utimes(file, LONG_AGO, LONG_AGO);
  return pair;
}

/** Changes bytes in place and puts the time of modification back. */
async function overwrite(file: string, at: number, bytes: Buffer): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.write(bytes, 0, bytes.length, at);
  await handle.close();
  await utimes(file, LONG_AGO, LONG_AGO);
}

/** Reads on until the rows end or an error does it; every pair has to be one that was there at first. */
async function readTruePairs(cursor: RecordCursor, from: number): Promise<{ read: number; error: unknown }> {
  let read = from;
  try {
    for (;;) {
      const batch = await cursor.read(everything, 10_000);
      if (batch === undefined) return { read, error: undefined };
      for (const [at, value] of batch.values.entries()) {
        const number = value.slice(1);
        assert.equal(Number(number), batch.start + at);
        assert.equal(batch.tokens[at], `t${number}`);
      }
      read = batch.end;
    }
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return { read, error };
  } finally {
    await cursor.close();
  }
}

function isInputChanged(error: unknown, says = /changed while it was being loaded/): boolean {
  return error instanceof SuperviseError && error.code === 'input_changed' && says.test(error.message);
}

for (const { name, write } of forms) {
  test(`${name}: whatever is done to a file while it is read, no pair is sent that the pass has not seen`, async (t) => {
    type Change = (file: string) => Promise<void>;
    const changes: Record<string, Change> = {
      'its rows stand in another order': async (file) => {
        const bytes = await readFile(file);
        await overwrite(
          file,
          0,
          Buffer.from(bytes.toString('latin1').split('\n').reverse().join('\n'), 'latin1'),
        );
      },
      'a digit of the last row is another one': async (file) => {
        await overwrite(file, (await stat(file)).size - 20, Buffer.from('7'));
      },
      'rows are appended': (file) => appendFile(file, 'x\n'),
      'it is cut short': async (file) => truncate(file, (await stat(file)).size - 15),
      'a digit of a row that was sent is another one': (file) => overwrite(file, 40, Buffer.from('9')),
    };
    for (const [what, change] of Object.entries(changes)) {
      for (const which of ['dataFile', 'tokenFile'] as const) {
        const pair = await write(t);
        await pair.source.inspect(never);
        const cursor = await pair.source.open(never);
        const first = await cursor.read(everything, 10_000);
        assert.equal(first?.end, 10_000);
        await change(pair[which]);
        const { read, error } = await readTruePairs(cursor, 10_000);
        assert.ok(isInputChanged(error), `${what}: ${String(error)} after ${read} rows`);
      }
    }
  });

  test(`${name}: that a file is touched, or its mode changed, ends nothing`, async (t) => {
    const { source, dataFile, tokenFile } = await write(t);
    await source.inspect(never);
    await utimes(dataFile, new Date(0), new Date(0));
    const cursor = await source.open(never);
    await cursor.read(everything, 10_000);
    await utimes(tokenFile, new Date(0), new Date(0));
    await chmod(dataFile, 0o600);
    assert.deepEqual(await readTruePairs(cursor, 10_000), { read: ROWS, error: undefined });
  });
}

test('any byte that changes in any piece is noticed before a row of it is sent', async (t) => {
  const { source, dataFile } = await writeOldPair(t, { data: DATA, tokens: TOKENS });
  await source.inspect(never);
  const bytes = Buffer.from(DATA);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 3, max: bytes.length - 1 }), async (at) => {
      await overwrite(dataFile, at, Buffer.from([(bytes[at] ?? 0) ^ 1]));
      const { read, error } = await source.open(never).then(
        (cursor) => readTruePairs(cursor, 0),
        (error: unknown) => ({ read: 0, error }),
      );
      await overwrite(dataFile, at, bytes.subarray(at, at + 1));
      assert.ok(isInputChanged(error), String(error));
      assert.ok(read <= Math.floor(at / PIECE_BYTES) * (PIECE_BYTES / 15));
    }),
    { numRuns: 12 },
  );
});

test('without the pass, what was sent is looked at again as soon as the file was written to', async (t) => {
  const cases: [what: string, change: (file: string) => Promise<unknown>, says: RegExp][] = [
    [
      'rewritten',
      (file) => writeFile(file, DATA.replaceAll('v', 'w')),
      /it was written to, and nothing is known/,
    ],
    ['appended to', (file) => appendFile(file, 'v\n'), /it had \d+ bytes and has \d+/],
    [
      'edited, its time put back',
      (file) => overwrite(file, 40, Buffer.from('9')),
      /content is another one from byte 0 on/,
    ],
  ];
  for (const [what, change, says] of cases) {
    const { source, dataFile } = await writeOldPair(t, { data: DATA, tokens: TOKENS }, { precount: false });
    await source.inspect(never);
    const cursor = await source.open(never);
    await cursor.read(everything, 10_000);
    await change(dataFile);
    await assert.rejects(
      // As far as `--max-records` goes: the rest of the file is never read.
      async () => {
        while ((await cursor.read({ start: 10_000, end: 20_000 }, 10_000)) !== undefined);
      },
      (error: unknown) => isInputChanged(error, says),
      what,
    );
    await cursor.close();
  }
});

test('without the pass, a file that is written to between the first look and reading is refused', async (t) => {
  const { source, tokenFile } = await writeOldPair(t, { data: DATA, tokens: TOKENS }, { precount: false });
  await source.inspect(never);
  await utimes(tokenFile, new Date(0), new Date(0));
  await assert.rejects(source.open(never), (error: unknown) => isInputChanged(error));
});

test('what a run has seen of its files is kept, and compared by whoever reads them later without a pass', async (t) => {
  const options = { precount: false } as const;
  const first = await writeOldPair(t, { data: DATA, tokens: TOKENS }, options);
  const directory = await temporaryFolder(t);
  const keep = async (source: RecordSource) => {
    await writePieces(directory, { runId: 'run', vaultName: 'ID' }, source.pieces?.() ?? []);
    return readPieces(directory, 'ID');
  };
  const cursor = await first.source.open(never);
  await cursor.read(everything, 10_000);
  await cursor.close();
  const known = await keep(first.source);
  assert.deepEqual(
    known.map(({ role, pieces, sizeBytes }) => [role, pieces.length, sizeBytes]),
    [
      ['data file', 1, undefined],
      ['token file', 1, undefined],
    ],
  );

  const { dataFile, tokenFile } = first;
  const again = openSource({
    ...options,
    dataFile,
    tokenFile,
    known: new KnownPieces(Fingerprints.plain, known),
  });
  await overwrite(dataFile, 40, Buffer.from('9'));
  await assert.rejects(again.open(never), (error: unknown) => isInputChanged(error));
});

test('the pieces of a file that the pass has read say where records begin in it', async (t) => {
  for (const { name, write } of forms) {
    const { source } = await write(t);
    const { inputs } = await source.inspect(never);
    const [data] = source.pieces?.() ?? [];
    assert.equal(data?.fingerprint, inputs[0]?.fingerprint);
    assert.equal(data?.sizeBytes, inputs[0]?.sizeBytes);
    const rowBytes = name === 'a pair' ? 15 : 30;
    for (const [piece, { told, cut }] of (data?.pieces ?? []).entries()) {
      assert.match(told, /^gmac:[0-9a-f]{64}$/);
      if (piece === 0 || cut === undefined) continue;
      const { row, line, byte } = cut;
      assert.equal(line, row + 2);
      if (name === 'gzip') assert.equal(byte, undefined);
      else {
        assert.equal(byte, (name === 'a pair' ? 3 : 12) + row * rowBytes);
        assert.ok(byte <= piece * PIECE_BYTES && byte > piece * PIECE_BYTES - rowBytes);
      }
    }
  }
});

test('what is appended to a file between its opening and its first reading is read with it', async (t) => {
  const path = `${await temporaryFolder(t)}/grown.csv`;
  await writeFile(path, 'id\nv1\n');
  const onFailure = (error: unknown): Error => new Error('not read', { cause: error });
  const file = await StoredFile.of(path, await open(path), {
    table: new PieceTable({ whole: undefined }),
    onFailure,
  });
  await appendFile(path, 'v2\nv3\n');
  assert.equal((await file.piece(0)).toString(), 'id\nv1\nv2\nv3\n');
  await file.close();
});
