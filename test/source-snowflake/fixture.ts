import { after, before } from 'node:test';
import type { FaultsInput, SandboxEvent } from '../../src/sandbox/snowflake/faults.js';
import type { SnowflakeSandboxInput } from '../../src/sandbox/snowflake/options.js';
import {
  startSnowflakeSandbox,
  type SnowflakeSandbox,
} from '../../src/sandbox/snowflake/snowflake-sandbox.js';
import type { RecordCursor, RecordSource } from '../../src/source/record-source.js';
import { openSnowflakeSource } from '../../src/source/snowflake/snowflake-source.js';
import type {
  SnowflakeConnection,
  SnowflakeSourceOptions,
  SubmittedQuery,
} from '../../src/source/snowflake/snowflake-options.js';

export const password = 'sandbox-password';
export const everything = { start: 0, end: Infinity };
export const never = new AbortController().signal;

export function connectionTo(sandbox: SnowflakeSandbox): SnowflakeConnection {
  return {
    access_url: sandbox.accessUrl,
    account: 'sandbox',
    user: 'loader',
    authenticator: 'snowflake',
    password,
    warehouse: 'SANDBOX_WH',
    database: 'D01_SKYFLOW_POC',
    schema: 'SKYFLOW_POC',
    proxy: {},
  };
}

/** Options for the social security numbers of the sandbox; notices and query ids are kept in the lists given. */
export function sourceOptions(
  sandbox: SnowflakeSandbox,
  changes: Partial<SnowflakeSourceOptions> = {},
  log: { submitted?: SubmittedQuery[]; notices?: string[] } = {},
): SnowflakeSourceOptions {
  return {
    vaultName: 'SSN',
    column: 'ssn',
    connection: connectionTo(sandbox),
    query: { mode: 'simple' },
    snapshot: 'result',
    keepSnapshot: false,
    // What is read ahead and not used, the driver would go on fetching for minutes after the sandbox has closed.
    fetchSize: 10,
    runId: '20250101T000000Z-testtest',
    statementTimeoutSeconds: 3_600,
    watchdogMs: 60_000,
    onQuerySubmitted: (query) => {
      log.submitted?.push(query);
      return Promise.resolve();
    },
    onNotice: (message) => log.notices?.push(message),
    patience: { attempts: 4, firstDelayMs: 1, maxDelayMs: 4 },
    ...changes,
  };
}

/** A sandbox for the tests of one `describe`. */
export function sandboxFor(input: SnowflakeSandboxInput): () => SnowflakeSandbox {
  let sandbox: SnowflakeSandbox | undefined;
  before(async () => {
    sandbox = await startSnowflakeSandbox(input);
  });
  after(() => {
    if (sandbox !== undefined) void closeWhenIdle(sandbox);
  });
  return () => {
    if (sandbox === undefined) throw new Error('the sandbox has not been started');
    return sandbox;
  };
}

/**
 * The driver reads chunks ahead of a reader that has stopped; one that is cut off it asks for again, after up to three seconds at
 * first, and where nobody answers then for two minutes, in which the process would stay.
 */
async function closeWhenIdle(sandbox: SnowflakeSandbox): Promise<void> {
  let served: number;
  do {
    served = sandbox.stats().chunksServed;
    await new Promise((resolve) => setTimeout(resolve, 3_500));
  } while (sandbox.stats().chunksServed > served);
  await sandbox.close();
}

/** Replaces the standing faults of a sandbox, and makes something happen once. */
export async function plan(
  sandbox: SnowflakeSandbox,
  faults: FaultsInput & { now?: Partial<SandboxEvent> },
): Promise<void> {
  const response = await fetch(`${sandbox.controlUrl}/sandbox/faults`, {
    method: 'POST',
    body: JSON.stringify(faults),
  });
  if (!response.ok) throw new Error(await response.text());
}

export type Pair = readonly [position: number, value: string, token: string];

/** Reads a cursor to the end of a range. */
export async function pairsOf(
  cursor: RecordCursor,
  within: { start: number; end: number } = everything,
  batchSize = 250,
): Promise<{ pairs: Pair[]; skipped: { position: number; reason: string }[]; rows: number }> {
  const pairs: Pair[] = [];
  const skipped: { position: number; reason: string }[] = [];
  let rows = 0;
  for (let at = within.start; ;) {
    const batch = await cursor.read({ start: at, end: within.end }, batchSize);
    if (batch === undefined) return { pairs, skipped, rows };
    const skippedHere = new Set(batch.skipped.map(({ position }) => position));
    let index = 0;
    for (let position = batch.start; position < batch.end; position += 1) {
      if (skippedHere.has(position)) continue;
      pairs.push([position, batch.values[index] ?? '', batch.tokens[index] ?? '']);
      index += 1;
    }
    skipped.push(...batch.skipped);
    rows += batch.end - batch.start;
    at = batch.end;
  }
}

/** Opens a source, does something with it and finishes it. */
export async function withSource<T>(
  options: SnowflakeSourceOptions,
  body: (source: RecordSource) => Promise<T>,
  { completed = true }: { completed?: boolean } = {},
): Promise<T> {
  const source = openSnowflakeSource(options);
  try {
    return await body(source);
  } finally {
    await source.finish?.({ completed });
  }
}

/** All pairs of a source, by a cursor of its own. */
export async function readAll(options: SnowflakeSourceOptions): ReturnType<typeof pairsOf> {
  return withSource(options, async (source) => pairsOf(await source.open(never)));
}

/** Pairs without their positions and regardless of order. */
export function multiset(pairs: readonly Pair[]): string[] {
  return pairs.map(([, value, token]) => JSON.stringify([value, token])).sort();
}
