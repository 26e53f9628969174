import { formatCount } from '../../../src/report/format-numbers.js';
import { gatherAlike } from '../../../src/report/gather-alike.js';
import { columnsOf, foldLine } from '../../../src/report/lay-out.js';
import type { SummaryScreen } from '../../../src/report/render-summary.js';
import { pathsSeenFrom } from '../../../src/report/seen-from.js';
import { singleLine } from '../../../src/report/screen-text.js';
import { paint, symbolsOf, type TextStyle, type Tone } from '../../../src/report/text-style.js';
import { terminalSize } from '../../view/run-view.js';
import { here } from '../../view/write-for-people.js';
import type { CheckStatus, Finding } from '../../../src/source/finding.js';

/** A group with what was found. */
export interface CheckedGroup {
  readonly group: string;
  readonly findings: readonly Finding[];
}

const tones: Readonly<Record<CheckStatus, Tone>> = {
  good: 'good',
  warn: 'warn',
  bad: 'bad',
  not_checked: 'dim',
};

function markOf(status: CheckStatus, style: TextStyle): string {
  const symbols = symbolsOf(style);
  const marks: Readonly<Record<CheckStatus, string>> = {
    good: symbols.good,
    warn: symbols.warn,
    bad: symbols.bad,
    not_checked: symbols.none,
  };
  return paint(style, tones[status], marks[status]);
}

/** A group: a heading, and under it a mark and a line for each finding, with what to do about it. */
export function renderGroup(
  { group, findings }: CheckedGroup,
  style: TextStyle,
  {
    isVerbose = false,
    columns,
    folder,
  }: Pick<SummaryScreen, 'columns' | 'folder'> & { isVerbose?: boolean } = {},
): string {
  // Before lines are broken: a path is shorter as it is seen from there.
  const seen = (text: string): string => (folder === undefined ? text : pathsSeenFrom(folder, text));
  const lines = saidOnce(findings).flatMap((finding) =>
    renderFinding(
      {
        ...(isVerbose ? finding : brief(finding)),
        message: seen((isVerbose ? finding : brief(finding)).message),
      },
      style,
      columnsOf({ columns }),
    ),
  );
  return `${[paint(style, 'strong', group), ...lines, ''].join('\n')}\n`;
}

/** The screen of a stream, as groups are laid out for it. */
export function seenAt(stream: NodeJS.WriteStream): Pick<SummaryScreen, 'columns' | 'folder'> {
  return stream.isTTY ? { columns: terminalSize(stream).columns, folder: here() } : {};
}

/** The SQL of a refusal is for who asks for it, and so are the details of what is good. */
function brief(finding: Finding): Finding {
  const [first = '', ...details] = finding.message.split(':\n');
  if (finding.status === 'good' && details.length > 0)
    return { ...finding, message: `${first} (--verbose shows it)` };
  const at = finding.message.indexOf('\nThe SQL was:');
  if (at === -1) return finding;
  const hint = [...(finding.hint === undefined ? [] : [finding.hint]), '--verbose shows the SQL.'];
  return { ...finding, message: finding.message.slice(0, at), hint: hint.join(' ') };
}

function renderFinding(
  { status, subject, message, hint }: Finding,
  style: TextStyle,
  widthColumns: number,
): string[] {
  const indent = '    ';
  const columns = Math.max(20, widthColumns - indent.length);
  const told = subject === undefined ? message : `${subject}: ${message}`;
  const [first = '', ...rest] = told
    .split('\n')
    .flatMap((line) => foldLine(singleLine(line, 1_000), columns));
  const text = status === 'not_checked' ? [paint(style, 'dim', first)] : [first];
  const advice =
    hint === undefined || status === 'good'
      ? []
      : hint.split('\n').flatMap((line) => foldLine(line, columns - 2));
  return [
    `  ${markOf(status, style)} ${text.join('')}`,
    ...rest.map((line) => indent + line),
    ...advice.map((line, at) => `${indent}${at === 0 ? '> ' : '  '}${line}`),
  ];
}

/** What was found alike of several vaults, once, with their names. */
function saidOnce(findings: readonly Finding[]): Finding[] {
  const said = gatherAlike(findings, {
    name: ({ subject = '' }) => subject,
    message: ({ message }) => message,
    besides: ({ status, hint = '' }) => `${status} ${hint}`,
  });
  return said.map(({ names, message, first }) =>
    first.subject === undefined ? first : { ...first, subject: names.join(', '), message },
  );
}

/** The last line: whether a load can begin. */
export function renderReadiness(findings: readonly Finding[], style: TextStyle): string {
  const said = saidOnce(findings);
  const count = (status: CheckStatus): number => said.filter((one) => one.status === status).length;
  const [bad, warn, open] = [count('bad'), count('warn'), count('not_checked')];
  const also = [
    ...(warn > 0 ? [`${formatCount(warn)} warning${warn === 1 ? '' : 's'}`] : []),
    ...(open > 0 ? [`${formatCount(open)} not checked`] : []),
  ];
  const besides = also.length === 0 ? '' : ` (${also.join(', ')})`;
  const { good: tick, bad: cross } = symbolsOf(style);
  return bad === 0
    ? `${paint(style, 'good', tick)} Ready to load${besides}. Nothing was sent.\n`
    : `${paint(style, 'bad', cross)} Not ready: ${formatCount(bad)} problem${bad === 1 ? '' : 's'}${besides}. Nothing was sent.\n`;
}
