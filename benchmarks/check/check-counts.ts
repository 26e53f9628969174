import { join } from 'node:path';
import { mkdir, open } from 'node:fs/promises';
import { figure, words } from '../../src/report/render-table.js';
import { loadAlone } from '../lone-child/load-alone.js';
import type { ScriptContext, ScriptDefinition } from '../command-line/script.js';
import { renderColumns } from '../measure/table.js';
import { createCsvWorkspace } from '../sink/csv-workspace.js';
import { startSink } from '../sink/start-sink.js';
import { countCalls } from './count-requests.js';
import { countCode } from './count-code.js';
import { countRequests } from './count-requests.js';
import { type Measured, judge } from './limits.js';
import { shares, simulate, type ServerModel } from '../simulated/simulate-pace.js';

/** What `bench:check` takes on its command line. */
export const checkScript: ScriptDefinition = {
  name: 'bench:check',
  description:
    'Counts what a busy machine cannot change (bytes allocated, journal lines and bytes, messages, reads and writes, code that is read, requests that refusals, bad records and lost answers cost) and fails when a figure is above its limit in benchmarks/check/limits.ts.',
  lasts: 'about 2 minutes',
  options: [],
  run: checkCounts,
};

const records = 60_000;
const batchSize = 300;
/** `hello`, three phases, `inputs` and `result`. */
const singleMessages = 6;

/** `bench:check`: 0 when every figure keeps its limit, else 1. */
async function checkCounts({ stop, result }: ScriptContext): Promise<number> {
  await using sink = await startSink();
  await using workspace = await createCsvWorkspace(sink.vaultUrl, { records, stopping: stop.stopping });
  const startedMs = performance.now();
  const loaded = await loadAlone({
    ...workspace.alone('run'),
    batchSize,
    workers: 8,
    nodeFlags: ['--trace-gc', '--trace-gc-nvp'],
    stopping: stop.stopping,
  });
  const seconds = (performance.now() - startedMs) / 1000;
  const measured: Measured = {
    'allocated bytes per record': allocatedBytes(loaded.trace) / records,
    'journal lines per batch': loaded.journal.split('\n').length / (records / batchSize),
    'journal bytes per record': loaded.journal.length / records,
    'messages per second, besides six': (loaded.messages - singleMessages) / seconds,
    'bytes of the longest message, latencies apart': loaded.longestMessageBytes,
    ...(await countCalls(sink.vaultUrl, stop.stopping)),
    ...(await countCode(workspace, stop.stopping)),
    ...(await countLarge(sink.vaultUrl, workspace.path, stop.stopping)),
    ...(await countRequests(workspace.path, stop.stopping)),
    ...(await countPace()),
  };
  const columns = [words('Count'), ...['measured', 'limit'].map(figure), words('')] as const;
  const { rows, kept } = judge(measured);
  result(renderColumns(columns, rows, 'text'));
  return kept ? 0 : 1;
}

/** What V8 says it allocated between its collections (`--trace-gc-nvp`). */
function allocatedBytes(trace: string): number {
  const amounts = [...trace.matchAll(/ allocated=(\d+)/g)].map(([, bytes]) => Number(bytes));
  if (amounts.length === 0) throw new Error('V8 traced no collection');
  return amounts.reduce((sum, bytes) => sum + bytes, 0);
}

const largeRecords = 600;
const value = 'x'.repeat(1_000_000);

/**
 * What a child needs for values of a megabyte with the defaults: what is in flight is bounded by bytes. Were it bounded
 * by count alone, all of these would be, as values and as bodies.
 */
async function countLarge(
  vaultUrl: string,
  folder: string,
  stopping: AbortSignal,
): Promise<Pick<Measured, 'peak MB of a child, 600 records of 1 MB'>> {
  const dataDirectory = join(folder, 'large');
  await mkdir(dataDirectory);
  await writeColumn(join(dataDirectory, 'name_data.csv'), 'full_name', (row) => `${row}${value}`);
  await writeColumn(join(dataDirectory, 'name_tokens.csv'), 'full_name_token', (row) => `t${row}`);
  const { result } = await loadAlone({
    ...{ vaultUrl, dataDirectory, stopping },
    runDirectory: join(folder, 'large-run'),
    batchSize: 300,
    workers: 32,
  });
  return { 'peak MB of a child, 600 records of 1 MB': result.snapshot.rss_bytes / 1_000_000 };
}

async function writeColumn(path: string, header: string, cell: (row: number) => string): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await file.write(`${header}\n`);
  for (let row = 0; row < largeRecords; row += 1) await file.write(`${cell(row)}\n`);
}

const free: ServerModel = {
  limits: [{ fromS: 0, perSecond: Infinity }],
  counts: 'requests',
  burstS: 1,
  latencyMs: 30,
  refusalMs: 30,
  retryAfter: true,
};
const workers = { concurrency: 8, baseDelayMs: 0, recordsPerRequest: 1 };

/** What the learner makes of refusals, in simulated time: the same figures on every machine. */
export async function countPace() {
  const limited = await simulate(
    { ...workers, concurrency: 64 },
    { ...free, limits: [{ fromS: 0, perSecond: 50 }], burstS: 5, refusalMs: 0 },
    240,
  );
  const { used, refused } = shares(limited, 50, 60, 240);
  return {
    'requests lost of 1,000, 1 % refused at random': await lostOfThousand(0.01),
    'requests lost of 1,000, 3 % refused at random': await lostOfThousand(0.03),
    'requests in a minute of nothing but refusals': await sentInOutage(),
    'requests refused of 1,000 at a limit of 50/s': 1000 * refused,
    'requests unused of 1,000 at a limit of 50/s': 1000 * Math.max(0, 1 - used),
  } satisfies Partial<Measured>;
}

/** Against a vault that never refuses: what random refusals of this share cost, themselves included. */
async function lostOfThousand(randomShare: number): Promise<number> {
  const seconds = 120;
  const { taken } = await simulate(workers, { ...free, randomShare }, seconds);
  const possible = (seconds * 1000 * workers.concurrency) / free.latencyMs;
  return 1000 * (1 - sum(taken) / possible);
}

async function sentInOutage(): Promise<number> {
  const outage = { ...free, latencyMs: 100, refusalMs: 100, retryAfter: false, outageS: [20, 80] as const };
  const { refused } = await simulate({ ...workers, concurrency: 32 }, outage, 80);
  return sum(refused);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
