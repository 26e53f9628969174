import { join } from 'node:path';
import { runStatus, type ExitStatus } from '../../../src/report/exit-status.js';
import { commandLine } from '../../history/command-words.js';
import {
  hasBegun,
  hasRowsBeyondLimit,
  isUnfinishedRun,
  ledgerOf,
  type KnownRun,
} from '../../history/known-runs.js';
import { isBeingWorkedOn } from '../report/is-being-worked-on.js';
import { newestLogOf } from '../retry/find-logs.js';

/** One run, as a list shows it. */
export interface ListedRun {
  readonly run_id: string;
  readonly run_directory: string;
  readonly command: 'load' | 'resume' | 'retry';
  readonly started_at: string;
  readonly vaults: readonly string[];
  /** Rows with a verdict, and rows of the sources; null where that is not known. */
  readonly settled: number;
  readonly rows: number | null;
  readonly uploaded: number;
  readonly failed: number;
  /** In words: how it ended, or where it stands. */
  readonly state: string;
  readonly exit_code: number | null;
  /** The command that comes next; null: nothing does. */
  readonly next: string | null;
}

/** Where a run stands, from its journals. `isRetried`: its failed records were sent again. */
export async function describeRun(run: KnownRun, isRetried: boolean): Promise<ListedRun> {
  const { directory, record } = run;
  const last = record.sessions.at(-1);
  const exitCode = last?.exit_code ?? null;
  const figures = { settled: 0, uploaded: 0, failed: 0 };
  let rows: number | null = 0;
  for (const { name, rows: recorded } of record.vaults) {
    const ledger = await ledgerOf(run, name);
    const known = ledger?.inputs?.rows ?? recorded;
    rows = known === undefined || rows === null ? null : rows + known;
    if (ledger === undefined) continue;
    figures.settled += ledger.totals.read;
    figures.uploaded += ledger.totals.uploaded;
    figures.failed += ledger.totals.failed;
  }
  const isRunning = await isBeingWorkedOn(directory);
  const isOpen = isUnfinishedRun(record);
  const begun = await hasBegun(run);
  const state = isRunning
    ? 'running'
    : isOpen && !begun
      ? 'never began'
      : exitCode === null
        ? 'killed'
        : stateOf(exitCode);
  const command = (...words: string[]): string => commandLine(...words);
  const log = figures.failed > 0 && !isRetried ? await newestLogOf(directory) : undefined;
  const next = isRunning
    ? command('monitor', directory.path)
    : isOpen
      ? begun
        ? command('resume', directory.path)
        : null
      : log !== undefined
        ? command('retry', join(directory.path, log))
        : exitCode === 4 && (await hasRowsBeyondLimit(run))
          ? command('resume', directory.path, '--max-records', '0')
          : null;
  return {
    run_id: directory.runId,
    run_directory: directory.path,
    command: record.sessions[0]?.command ?? 'load',
    started_at: record.started_at,
    vaults: record.vaults.map(({ name }) => name),
    rows,
    ...figures,
    state,
    exit_code: exitCode,
    next,
  };
}

const exits: readonly ExitStatus[] = [0, 1, 2, 3, 4, 129, 130, 143];

function stateOf(exitCode: number): string {
  const known = exits.find((exit) => exit === exitCode);
  return known === undefined ? `exit status ${exitCode}` : runStatus(known).replaceAll('_', ' ');
}
