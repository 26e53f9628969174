import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { mergeAssignments } from '../../src/sandbox/merge-options.js';
import { parseSandboxOptions } from '../../src/sandbox/options.js';
import { startVaultSandbox } from '../../src/sandbox/vault-sandbox.js';
import { loadAlone } from '../lone-child/load-alone.js';
import type { Measured } from './limits.js';
import { existsSync } from 'node:fs';
import { createCsvWorkspace } from '../sink/csv-workspace.js';

const statsSchema = z.object({ requests_by_route: z.record(z.string(), z.record(z.string(), z.number())) });

/** How many requests records that a vault refuses, and answers that say nothing of some, cost beside the others. */
export async function countRequests(folder: string, stopping: AbortSignal) {
  const bad = await requestsOf({
    folder: join(folder, 'bad'),
    stopping,
    faults: ['poison=["poison"]'],
    rows: rowsOf(1_000, (at) => at % 50 < 3),
    batchSize: 50,
    endsWithFailures: true,
  });
  const fragments = await requestsOf({
    folder: join(folder, 'fragments'),
    stopping,
    faults: ['nullEntry.rate=1', 'faultRoutes=["insert"]'],
    rows: rowsOf(600, () => false),
    batchSize: 50,
  });
  return {
    'requests for 1,000 records, 60 of them bad': (bad['insert'] ?? 0) + (bad['insert_records'] ?? 0),
    'look-ups for 12 rows in 12 fragments': fragments['detokenize'] ?? 0,
  } satisfies Partial<Measured>;
}

interface Meeting {
  readonly folder: string;
  readonly stopping: AbortSignal;
  /** Options of the sandbox, as on its command line. */
  readonly faults: readonly string[];
  readonly rows: readonly (readonly [value: string, token: string])[];
  readonly batchSize: number;
  readonly endsWithFailures?: boolean;
}

/** Requests by route. One worker: what is counted depends on no clock. */
async function requestsOf({
  folder,
  stopping,
  faults,
  rows,
  ...settings
}: Meeting): Promise<Record<string, number>> {
  await mkdir(folder);
  const write = (name: string, lines: readonly string[]): Promise<void> =>
    writeFile(join(folder, name), `${lines.join('\n')}\n`);
  await write('name_data.csv', ['full_name', ...rows.map(([value]) => value)]);
  await write('name_tokens.csv', ['full_name_token', ...rows.map(([, token]) => token)]);
  const fixed = { port: 0, tls: false, caFile: join(folder, 'ca.pem') };
  const sandbox = await startVaultSandbox(parseSandboxOptions(mergeAssignments(fixed, faults)));
  try {
    await loadAlone({
      ...settings,
      vaultUrl: sandbox.url,
      dataDirectory: folder,
      runDirectory: join(folder, 'run'),
      workers: 1,
      stopping,
    });
    const answer = await fetch(`${sandbox.controlUrl}/sandbox/stats`);
    const { requests_by_route: routes } = statsSchema.parse(await answer.json());
    return Object.fromEntries(
      Object.entries(routes).map(([route, byStatus]) => [
        route,
        Object.values(byStatus).reduce((total, count) => total + count, 0),
      ]),
    );
  } finally {
    await sandbox.close();
  }
}

function rowsOf(count: number, isBad: (at: number) => boolean): [value: string, token: string][] {
  return Array.from({ length: count }, (_, at) => [
    `${isBad(at) ? 'poison ' : ''}value ${at}`,
    `token-${at}`,
  ]);
}

const batchSize = 300;
const batches = { few: 10, many: 210 } as const;

/**
 * How often a child asks the system to read and to write for a batch, sockets, files and the channel together, and what it
 * waits for: what a load of many batches does more than one of few, so that the start is not in it. One worker: what several
 * have on their way together is not read alike each time.
 */
export async function countCalls(vaultUrl: string, stopping: AbortSignal) {
  // Only Linux counts them for everybody.
  const none = { reads: 0, writes: 0, promises: 0 };
  if (!existsSync('/proc/self/io')) return judged(none, none);
  const few = await callsOf(batches.few * batchSize, vaultUrl, stopping);
  return judged(few, await callsOf(batches.many * batchSize, vaultUrl, stopping));
}

interface Calls {
  readonly reads: number;
  readonly writes: number;
  readonly promises: number;
}

function judged(few: Calls, many: Calls) {
  const more = batches.many - batches.few;
  return {
    'reads that the system is asked for, per batch': (many.reads - few.reads) / more,
    'writes that the system is asked for, per batch': (many.writes - few.writes) / more,
    'promises per batch': (many.promises - few.promises) / more,
  } satisfies Partial<Measured>;
}

async function callsOf(records: number, vaultUrl: string, stopping: AbortSignal): Promise<Calls> {
  await using workspace = await createCsvWorkspace(vaultUrl, { records, stopping });
  const { trace } = await loadAlone({
    ...workspace.alone('run'),
    batchSize,
    workers: 1,
    nodeFlags: ['--import', new URL('note-calls.js', import.meta.url).href],
    stopping,
  });
  const count = (name: string): number => {
    const found = new RegExp(`^${name}: (\\d+)$`, 'm').exec(trace)?.[1];
    if (found === undefined) throw new Error(`the child did not say its ${name}`);
    return Number(found);
  };
  return { reads: count('syscr'), writes: count('syscw'), promises: count('promises') };
}
