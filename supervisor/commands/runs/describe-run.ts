import {
  hasBegun,
  hasRowsBeyondLimit,
  isUnfinishedRun,
  ledgerOf,
  type KnownRun,
} from '../../history/known-runs.js';
import { isBeingWorkedOn } from '../report/is-being-worked-on.js';
import { newestLogOf } from '../retry/find-logs.js';
import { runColumns, type ListedRun, type RunFacts } from './run-columns.js';

/** Where a run stands, from its journals. `isRetried`: its failed records were sent again. */
export async function describeRun(run: KnownRun, isRetried: boolean): Promise<ListedRun> {
  const facts = await factsOf(run, isRetried);
  const filled = Object.entries(runColumns).map(([key, { of }]) => [key, of(facts)] as const);
  return Object.fromEntries(filled) as ListedRun;
}

async function factsOf(run: KnownRun, isRetried: boolean): Promise<RunFacts> {
  const { directory, record } = run;
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
  const exitCode = record.sessions.at(-1)?.exit_code ?? null;
  return {
    run,
    rows,
    ...figures,
    isRunning: await isBeingWorkedOn(directory),
    isOpen: isUnfinishedRun(record),
    begun: await hasBegun(run),
    exitCode,
    log: figures.failed > 0 && !isRetried ? await newestLogOf(directory) : undefined,
    hasMoreRows: exitCode === 4 && (await hasRowsBeyondLimit(run)),
  };
}
