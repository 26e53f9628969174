import { failureWords } from '../figures/failure-words.js';
import { formatCount } from './format-numbers.js';
import { cutToWidth, displayWidth, hanging, singleLine } from './screen-text.js';
import type { RunSummary, VaultSummary } from './summary-format.js';
import { symbolsOf, type TextStyle } from './text-style.js';

type Reason = VaultSummary['failed_by_reason'][number];

const REASONS: Readonly<Record<string, string>> = failureWords;
const maxReasons = 3;
const maxNotes = 4;
/** So many vaults may take several lines each. */
const fewVaults = 2;

/**
 * For each vault why records failed: the most frequent reasons, with what the vault said of them. Where many vaults would need
 * more than a line for that, what was said stands below, once, and a number refers to it: all is to fit one screen.
 */
export function renderReasons({ vaults }: RunSummary, style: TextStyle, columns: number): string[] {
  const failing = vaults.filter(({ failed_by_reason: reasons }) => reasons.length > 0);
  const linesOf = (vault: VaultSummary, sayingOf: (reason: Reason) => string | undefined): string[] =>
    hanging(`${symbolsOf(style).warn} ${vault.name}: ${reasonsOf(vault, sayingOf)}`, columns);
  const told = failing.map((vault) => linesOf(vault, ({ message }) => message && `: ${message}`));
  if (failing.length <= fewVaults || told.every((lines) => lines.length === 1)) return told.flat();
  const sayings = mostFrequent(failing.flatMap(({ failed_by_reason: all }) => all.slice(0, maxReasons)));
  const notes = sayings.slice(0, maxNotes);
  const numberOf = ({ message }: Reason): string | undefined => {
    const at = notes.findIndex((said) => said === message);
    return at === -1 ? undefined : ` [${at + 1}]`;
  };
  const { ellipsis } = symbolsOf(style);
  const cut = (line: string): string =>
    displayWidth(line) <= columns ? line : cutToWidth(line, columns, ellipsis);
  const more = sayings.length - notes.length;
  return [
    ...failing.flatMap((vault) => linesOf(vault, numberOf)),
    ...notes.map((said, at) => cut(`    [${at + 1}] ${singleLine(said, 2_000)}`)),
    ...(more > 0 ? [cut(`    ${ellipsis} ${formatCount(more)} more in the error logs`)] : []),
  ];
}

/** What vaults said, each once, by the number of records that it is about. */
function mostFrequent(reasons: readonly Reason[]): string[] {
  const records = new Map<string, number>();
  for (const { message, records: count } of reasons)
    if (message !== undefined) records.set(message, (records.get(message) ?? 0) + count);
  return [...records].sort(([, a], [, b]) => b - a).map(([message]) => message);
}

function reasonsOf(
  { failed_by_reason: reasons }: VaultSummary,
  sayingOf: (reason: Reason) => string | undefined,
): string {
  const shown = reasons.slice(0, maxReasons).map((one) => {
    const { reason, status_code: status, records } = one;
    const words = REASONS[reason] ?? 'another reason';
    const said = `${status >= 400 ? `HTTP ${status}` : ''}${sayingOf(one) ?? ''}`.replace(/^[: ]+/, '');
    return `${formatCount(records)} ${words}${said === '' ? '' : ` (${said})`}`;
  });
  const others = reasons.slice(maxReasons).reduce((sum, { records }) => sum + records, 0);
  if (others > 0) shown.push(`${formatCount(others)} other`);
  return shown.join(', ');
}
