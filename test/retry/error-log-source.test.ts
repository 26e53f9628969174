import assert from 'node:assert/strict';
import { readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Batch } from '../../src/record/batch.js';
import { Fingerprints } from '../../src/source/fingerprints/fingerprints.js';
import { fingerprintFile } from '../../src/source/error-log/open-log.js';
import type { Standing } from '../../src/error-log/failure-reasons.js';
import { STANDINGS, standingOf } from '../../src/source/error-log/standing-of.js';
import { openErrorLogSource } from '../../src/source/error-log/error-log-source.js';
import type { RecordSource } from '../../src/source/record-source.js';
import { newFolder } from '../support/temporary-folder.js';

const vault = { name: 'SSN', id: 'vault-ssn', table: 'ssn' };
const { signal } = new AbortController();

interface Entry {
  readonly reason: string;
  readonly count: number;
  readonly foreign?: boolean;
}

class Logs implements AsyncDisposable {
  readonly #folder: string;
  readonly #files: string[] = [];
  #records = 0;
  readonly pairs: Record<Standing, string[]> = {
    absent: [],
    doubtful: [],
    repeated: [],
    foreign_repeated: [],
    foreign: [],
  };

  constructor(folder: string) {
    this.#folder = folder;
  }

  static create(): Logs {
    return new Logs(newFolder(join(tmpdir(), 'error-log-source-')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }

  async add(entries: readonly Entry[]): Promise<string> {
    const errors = entries.map(({ reason, count, foreign = false }) => {
      const records = Array.from({ length: count }, () => {
        this.#records += 1;
        return { Value: `v${this.#records}`, Token: `t${this.#records}` };
      });
      const pairs = records.map(({ Value, Token }) => `${Value} ${Token}`);
      if (!foreign) this.pairs[standingOf({ reason, foreign: false, statusCode: 400 })].push(...pairs);
      return {
        vault_name: foreign ? 'DOB' : 'ssn',
        vault_id: foreign ? 'vault-dob' : 'vault-ssn',
        table: foreign ? 'dob' : 'ssn',
        column: 'ssn',
        batch_number: 1,
        records,
        error: 'it failed',
        status_code: 400,
        reason,
      };
    });
    const file = join(this.#folder, `${this.#files.length}.json`);
    const format = 'skyflow-supervise merged error log 1';
    await writeFile(
      file,
      JSON.stringify({ format, timestamp: '2026-01-02T03:04:05Z', errors }, undefined, 1),
    );
    this.#files.push(file);
    return file;
  }

  async source(): Promise<RecordSource> {
    const files = [];
    for (const path of this.#files) files.push({ path, fingerprint: (await fingerprintFile(path)).sha256 });
    return openErrorLogSource({ vault, files, fingerprints: Fingerprints.plain });
  }
}

async function readAll(source: RecordSource, from: number, maxRecords: number): Promise<Batch[]> {
  const cursor = await source.open(signal);
  const batches: Batch[] = [];
  try {
    for (let start = from; ;) {
      const batch = await cursor.read({ start, end: Infinity }, maxRecords);
      if (batch === undefined) return batches;
      batches.push(batch);
      start = batch.end;
    }
  } finally {
    await cursor.close();
  }
}

const pairsOf = (batches: readonly Batch[]): string[] =>
  batches.flatMap(({ values, tokens }) => values.map((value, at) => `${value} ${tokens[at] ?? ''}`));

const entry = fc.record({
  reason: fc.constantFrom(
    ...['rejected', 'in_doubt', 'unreachable', 'token_repeated', 'token_mismatch', 'token_unproven'],
    'token_ambiguous',
  ),
  count: fc.integer({ min: 0, max: 5 }),
  foreign: fc.boolean(),
});

test('the records of one vault come in a fixed order, by where they stand, wherever reading begins', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(entry, { maxLength: 6 }), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 7 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (files, maxRecords, share) => {
        await using logs = Logs.create();
        for (const entries of files) await logs.add(entries);
        const source = await logs.source();
        const expected = STANDINGS.flatMap((standing) => logs.pairs[standing]);
        const { absent, doubtful: mayBe, repeated: notAlone, foreign_repeated: both, foreign } = logs.pairs;

        const { rows, doubtful, repeated, mismatched } = await source.inspect(signal);

        assert.equal(rows, expected.length);
        const end = expected.length;
        const rangeOf = (start: number, size: number) =>
          size === 0 ? undefined : { start, end: start + size };
        assert.deepEqual(doubtful, rangeOf(absent.length, mayBe.length));
        assert.deepEqual(repeated, rangeOf(absent.length + mayBe.length, notAlone.length + both.length));
        assert.deepEqual(
          mismatched,
          rangeOf(end - foreign.length - both.length, both.length + foreign.length),
        );
        const from = Math.floor(share * expected.length);
        const batches = await readAll(source, from, maxRecords);
        assert.deepEqual(pairsOf(batches), expected.slice(from));
        assert.ok(batches.every(({ values }) => values.length <= maxRecords));
      },
    ),
    { numRuns: 60 },
  );
});

test('a record without value or token is skipped where it stands, as it is in any other source', async () => {
  await using logs = Logs.create();
  const file = await logs.add([]);
  const records = [
    { Value: 'a', Token: 't1' },
    { Value: '', Token: 't2' },
    { Value: 'c', Token: '' },
    { Value: 'd', Token: 't4' },
  ];
  const errors = [{ batch_number: 1, records, error: 'x', status_code: 422 }];
  await writeFile(file, JSON.stringify({ vault_name: 'SSN', vault_id: 'vault-ssn', column: 'ssn', errors }));

  const batches = await readAll(await logs.source(), 0, 10);

  assert.deepEqual(batches, [
    {
      start: 0,
      end: 4,
      values: ['a', 'd'],
      tokens: ['t1', 't4'],
      skipped: [
        { position: 1, reason: 'empty_value' },
        { position: 2, reason: 'empty_token' },
      ],
    },
  ]);
});

test('a log with other content than it was chosen for is refused, and so is one that changes while it is read', async () => {
  await using logs = Logs.create();
  const file = await logs.add([{ reason: 'rejected', count: 3 }]);
  const files = [{ path: file, fingerprint: '0'.repeat(64) }];
  const other = openErrorLogSource({ vault, files, fingerprints: Fingerprints.plain });
  await assert.rejects(other.inspect(signal), { code: 'input_changed' });
  const source = await logs.source();
  await source.inspect(signal);
  await writeFile(file, '{}');
  await assert.rejects(readAll(source, 0, 10), { code: 'input_changed' });
});

test('a log that is edited in place is refused, its times put back or not; one that is touched is read', async () => {
  await using logs = Logs.create();
  const file = await logs.add([{ reason: 'rejected', count: 3 }]);
  const longAgo = new Date('2026-01-02T03:04:05Z');
  const source = await logs.source();
  await source.inspect(signal);
  await utimes(file, longAgo, longAgo);
  assert.equal((await readAll(source, 0, 10))[0]?.values.length, 3);
  const content = await readFile(file, 'utf8');
  await writeFile(file, content.replace('"v2"', '"v9"'));
  await utimes(file, longAgo, longAgo);
  await assert.rejects(readAll(source, 0, 10), { code: 'input_changed' });
});

test('the reason in the log says where a record stands', () => {
  const cases: [reason: string | undefined, statusCode: number, expected: Standing][] = [
    ['rejected', 400, 'absent'],
    ['token_mismatch', 200, 'foreign_repeated'],
    ['token_ambiguous', 0, 'foreign_repeated'],
    ['token_unproven', 200, 'foreign'],
    ['in_doubt', 0, 'doubtful'],
    ['token_repeated', 0, 'repeated'],
    ['unreachable', 503, 'doubtful'],
    ['not_confirmed', 200, 'doubtful'],
    ['token_conflict', 0, 'doubtful'],
    ['a reason of a later version', 400, 'doubtful'],
    [undefined, 400, 'absent'],
    [undefined, 404, 'absent'],
    [undefined, 409, 'doubtful'],
    [undefined, 429, 'doubtful'],
    [undefined, 500, 'doubtful'],
    [undefined, 0, 'doubtful'],
  ];
  for (const [reason, statusCode, expected] of cases) {
    assert.equal(
      standingOf({ reason, foreign: false, statusCode }),
      expected,
      `${reason ?? 'no reason'}, ${statusCode}`,
    );
  }
  assert.equal(standingOf({ reason: 'token_conflict', foreign: true, statusCode: 0 }), 'foreign_repeated');
});
