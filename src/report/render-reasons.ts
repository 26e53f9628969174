import { failureWords } from '../error-log/failure-reasons.js';
import { formatCount } from './format-numbers.js';
import { hanging } from './lay-out.js';
import { cutToWidth, displayWidth, singleLine } from './screen-text.js';
import type { RunSummary, VaultSummary } from './summary-format.js';
import { symbolsOf, type TextStyle } from './text-style.js';

type Reason = VaultSummary['failed_by_reason'][number];

const REASONS: Readonly<Record<string, string>> = failureWords;
const maxReasons = 3;
const maxNotes = 4;
/** Of an answer that is cut at least so much is seen, in columns. */
const seenWords = 24;
/** So many vaults may take several lines each. */
const fewVaults = 2;

/**
 * For each vault why records failed: the most frequent reasons, with what the vault said of them. Where many vaults would need
 * more than a line for that, what several were told stands below, once, and a number refers to it: all is to fit one screen.
 */
export function renderReasons({ vaults }: RunSummary, style: TextStyle, columns: number): string[] {
  const failing = vaults.filter(({ failed_by_reason: reasons }) => reasons.length > 0);
  const { warn, ellipsis } = symbolsOf(style);
  const linesOf = (vault: VaultSummary, noteOf: (reason: Reason) => string): string[] =>
    hanging(`${warn} ${vault.name}: ${reasonsOf(vault, noteOf)}`, columns);
  const inBrackets = (said: string): string => (said === '' ? '' : ` (${said})`);
  const told = failing.map((vault) => linesOf(vault, (reason) => inBrackets(answerOf(reason))));
  if (failing.length <= fewVaults || told.every((lines) => lines.length === 1)) return told.flat();
  const shown = failing.flatMap(({ failed_by_reason: all }) => all.slice(0, maxReasons));
  const answers = mostFrequent(shown);
  const spoken = shown.filter(({ message }) => message !== undefined);
  // Where no two say the same, a number would save nothing, as long as enough of each is seen in its line.
  const roomIn = (vault: VaultSummary): number => {
    const told = vault.failed_by_reason.slice(0, maxReasons).filter(({ message }) => message !== undefined);
    const bare = displayWidth(
      reasonsOf(vault, (reason) => (told.includes(reason) ? ' ()' : inBrackets(statusOf(reason)))),
    );
    return Math.floor((columns - `  ${warn} ${vault.name}: `.length - 2 - bare) / Math.max(1, told.length));
  };
  if (answers.length === spoken.length && failing.every((vault) => roomIn(vault) >= seenWords))
    return failing.flatMap((vault) =>
      linesOf(vault, (reason) => inBrackets(cutToWidth(answerOf(reason), roomIn(vault), ellipsis))),
    );
  const notes = answers.slice(0, maxNotes);
  const noteOf = (reason: Reason): string => {
    const at = notes.indexOf(answerOf(reason));
    return at === -1 ? inBrackets(statusOf(reason)) : ` [${at + 1}]`;
  };
  const left = answers.length - notes.length;
  return [
    ...failing.flatMap((vault) => linesOf(vault, noteOf)),
    ...[
      ...notes.map((said, at) => `    [${at + 1}] ${singleLine(said, 2_000)}`),
      ...(left > 0 ? [`    ${ellipsis} ${formatCount(left)} more in the error logs`] : []),
    ].map((line) => (displayWidth(line) <= columns ? line : cutToWidth(line, columns, ellipsis))),
  ];
}

const statusOf = ({ status_code: status }: Reason): string => (status >= 400 ? `HTTP ${status}` : '');

/** What came back: its status, and what it said in words that may be shown. */
function answerOf(reason: Reason): string {
  return [statusOf(reason), reason.message ?? ''].filter((part) => part !== '').join(': ');
}

/** Answers that said something, each once, by the number of records that it is about. */
function mostFrequent(reasons: readonly Reason[]): string[] {
  const records = new Map<string, number>();
  for (const reason of reasons.filter(({ message }) => message !== undefined))
    records.set(answerOf(reason), (records.get(answerOf(reason)) ?? 0) + reason.records);
  return [...records].sort(([, a], [, b]) => b - a).map(([answer]) => answer);
}

function reasonsOf({ failed_by_reason: reasons }: VaultSummary, noteOf: (reason: Reason) => string): string {
  const shown = reasons
    .slice(0, maxReasons)
    .map((one) => `${formatCount(one.records)} ${REASONS[one.reason] ?? 'another reason'}${noteOf(one)}`);
  const others = reasons.slice(maxReasons).reduce((sum, { records }) => sum + records, 0);
  if (others > 0) shown.push(`${formatCount(others)} other`);
  return shown.join(', ');
}
