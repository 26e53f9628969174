import type { VaultStatus } from '../protocol/messages.js';
import { isUnfinished } from './exit-status.js';
import { wrapWords } from './screen-text.js';
import { plural, statuses, symbolFor } from './statuses.js';
import type { RunSummary } from './summary-format.js';
import { paint, type TextStyle } from './text-style.js';

/** A status as people read it. */
export function nameOfStatus(status: VaultStatus): string {
  return statuses[status].word;
}

/** How the run ended, and the one command that comes next, whole and on a line of its own. */
export function renderVerdict(summary: RunSummary, style: TextStyle, columns: number): string[] {
  const { status, resume_command: resume, retry_command: retry } = summary;
  const lines = wrapWords(`${symbolFor(status, style)} ${verdictOf(summary)}`, columns).map((line) =>
    paint(style, statuses[status].tone, paint(style, 'strong', line)),
  );
  const [label, command] =
    resume === undefined
      ? (['Send failed records again:', retry] as const)
      : (['Go on with:', resume] as const);
  return command === undefined ? lines : [...lines, label, `  ${paint(style, 'accent', command)}`];
}

/** How it ended, in one line. */
export function verdictOf(summary: RunSummary): string {
  return `${nameOfStatus(summary.status).toUpperCase()}: ${sentenceOf(summary)} (exit status ${summary.exit_code})`;
}

function sentenceOf({ status, totals, vaults, error }: RunSummary): string {
  const unfinished = vaults.filter((vault) => isUnfinished(vault.status)).length;
  const uploaded = plural(totals.uploaded, 'record', 'records');
  if (error !== undefined && unfinished === 0) return `${uploaded} uploaded, but the run is not at its end.`;
  const { failed } = totals;
  return statuses[status].sentence({ uploaded, failed, vaults: vaults.length, unfinished });
}
