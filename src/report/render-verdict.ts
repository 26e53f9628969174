import type { VaultStatus } from '../protocol/messages.js';
import { isUnfinished } from './exit-status.js';
import { formatCount } from './format-numbers.js';
import { wrapWords } from './screen-text.js';
import { symbolFor, toneOf } from './status-words.js';
import type { RunSummary, SummaryTotals } from './summary-format.js';
import { paint, type TextStyle } from './text-style.js';

/** A status as people read it. */
export function nameOfStatus(status: VaultStatus): string {
  return status.replaceAll('_', ' ');
}

/** How the run ended, and the one command that comes next, whole and on a line of its own. */
export function renderVerdict(summary: RunSummary, style: TextStyle, columns: number): string[] {
  const { status, exit_code: exitCode, resume_command: resume, retry_command: retry } = summary;
  const lines = wrapWords(
    `${symbolFor(status, style)} ${nameOfStatus(status).toUpperCase()}: ${sentenceOf(summary)} (exit status ${exitCode})`,
    columns,
  ).map((line) => paint(style, toneOf(status), paint(style, 'strong', line)));
  const [label, command] =
    resume === undefined
      ? (['Send failed records again:', retry] as const)
      : (['Go on with:', resume] as const);
  return command === undefined ? lines : [...lines, label, `  ${paint(style, 'accent', command)}`];
}

function sentenceOf({ status, totals, vaults, error }: RunSummary): string {
  const unfinished = vaults.filter((vault) => isUnfinished(vault.status)).length;
  const uploaded = plural(totals.uploaded, 'record', 'records');
  if (error !== undefined && unfinished === 0) return `${uploaded} uploaded, but the run is not at its end.`;
  return verdictSentence(status, totals, { uploaded, vaults: vaults.length, unfinished });
}

function verdictSentence(
  status: VaultStatus,
  totals: SummaryTotals,
  { uploaded, vaults, unfinished }: { uploaded: string; vaults: number; unfinished: number },
): string {
  switch (status) {
    case 'complete':
      return `${uploaded} uploaded to ${plural(vaults, 'vault', 'vaults')}, none failed.`;
    case 'failures':
      return `${uploaded} uploaded, ${formatCount(totals.failed)} failed and stand in the error log.`;
    case 'limited':
      return `${uploaded} uploaded; a default limit ended the load before the end of the source.`;
    case 'interrupted':
      return `${uploaded} uploaded before the load was stopped; ${plural(unfinished, 'vault', 'vaults')} not finished.`;
    case 'incomplete':
    case 'not_started':
      return `${plural(unfinished, 'vault', 'vaults')} of ${formatCount(vaults)} could not be finished; ${uploaded} uploaded.`;
    default:
      return status satisfies never;
  }
}

function plural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
