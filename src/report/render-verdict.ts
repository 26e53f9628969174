import type { VaultStatus } from '../protocol/messages.js';
import { isUnfinished } from '../status/exit-status.js';
import { displayWidth, wrapWords } from './screen-text.js';
import { plural } from './format-numbers.js';
import { statuses, symbolFor } from '../status/statuses.js';
import type { RunSummary } from './summary-format.js';
import { paint, type TextStyle } from './text-style.js';

/** A status as people read it. */
export function nameOfStatus(status: VaultStatus): string {
  return statuses[status].word;
}

/**
 * How the run ended, and the one command that comes next, whole and on a line of its own. `isDense`: each line counts, and the exit
 * status has none to itself.
 */
export function renderVerdict(
  summary: RunSummary,
  {
    style,
    columns,
    isDense,
  }: { readonly style: TextStyle; readonly columns: number; readonly isDense: boolean },
): string[] {
  const { status } = summary;
  const sentence = wrapWords(`${symbolFor(status, style)} ${wordsOf(summary)}`, columns);
  const exit = exitOf(summary);
  const last = `${sentence.at(-1) ?? ''} ${exit}`;
  const fits = displayWidth(last) <= columns;
  const strong = (line: string): string => paint(style, statuses[status].tone, paint(style, 'strong', line));
  const lines = (fits ? [...sentence.slice(0, -1), last] : isDense ? sentence : [...sentence, exit]).map(
    strong,
  );
  const step = nextStepOf(summary);
  const left = isDense && !fits;
  if (step === undefined) return left ? [...lines, strong(exit)] : lines;
  const { label, command } = step;
  const next = wrapWords(left ? `${exit} ${label}` : label, columns);
  return [...lines, ...next, `  ${paint(style, 'accent', command)}`];
}

/** The one command that comes next after a run, and what it is for. */
export interface NextStep {
  readonly label: string;
  readonly command: string;
}

/** Undefined: none does. */
export function nextStepOf(summary: RunSummary): NextStep | undefined {
  const { resume_command: resume, retry_command: retry, load_command: load } = summary;
  if (load !== undefined) return { label: 'When that is corrected:', command: load };
  if (resume !== undefined) return { label: 'Go on with:', command: resume };
  return retry === undefined ? undefined : { label: labelOfRetry(summary), command: retry };
}

/** What the vault has judged it judges alike the next time; what had no answer may go in. */
function labelOfRetry({ vaults, totals }: RunSummary): string {
  const isRefused = vaults.every((vault) =>
    vault.failed_by_reason.every(({ reason }) => reason === 'rejected'),
  );
  if (!isRefused) return 'Send failed records again:';
  return totals.uploaded === 0
    ? 'Sent again as they are, they would be refused again. When the reason is mended:'
    : 'When the reason is mended, send failed records again:';
}

/** How it ended, in one line. */
export function verdictOf(summary: RunSummary): string {
  return `${wordsOf(summary)} ${exitOf(summary)}`;
}

const wordsOf = (summary: RunSummary): string =>
  `${nameOfStatus(summary.status).toUpperCase()}: ${sentenceOf(summary)}`;
const exitOf = ({ exit_code: status }: RunSummary): string => `(exit status ${status})`;

function sentenceOf({ status, totals, vaults, error }: RunSummary): string {
  const unfinished = vaults.filter((vault) => isUnfinished(vault.status)).length;
  const uploaded = plural(totals.uploaded, 'record', 'records');
  if (error !== undefined && unfinished === 0) return `${uploaded} uploaded, but the run is not at its end.`;
  const { failed } = totals;
  const onlyFound = totals.uploaded === 0 ? totals.skipped_by_reason.already_there : 0;
  return statuses[status].sentence({ uploaded, failed, onlyFound, vaults: vaults.length, unfinished });
}
