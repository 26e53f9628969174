import { statusOfExit } from '../../../src/status/exit-status.js';
import {
  hasBegun,
  hasRowsBeyondLimit,
  isUnfinishedRun,
  ledgerOf,
  recordedLimit,
  rowsIn,
  sliceOf,
  type KnownRun,
} from '../../history/known-runs.js';
import { deletedSince, failedLeft, type Deletion } from '../../history/failed-records.js';
import { commandAnew } from '../../history/begin-anew.js';
import { readRun } from '../monitor/watched-run.js';
import { addRetries, gatherRetries } from '../report/gather-retries.js';
import { isBeingWorkedOn } from '../../history/active-run.js';
import { isSentAgain, type RetryRun } from '../retry/earlier-runs.js';
import { openRunStore } from '../../../src/journal/open-run-store.js';
import { runColumns, type ListedRun, type RunFacts } from './run-columns.js';

/** What other runs have to do with a run. */
interface LaterRuns {
  /** All retries among the runs, its own and those of others. */
  readonly retries?: readonly RetryRun[];
  /** A later one is for a vault of it: where it sent nothing, what kept it from that was seen to, and another run begun. */
  readonly isOvertaken?: boolean;
}

/** Where a run stands, from its journals. */
export async function describeRun(run: KnownRun, later: LaterRuns = {}): Promise<ListedRun> {
  const facts = await factsOf(run, later);
  const filled = Object.entries(runColumns).map(([key, { of }]) => [key, of(facts)] as const);
  return Object.fromEntries(filled) as ListedRun;
}

/** The same of a run among all that there are, oldest first, of which `retries` are. */
export function describeAmong(
  run: KnownRun,
  runs: readonly KnownRun[],
  retries: readonly RetryRun[],
): Promise<ListedRun> {
  const vaults = new Set(run.record.vaults.map(({ name }) => name));
  const isOvertaken = runs
    .slice(runs.findIndex(({ record }) => record.run_id === run.record.run_id) + 1)
    .some(({ record }) => record.vaults.some(({ name }) => vaults.has(name)));
  return describeRun(run, { retries, isOvertaken });
}

async function factsOf(run: KnownRun, { retries = [], isOvertaken = false }: LaterRuns): Promise<RunFacts> {
  const { directory, record } = run;
  const figures = { settled: 0, uploaded: 0, failed: 0 };
  const slice = sliceOf(record);
  const limit = recordedLimit(record);
  let rows: number | null = 0;
  let meant: number | null = 0;
  const deletions = new Map<string, Deletion>();
  for (const { name, rows: recorded } of record.vaults) {
    const ledger = await ledgerOf(run, name);
    const known = ledger?.inputs?.rows ?? recorded;
    const ofSlice = rowsIn(slice, known);
    rows = known === undefined || rows === null ? null : rows + known;
    meant = ofSlice === undefined || meant === null ? null : meant + Math.min(limit, ofSlice);
    if (ledger === undefined) continue;
    const deletion = ledger.totals.read === 0 ? undefined : await deletedSince(run, name);
    if (deletion !== undefined) deletions.set(name, deletion);
    figures.settled += ledger.totals.read;
    figures.uploaded += ledger.totals.uploaded;
    figures.failed += ledger.totals.failed;
  }
  const isRetried = isSentAgain(record.run_id, retries);
  const exitCode = record.sessions.at(-1)?.exit_code ?? null;
  const endedSo = exitCode === null ? undefined : statusOfExit(exitCode);
  return {
    run,
    rows,
    meant,
    ...figures,
    isRunning: await isBeingWorkedOn(directory),
    isOvertaken,
    isOpen: isUnfinishedRun(record),
    begun: await hasBegun(run),
    anew: isUnfinishedRun(record)
      ? await commandAnew(run, (await readRun(directory)).summary?.vaults ?? [])
      : undefined,
    exitCode,
    withRetries: isRetried ? addRetries(figures, await gatherRetries(directory, retries)) : null,
    deletions,
    log:
      (await failedLeft(run, retries)) > 0
        ? (await openRunStore(directory.path).errorLogs()).merged
        : undefined,
    hasMoreRows: endedSo === 'limited' && (await hasRowsBeyondLimit(run)),
  };
}
