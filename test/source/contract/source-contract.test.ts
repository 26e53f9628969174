import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startSnowflakeSandbox } from '../../../src/sandbox/snowflake/snowflake-sandbox.js';
import { csvSection, resolveVaultCsv } from '../../../src/source/csv/csv-settings.js';
import { Fingerprints } from '../../../src/source/fingerprints/fingerprints.js';
import { fingerprintFile } from '../../../src/source/error-log/open-log.js';
import type { RecordSource } from '../../../src/source/record-source.js';
import { resolveSnowflake, snowflakeSection } from '../../../src/source/snowflake/snowflake-settings.js';
import type { SourceLedger, Reading } from '../../../src/source/source-kind.js';
import { readerOf } from '../../../src/source/source-kinds.js';
import { type SourceName, type SourceSpec } from '../../../src/source/source-settings.js';
import {
  asVaultFiles,
  parquetSection,
  resolveParquet,
  resolveVaultParquet,
} from '../../../src/source/parquet/parquet-settings.js';
import { withoutDriver, withoutEngine } from '../../support/optional-packages.js';
import { Duck } from '../parquet/parquet-fixture.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

// What every kind of source keeps, whatever it reads. A kind that is not in the table does not compile.

const never = new AbortController().signal;

/** Rows, and how much is added to each value: few, for looking at all of them, or so many that nobody holds them. */
interface Size {
  readonly rows: number;
  readonly filling: string;
}
const few: Size = { rows: 40, filling: '' };
const many: Size = { rows: 12_000, filling: 'x'.repeat(1_500) };

/** Something to read, and what gives it up. */
interface Subject extends AsyncDisposable {
  readonly spec: SourceSpec;
}

type Kind = Exclude<SourceSpec['kind'], 'none'>;

const subjects: Readonly<Record<Kind | SourceName, (folder: string, size: Size) => Promise<Subject>>> = {
  csv: async (folder, { rows, filling }) => {
    const files = resolveVaultCsv({ column: 'id' }, csvSection.parse({ data_directory: folder }));
    // Row 7 has no value, row 11 no token: both keep their positions.
    const cell = (text: string, at: number, empty: number): string =>
      at === empty ? '' : `${text}${at}${filling}`;
    const column = (header: string, text: string, empty: number): string =>
      [header, ...Array.from({ length: rows }, (_, at) => `${cell(text, at, empty)},x`), ''].join('\n');
    await writeFile(String(files.data_file), column('id,other', 'value', 7));
    await writeFile(String(files.token_file), column('id_token,other', 'token', 11));
    return given({ kind: 'csv', files, precount: true });
  },
  parquet: async (folder, { rows, filling }) => {
    const section = resolveParquet({ parquet: parquetSection.parse({}), csv: { data_directory: folder } });
    const files = asVaultFiles(resolveVaultParquet({ column: 'id' }, section));
    // Row 7 has no value, row 11 no token, in row groups of sixteen where there are few.
    const query = `SELECT CASE WHEN range <> 7 THEN 'value' || range || '${filling}' END AS id, CASE WHEN range <> 11 THEN 'token' || range ELSE '' END AS id_token FROM range(${rows})`;
    await using duck = await Duck.open();
    await duck.write(String(files.data_file), query, `ROW_GROUP_SIZE ${rows < 100 ? 16 : 2_048}`);
    return given({ kind: 'csv', files, precount: true });
  },
  error_log: async (folder, { rows, filling }) => {
    const path = join(folder, 'log.json');
    const errors = Array.from({ length: rows }, (_, at) => ({
      vault_name: 'SSN',
      vault_id: 'vault-ssn',
      table: 'ssn',
      column: 'ssn',
      batch_number: at,
      records: [{ Value: `value${at}${filling}`, Token: `token${at}` }],
      error: 'it failed',
      status_code: 400,
      reason: at % 3 === 0 ? 'in_doubt' : 'rejected',
    }));
    const format = 'skyflow-supervise merged error log 1';
    await writeFile(
      path,
      JSON.stringify({ format, timestamp: '2026-01-02T03:04:05Z', errors }, undefined, 1),
    );
    const { sha256 } = await fingerprintFile(path);
    return given({ kind: 'error_log', files: [{ path, fingerprint: sha256 }] });
  },
  snowflake: async (_, { rows, filling }) => {
    const sandbox = await startSnowflakeSandbox({ seed: { rows: few.rows } });
    const section = snowflakeSection.parse({
      account: 'sandbox',
      access_url: sandbox.accessUrl,
      user: 'loader',
      password: 'sandbox-password',
      fetch_size: 10,
      query_mode: filling === '' ? 'simple' : 'custom',
    });
    const settings = resolveSnowflake(section);
    const sql = `SELECT 'value' || range || '${filling}', 'token' || range FROM range(${rows}) ORDER BY range`;
    return given({ kind: 'snowflake', settings, sql, proxy: {}, checkConflicts: false }, () =>
      sandbox.close(),
    );
  },
};

function given(spec: SourceSpec, end: () => Promise<void> = () => Promise.resolve()): Subject {
  return { spec, [Symbol.asyncDispose]: end };
}

/** A run's journal, as far as a source asks it. */
class Asked implements SourceLedger {
  readonly inputs = undefined;
  query: SourceLedger['query'];

  get hasBegun(): boolean {
    return this.query !== undefined;
  }

  recordQuery(query: NonNullable<SourceLedger['query']>): Promise<void> {
    this.query = query;
    return Promise.resolve();
  }
}

/** Position, value and token of each record; of what was skipped the position alone. */
type Read = readonly (readonly [position: number, value?: string, token?: string])[];

async function readAll(
  source: RecordSource,
  { within = { start: 0, end: Infinity }, maxRecords = 3 } = {},
): Promise<Read> {
  const cursor = await source.open(never);
  const read: [number, string?, string?][] = [];
  try {
    for (let at = within.start; ;) {
      const batch = await cursor.read({ start: at, end: within.end }, maxRecords);
      if (batch === undefined) return read;
      assert.ok(batch.start >= at && batch.end > batch.start, 'a batch goes on');
      assert.ok(batch.values.length <= maxRecords, 'never more records than were asked for');
      assert.equal(batch.values.length, batch.tokens.length);
      assert.equal(batch.values.length + batch.skipped.length, batch.end - batch.start, 'no row is lost');
      const skipped = new Set(batch.skipped.map(({ position }) => position));
      let index = 0;
      for (let position = batch.start; position < batch.end; position += 1) {
        if (skipped.has(position)) read.push([position]);
        else {
          read.push([position, batch.values[index] ?? '', batch.tokens[index] ?? '']);
          index += 1;
        }
      }
      at = batch.end;
    }
  } finally {
    await cursor.close();
  }
}

async function assertContract(open: () => Promise<RecordSource>): Promise<void> {
  const source = await open();
  const inspection = await source.inspect(never);
  const { rows } = inspection;
  assert.ok(rows !== undefined && rows > 20);
  for (const { role, name } of inspection.inputs) assert.ok(role !== '' && name !== '');
  const whole = await readAll(source);
  assert.deepEqual(
    whole.map(([position]) => position),
    Array.from({ length: rows }, (_, at) => at),
    'every row has its position, skipped ones included',
  );
  for (const maxRecords of [1, 7, 1_000]) assert.deepEqual(await readAll(source, { maxRecords }), whole);

  const again = await open();
  assert.deepEqual((await again.inspect(never)).inputs, inspection.inputs, 'it is the same input');
  for (const [start, end] of [
    [0, 1],
    [5, 12],
    [rows - 3, Infinity],
    [rows, Infinity],
  ] as const) {
    const read = await readAll(again, { within: { start, end }, maxRecords: 4 });
    assert.deepEqual(read, whole.slice(start, end), `from ${start}`);
  }
  const stopped = AbortSignal.abort(new Error('enough'));
  await assert.rejects(async () => {
    const cursor = await again.open(stopped);
    await cursor.read({ start: 0, end: Infinity }, 3).finally(() => cursor.close());
  });
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that are still in use when all that nobody holds has gone. */
async function heldBytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    collect();
    await setImmediate();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** What a reader holds while it goes through a large input does not grow with what it has read. */
async function assertBounded(source: RecordSource): Promise<void> {
  const { rows = 0 } = await source.inspect(never);
  const cursor = await source.open(never);
  try {
    let at = 0;
    const readTo = async (end: number): Promise<number> => {
      let bytes = 0;
      while (at < end) {
        const batch = await cursor.read({ start: at, end: Infinity }, 300);
        if (batch === undefined) break;
        for (const text of [...batch.values, ...batch.tokens]) bytes += text.length;
        at = batch.end;
      }
      return bytes;
    };
    await readTo(rows / 3);
    const before = await heldBytes();
    const readBytes = await readTo((rows * 9) / 10);
    const grown = (await heldBytes()) - before;
    assert.ok(readBytes > 3_000_000, `${readBytes} bytes were read in between`);
    assert.ok(grown < readBytes / 4, `${grown} bytes more are held after reading ${readBytes}`);
  } finally {
    await cursor.close();
  }
}

/** What is read by, or made by, a package that may not be installed. */
const missing: Readonly<Record<string, string | false>> = {
  parquet: withoutEngine,
  snowflake: withoutDriver || withoutEngine,
};

for (const [kind, prepare] of Object.entries(subjects)) {
  const options = { skip: missing[kind] ?? false };
  test(
    `${kind}: positions, the same rows again, a seek, an inspection, an abort and what is held are as every source has them`,
    options,
    async (context) => {
      for (const size of [few, many]) {
        const folder = await temporaryFolder(context);
        await using subject = await prepare(folder, size);
        const ledger = new Asked();
        const reading: Reading = {
          runId: '20260101T000000Z-contract',
          runDirectory: folder,
          vault: { name: 'SSN', id: 'vault-ssn', table: 'ssn', column: 'ssn' },
          mostRecords: undefined,
          maxBatchBytes: undefined,
          connectTimeoutMs: 10_000,
          fingerprints: Fingerprints.plain,
          ledger,
          renewSecret: () => Promise.resolve(undefined),
          notice: () => undefined,
          signal: never,
        };
        const sources: RecordSource[] = [];
        const open = async (): Promise<RecordSource> => {
          const source = await readerOf(subject.spec).open(subject.spec, reading);
          sources.push(source);
          return source;
        };
        try {
          if (size === few) await assertContract(open);
          else await assertBounded(await open());
        } finally {
          for (const source of sources) await source.finish?.({ completed: false });
        }
      }
    },
  );
}
