import { SKIP_REASONS, type SkipReason } from '../record/batch.js';
import type { VaultStatus } from '../protocol/messages.js';
import { isUnfinished } from './exit-status.js';
import { formatCount, formatDuration, formatPercent } from './format-numbers.js';
import { renderPerformance } from './render-performance.js';
import { cutToWidth, displayWidth, singleLine, wrapAdvice, wrapWords } from './screen-text.js';
import type { RunSummary, SummaryTotals, VaultSummary } from './summary-format.js';
import { paint, symbolsOf, type TextStyle, type Tone } from './text-style.js';

const COLUMNS = 80;

/**
 * What a person reads at the end of a run, in 80 columns: each vault's performance, then all vaults together,
 * and last, so that it stands on the screen, how it ended and what to do next. Paths and commands are never cut
 * or broken.
 */
export function renderSummary(summary: RunSummary, style: TextStyle): string {
  const rule = paint(style, 'dim', symbolsOf(style).rule.repeat(COLUMNS));
  const worked = summary.vaults.filter((vault) => vault.requests > 0 || vault.read > 0);
  const lines = [
    ...worked.flatMap((vault) => ['', ...renderPerformance(vault, style)]),
    '',
    rule,
    paint(style, 'strong', `COMBINED RESULT OF ${plural(summary.vaults.length, 'VAULT', 'VAULTS')}:`),
    '',
    ...renderTable(summary, style),
    '',
    ...renderTotals(summary),
    ...renderProblems(summary, style),
    ...renderRemarks(summary, style),
    '',
    ...renderPlaces(summary),
    rule,
    ...renderVerdict(summary, style),
  ];
  return `${lines.join('\n')}\n`;
}

const FIGURES = [
  'uploaded',
  'failed',
  'skipped',
  'unsettled',
] as const satisfies readonly (keyof SummaryTotals)[];

function renderTable(summary: RunSummary, style: TextStyle): string[] {
  const { ellipsis, rule } = symbolsOf(style);
  const widths = FIGURES.map((figure) => Math.max(figure.length, formatCount(summary.totals[figure]).length));
  const statusWidth = Math.max(
    6,
    ...summary.vaults.map((vault) => displayWidth(statusText(vault.status, style))),
  );
  const others = 2 + 2 + statusWidth + widths.reduce((sum, width) => sum + 2 + width, 0);
  const longest = Math.max(5, ...summary.vaults.map(({ name }) => name.length));
  const nameWidth = Math.max(4, Math.min(longest, COLUMNS - others));
  const row = (name: string, status: string, cells: readonly string[]): string => {
    const padding = ' '.repeat(Math.max(0, statusWidth - displayWidth(status)));
    const numbers = cells.map((cell, at) => `  ${cell.padStart(widths[at] ?? 0)}`).join('');
    return `  ${cutToWidth(name, nameWidth, ellipsis).padEnd(nameWidth)}  ${status}${padding}${numbers}`;
  };
  const figures = (of: VaultSummary | SummaryTotals): string[] =>
    FIGURES.map((figure) => formatCount(of[figure]));
  const between = paint(style, 'dim', `  ${rule.repeat(nameWidth + others - 2)}`);
  return [
    row('Vault', 'Status', ['Uploaded', 'Failed', 'Skipped', 'Unsettled']),
    between,
    ...summary.vaults.map((vault) =>
      row(vault.name, paint(style, TONES[vault.status], statusText(vault.status, style)), figures(vault)),
    ),
    between,
    row('TOTAL', '', figures(summary.totals)),
  ];
}

function renderTotals({ totals }: RunSummary): string[] {
  const lines = wrapWords(
    `read ${formatCount(totals.read)} = uploaded ${formatCount(totals.uploaded)} + failed ${formatCount(totals.failed)}` +
      ` + skipped ${formatCount(totals.skipped)}; unsettled ${formatCount(totals.unsettled)}`,
    COLUMNS - 2,
  );
  if (totals.rows_total !== null && totals.read < totals.rows_total) {
    lines.push(
      `settled ${formatPercent(totals.read, totals.rows_total)} of ${formatCount(totals.rows_total)} rows`,
    );
  }
  const reasons = SKIP_REASONS.filter((reason) => totals.skipped_by_reason[reason] > 0);
  if (reasons.length > 0) {
    const counts = reasons.map(
      (reason) => `${formatCount(totals.skipped_by_reason[reason])} ${SKIP_WORDS[reason]}`,
    );
    lines.push(`skipped: ${counts.join(', ')}`);
  }
  const doubtful = [
    [totals.confirmed, 'found in the vault by looking'],
    [totals.resent, 'sent again'],
    [totals.held, 'held back as failed'],
  ] as const;
  const doubts = doubtful
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${formatCount(count)} ${what}`);
  if (doubts.length > 0) lines.push(...wrapWords(`in doubt: ${doubts.join(', ')}`, COLUMNS - 2));
  lines.push(
    `time ${formatDuration(totals.duration_ms)}, throughput ${formatCount(totals.records_per_second)} records/sec,` +
      ` ${formatCount(totals.retries)} retries, ${formatCount(totals.throttled)} x 429`,
  );
  if (totals.restarts > 0) lines.push(`restarted ${plural(totals.restarts, 'time', 'times')}`);
  return lines.map((line) => `  ${line}`);
}

const SKIP_WORDS: Readonly<Record<SkipReason, string>> = {
  empty_value: 'empty value',
  empty_token: 'empty token',
  already_there: 'in the vault already',
};

function renderProblems(summary: RunSummary, style: TextStyle): string[] {
  const ofVaults = summary.vaults.flatMap(({ name, status, error }) =>
    error === undefined
      ? []
      : renderProblem({ ...error, message: `${name}: ${withoutVault(error.message, name)}` }, status, style),
  );
  const { error, status } = summary;
  return error === undefined ? ofVaults : [...ofVaults, ...renderProblem(error, status, style)];
}

function renderProblem(
  { code, message, hint }: NonNullable<RunSummary['error']>,
  status: VaultStatus,
  style: TextStyle,
): string[] {
  const tone = TONES[status];
  const [first = '', ...more] = wrapWords(
    `${singleLine(message, 1000)} [${singleLine(code, 40)}]`,
    COLUMNS - 4,
  );
  const hints = (hint ?? '')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : wrapAdvice(singleLine(line, 1000), COLUMNS - 4)));
  return [
    '',
    `  ${paint(style, tone, `${symbolFor(status, style)} ${first}`)}`,
    ...more.map((line) => `    ${paint(style, tone, line)}`),
    ...hints.map((line) => `    ${line}`),
  ];
}

/** Many errors name their vault themselves, which stands in front of them here already. */
function withoutVault(message: string, name: string): string {
  const prefix = `vault ${name}: `;
  return message.startsWith(prefix) ? message.slice(prefix.length) : message;
}

function renderRemarks(summary: RunSummary, style: TextStyle): string[] {
  return summary.remarks.flatMap((remark) => {
    const [first = '', ...more] = wrapWords(singleLine(remark, 1000), COLUMNS - 4);
    return [
      '',
      `  ${paint(style, 'warn', symbolsOf(style).warn)} ${first}`,
      ...more.map((line) => `    ${line}`),
    ];
  });
}

function renderPlaces(summary: RunSummary): string[] {
  const places = [
    ['Run directory:', summary.run_directory],
    ...summary.vaults.map(({ error_log: errorLog }) => ['Error log:', errorLog] as const),
    ['Merged error log:', summary.merged_error_log],
  ] as const;
  return places.flatMap(([label, place]) => {
    if (place === undefined) return [];
    const line = `  ${label.padEnd(18)} ${place}`;
    return displayWidth(line) <= COLUMNS ? [line] : [`  ${label}`, `    ${place}`];
  });
}

function renderVerdict(summary: RunSummary, style: TextStyle): string[] {
  const { status, totals, vaults } = summary;
  const tone = TONES[status];
  const unfinished = vaults.filter((vault) => isUnfinished(vault.status)).length;
  const sentence =
    summary.error === undefined || unfinished > 0
      ? verdictSentence(status, totals, vaults.length, unfinished)
      : `${plural(totals.uploaded, 'record', 'records')} uploaded, but the run is not at its end.`;
  const [first = '', ...more] = wrapWords(
    `${symbolFor(status, style)} ${statusName(status).toUpperCase()}: ${sentence} (exit status ${summary.exit_code})`,
    COLUMNS,
  );
  const next = [
    ['Go on with:', summary.resume_command],
    ['Send failed records again:', summary.retry_command],
  ] as const;
  return [
    ...[first, ...more].map((line) => paint(style, tone, paint(style, 'strong', line))),
    ...next.flatMap(([label, command]) =>
      command === undefined ? [] : ['', label, `  ${paint(style, 'accent', command)}`],
    ),
  ];
}

function verdictSentence(
  status: VaultStatus,
  totals: SummaryTotals,
  vaults: number,
  unfinished: number,
): string {
  const uploaded = plural(totals.uploaded, 'record', 'records');
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

const TONES: Readonly<Record<VaultStatus, Tone>> = {
  complete: 'good',
  failures: 'warn',
  limited: 'warn',
  interrupted: 'warn',
  incomplete: 'bad',
  not_started: 'bad',
};

function symbolFor(status: VaultStatus, style: TextStyle): string {
  const symbols = symbolsOf(style);
  const tone = TONES[status];
  return tone === 'good' ? symbols.good : tone === 'bad' ? symbols.bad : symbols.warn;
}

function statusName(status: VaultStatus): string {
  return status.replaceAll('_', ' ');
}

function statusText(status: VaultStatus, style: TextStyle): string {
  return `${symbolFor(status, style)} ${statusName(status)}`;
}

function plural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
