import { existsSync } from 'node:fs';
import { loadAlone } from '../lone-child/load-alone.js';
import { createCsvWorkspace } from '../sink/csv-workspace.js';
import type { Measured } from './limits.js';

const batchSize = 300;
const batches = { few: 10, many: 210 } as const;

/**
 * How often a child asks the system to read and to write for a batch, sockets, files and the channel together: what a
 * load of many batches does more than one of few, so that the start is not in it. One worker: what several have on
 * their way together is not read alike each time.
 */
export async function countCalls(vaultUrl: string, stopping: AbortSignal) {
  // Only Linux counts them for everybody.
  if (!existsSync('/proc/self/io')) return judged({ reads: 0, writes: 0 }, { reads: 0, writes: 0 });
  const few = await callsOf(batches.few * batchSize, vaultUrl, stopping);
  return judged(few, await callsOf(batches.many * batchSize, vaultUrl, stopping));
}

interface Calls {
  readonly reads: number;
  readonly writes: number;
}

function judged(few: Calls, many: Calls) {
  const more = batches.many - batches.few;
  return {
    'reads that the system is asked for, per batch': (many.reads - few.reads) / more,
    'writes that the system is asked for, per batch': (many.writes - few.writes) / more,
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
  return { reads: count('syscr'), writes: count('syscw') };
}
