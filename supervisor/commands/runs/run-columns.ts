import { formatCount } from '../../../src/report/format-numbers.js';
import { statusOfExit } from '../../../src/status/exit-status.js';
import { statuses } from '../../../src/status/statuses.js';
import { commandLine } from '../../history/command-words.js';
import { configurationOf } from '../../history/begin-anew.js';
import { mayGoThere, type Deletion } from '../../history/failed-records.js';
import type { KnownRun } from '../../history/known-runs.js';
import type { Evidence } from '../report/evidence-format.js';
import { describeWithRetries } from '../report/gather-retries.js';
import type { SummaryScreen } from '../../../src/report/render-summary.js';
import { columnsOf, foldLine } from '../../../src/report/lay-out.js';
import { pathsSeenFrom } from '../../../src/report/seen-from.js';

/** One run, as `runs` shows it and writes it down. */
export type ListedRun = Readonly<{
  run_id: string;
  run_directory: string;
  command: 'load' | 'resume' | 'retry';
  started_at: string;
  vaults: readonly string[];
  /** Rows with a verdict. */
  settled: number;
  /** Rows that the run is for: of its slice, up to its limit; null where that is not known, and so below. */
  meant: number | null;
  /** Rows of the sources. */
  rows: number | null;
  uploaded: number;
  failed: number;
  /** The same with the retries of its failed records, as `report` says it; null where there are none. */
  with_retries: Evidence['totals_with_retries'] | null;
  /** In words: how it ended, or where it stands. */
  state: string;
  /** What was deleted again since, by vault. */
  deleted_since: Readonly<Record<string, Deletion>>;
  exit_code: number | null;
  /** The command that comes next; null: nothing does. */
  next: string | null;
}>;

/** What is found out about a run before its columns are filled in. */
export interface RunFacts {
  readonly run: KnownRun;
  /** Rows of the sources, and of them those that the run is for; null where that is not known. */
  readonly rows: number | null;
  readonly meant: number | null;
  readonly settled: number;
  readonly uploaded: number;
  readonly failed: number;
  readonly withRetries: ListedRun['with_retries'];
  readonly isRunning: boolean;
  /** It may be gone on with. */
  readonly isOpen: boolean;
  /** A later run is for a vault of it. */
  readonly isOvertaken: boolean;
  /** A row was handed out. */
  readonly begun: boolean;
  /** What brings in what it could not begin, where a resume would fail again. */
  readonly anew: string | undefined;
  readonly exitCode: number | null;
  readonly deletions: ReadonlyMap<string, Deletion>;
  /** The newest error log whose records a retry would send. */
  readonly log: string | undefined;
  /** It was all of a part, and the source has more. */
  readonly hasMoreRows: boolean;
}

interface RunColumn<T> {
  readonly of: (facts: RunFacts) => T;
  /** What stands of it in the line for people, with what parts it from the words before; absent: nothing. */
  readonly words?: (run: ListedRun) => string;
}

/** Every column, in the order of the document and of the line for people. */
export const runColumns: { readonly [Key in keyof ListedRun]: RunColumn<ListedRun[Key]> } = {
  run_id: { of: ({ run }) => run.directory.runId, words: ({ run_id: runId }) => `${runId}  ` },
  run_directory: { of: ({ run }) => run.directory.path },
  command: {
    of: ({ run }) => run.record.sessions[0]?.command ?? 'load',
    words: ({ command }) => (command === 'retry' ? 'retry of ' : ''),
  },
  started_at: { of: ({ run }) => run.record.started_at },
  vaults: {
    of: ({ run }) => run.record.vaults.map(({ name }) => name),
    words: ({ vaults }) => `${vaults.join(', ')}: `,
  },
  settled: { of: ({ settled }) => settled, words: ({ settled }) => formatCount(settled) },
  meant: {
    of: ({ meant }) => meant,
    words: ({ meant, rows, settled }) =>
      meant === null || (meant === settled && meant === rows) ? ' rows' : ` of ${formatCount(meant)} rows`,
  },
  rows: {
    of: ({ rows }) => rows,
    words: ({ meant, rows }) =>
      rows === null || meant === rows ? '' : ` (${formatCount(rows)} in the source)`,
  },
  uploaded: { of: ({ uploaded }) => uploaded },
  failed: {
    of: ({ failed }) => failed,
    words: ({ failed }) => (failed === 0 ? '' : `, ${formatCount(failed)} failed`),
  },
  state: {
    of: stateOf,
    // How many failed is said already.
    words: ({ state, failed }) => (failed > 0 && state === statuses.failures.word ? '' : `; ${state}`),
  },
  deleted_since: { of: ({ deletions }) => Object.fromEntries(deletions), words: deletedWords },
  exit_code: { of: ({ exitCode }) => exitCode },
  with_retries: {
    of: ({ withRetries }) => withRetries,
    // What was loaded with the retries is not what is there, once it was deleted.
    words: (run) =>
      run.with_retries === null || isGone(run) ? '' : `; ${describeWithRetries(run.with_retries)}`,
  },
  // For people it has a line of its own.
  next: { of: nextCommand },
};

/** The line for people: which run, how far, how it ended. */
export function runLine(run: ListedRun): string {
  return Object.values(runColumns)
    .map(({ words }) => words?.(run) ?? '')
    .join('');
}

function stateOf({ isRunning, isOpen, begun, exitCode }: RunFacts): string {
  if (isRunning) return 'running';
  if (isOpen && !begun) return 'nothing was sent';
  if (exitCode === null) return 'killed';
  const status = statusOfExit(exitCode);
  return status === undefined ? `exit status ${exitCode}` : statuses[status].word;
}

function nextCommand(facts: RunFacts): string | null {
  const { isRunning, isOpen, isOvertaken, begun, anew, log, hasMoreRows, deletions } = facts;
  const { path } = facts.run.directory;
  const goOn = (...words: string[]): string => commandLine(...words, ...configurationOf(facts.run.record));
  if (isRunning) return commandLine('monitor', path);
  // What it has settled counts as loaded, and is gone: a resume is refused.
  const mayGoOn = [...deletions.values()].every(mayGoThere);
  if (isOpen && anew !== undefined) return isOvertaken ? null : anew;
  if (isOpen) return mayGoOn && (begun || !isOvertaken) ? goOn('resume', path) : null;
  // It stands for the newest log of its failures.
  if (log !== undefined) return goOn('retry', path);
  return hasMoreRows && mayGoOn ? goOn('resume', path, '--max-records', '0') : null;
}

function isGone({ vaults, deleted_since: deleted }: ListedRun): boolean {
  return vaults.every((name) => name in deleted && !mayGoThere(deleted[name]));
}

/** `cleared since`; of some of several vaults with their names. */
function deletedWords({ vaults, deleted_since: deleted }: ListedRun): string {
  const kinds = new Set(Object.values(deleted));
  return [...kinds]
    .map((how) => {
      const names = vaults.filter((name) => deleted[name] === how);
      return `; ${names.length === vaults.length ? '' : `${names.join(', ')} `}${how} since`;
    })
    .join('');
}

/**
 * A run and the command that comes next. At a terminal of so many columns lines break between words, but for the command, whose
 * paths are seen from the person's `folder`.
 */
export function renderRun(
  run: ListedRun,
  { folder, columns }: Pick<SummaryScreen, 'folder' | 'columns'>,
): string {
  const next = folder === undefined || run.next === null ? run.next : pathsSeenFrom(folder, run.next);
  return [
    ...foldLine(runLine(run), columns === undefined ? Infinity : columnsOf({ columns })),
    ...(next === null ? [] : [`  ${next}`]),
  ]
    .map((text) => `${text}\n`)
    .join('');
}
