import { failureWords } from '../../../src/error-log/failure-reasons.js';
import { formatBytes, formatCount, formatDuration, plural } from '../../../src/report/format-numbers.js';
import { figure, renderTable, words } from '../../../src/report/render-table.js';
import { columnsOf, layOut, type Page } from '../../../src/report/lay-out.js';
import { singleLine } from '../../../src/report/screen-text.js';
import { drawRule, paint, symbolsOf, type TextStyle } from '../../../src/report/text-style.js';
import type {
  ErrorLogAnalysis,
  ErrorTally,
  VaultErrors,
} from '../../../src/source/error-log/analyse-error-log.js';
import { assumedRequestMs, type VaultRetry } from './plan-retry.js';

/** Lines of one breakdown; the rest is added up. */
const maxLines = 12;

export interface AnalysisScreen extends Page {
  readonly style: TextStyle;
  readonly logs: readonly ErrorLogAnalysis[];
  readonly plans: readonly (Omit<VaultRetry, 'vault'> & { readonly vault: { readonly name: string } })[];
  readonly leftOut: readonly string[];
  readonly upsert: boolean;
  readonly inDoubt: 'hold' | 'send';
  readonly now: Date;
}

/** What a person reads before records are sent again. */
export function renderAnalysis(screen: AnalysisScreen): string {
  const { style } = screen;
  const rule = drawRule(style, columnsOf(screen));
  const lines = [
    rule,
    paint(style, 'strong', 'ERROR LOG ANALYSIS'),
    ...screen.logs.flatMap((log) => ['', ...renderLog(log, screen)]),
    ...screen.leftOut.flatMap((text) => ['', remark(text, style)]),
    rule,
    ...(screen.plans.length === 0 ? [] : [...renderPlan(screen), rule]),
  ];
  return layOut(lines, screen);
}

function renderLog(log: ErrorLogAnalysis, { now }: AnalysisScreen): string[] {
  return [
    `  File:     ${log.file}`,
    `  Size:     ${formatBytes(log.sizeBytes)}`,
    `  Begun:    ${age(log.timestamp, now)}`,
    `  Run:      ${log.run === undefined ? 'none named (a log of another loader)' : singleLine(log.run, 60)}`,
    ...log.vaults.flatMap((errors) => ['', ...renderErrors(errors)]),
  ];
}

const reasonWords: Readonly<Record<string, string>> = failureWords;

function wordsFor(reason: string | undefined): string {
  return reason === undefined ? 'not given' : (reasonWords[reason] ?? reason);
}

function renderErrors({ vault, entries, records, withheld, byStatus, byReason }: VaultErrors): string[] {
  const [name, id, table] = [vault.name, vault.id, vault.table].map((text) => singleLine(text, 128));
  const heading = `Vault ${name ?? ''} (${id ?? ''}), table ${table ?? ''}: ${plural(entries, 'error', 'errors')}, ${plural(records, 'failed record', 'failed records')}`;
  const statuses = [...byStatus].map(([status, tally]) => [describeStatus(status), tally] as const);
  const reasons = [...byReason].map(([reason, tally]) => [wordsFor(reason), tally] as const);
  return [
    `  ${heading}`,
    ...breakdown('By status:', statuses),
    ...breakdown('By reason:', reasons),
    ...(['encrypted', 'redacted'] as const)
      .filter((how) => withheld[how] > 0)
      .map((how) => `    Values:     ${how}, of ${formatCount(withheld[how])} records`),
  ];
}

function breakdown(label: string, tallies: readonly (readonly [string, ErrorTally])[]): string[] {
  const sorted = tallies.toSorted(([, a], [, b]) => b.records - a.records);
  const shown = sorted.slice(0, maxLines);
  const others = sorted.slice(maxLines);
  if (others.length > 0) {
    const sum = (pick: (tally: ErrorTally) => number): number =>
      others.reduce((total, [, tally]) => total + pick(tally), 0);
    shown.push([
      `${others.length} others`,
      { entries: sum((t) => t.entries), records: sum((t) => t.records) },
    ]);
  }
  return shown.map(([what, { entries, records }], at) => {
    const count = `${plural(records, 'record', 'records')} in ${plural(entries, 'error', 'errors')}`;
    return `    ${(at === 0 ? label : '').padEnd(10)}  ${singleLine(what, 22).padEnd(22)}  ${count}`;
  });
}

function renderPlan(screen: AnalysisScreen): string[] {
  const { plans, upsert, style } = screen;
  const lookedUp = plans.reduce((sum, plan) => sum + plan.lookedUp - plan.notSent, 0);
  const notSent = plans.reduce((sum, plan) => sum + plan.notSent, 0);
  const estimatedMs = Math.max(...plans.map((plan) => plan.estimatedMs));
  return [
    paint(style, 'strong', 'RETRY PLAN'),
    '',
    ...renderTable(
      {
        columns: [words('Vault'), ...['Records', 'Looked up', 'Batches', 'Workers', 'Time'].map(figure)],
        rows: plans.map((plan) => [
          singleLine(plan.vault.name, 20),
          formatCount(plan.records),
          formatCount(plan.lookedUp),
          formatCount(plan.batches),
          formatCount(plan.workers),
          formatDuration(plan.estimatedMs),
        ]),
      },
      style,
      columnsOf(screen),
    ),
    '',
    `  Estimated time: about ${formatDuration(estimatedMs)}, if a request takes ${assumedRequestMs} ms.`,
    sayUpsert(upsert, lookedUp > 0, style),
    ...(lookedUp === 0 ? [] : [remark(describeLookup(lookedUp, screen.inDoubt), style)]),
    ...(notSent === 0 ? [] : [remark(describeForeign(notSent), style)]),
  ];
}

/** A warning only where records may be in the vault already: what was refused for certain is not. */
function sayUpsert(upsert: boolean, mayBeThere: boolean, style: TextStyle): string {
  if (upsert)
    return remark('Upsert is on: where the vault has the value already, its record is updated.', style);
  const off = 'Upsert is off: every record is inserted.';
  return mayBeThere
    ? remark(`${off} With --upsert, a record whose value the vault has already is updated instead.`, style)
    : `  ${off}`;
}

function describeLookup(records: number, inDoubt: 'hold' | 'send'): string {
  const otherwise = inDoubt === 'hold' ? 'fail as in_doubt again' : 'are sent (--in-doubt send)';
  return (
    `${formatCount(records)} records may be in the vault already: it is asked for their tokens before they are sent. ` +
    `That needs the permission to detokenize; where the vault cannot be asked, they ${otherwise}.`
  );
}

function describeForeign(records: number): string {
  return (
    `${formatCount(records)} records stand in the vault under tokens of its own, or may: it is asked for their tokens, and ` +
    'they are not sent. --resend-mismatched sends them, once their values were deleted there.'
  );
}

function remark(text: string, style: TextStyle): string {
  return `  ${paint(style, 'warn', symbolsOf(style).warn)} ${singleLine(text, 1000)}`;
}

function describeStatus(status: number): string {
  if (status === 0) return 'no answer';
  return status < 0 ? 'others' : `HTTP ${status}`;
}

function age(timestamp: string | undefined, now: Date): string {
  const time = timestamp === undefined ? NaN : Date.parse(timestamp);
  if (Number.isNaN(time)) return 'not said';
  const ago = now.getTime() - time;
  const text = new Date(time).toISOString().replace('T', ' ').slice(0, 19);
  return `${text} UTC${ago < 0 ? '' : ` (${formatDuration(ago)} ago)`}`;
}
