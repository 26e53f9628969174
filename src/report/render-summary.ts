import { amountOf } from '../figures/figure.js';
import { figures } from '../figures/figures.js';
import { formatCount, formatDuration, formatPercent, plural } from './format-numbers.js';
import { gatherAlike } from './gather-alike.js';
import { renderReasons } from './render-reasons.js';
import { renderPerformance, renderPerformanceBriefly } from './render-performance.js';
import { columnsOf, foldLine, foldLines, hanging } from './lay-out.js';
import { displayWidth, singleLine, wrapWords } from './screen-text.js';
import { summarySeenFrom } from './seen-from.js';
import { figuresIn, type RunSummary, type VaultSummary } from './summary-format.js';
import { statuses, symbolFor } from '../status/statuses.js';
import { figure, renderTable, words } from './render-table.js';
import { paint, symbolsOf, type TextStyle } from './text-style.js';
import { nameOfStatus, renderVerdict } from './render-verdict.js';

export interface SummaryScreen {
  readonly style: TextStyle;
  /** Of the terminal; absent: there is none. Nothing is wider than this, or 80, but paths and commands. */
  readonly columns?: number | undefined;
  /** Where the person is who reads it at a terminal: places below it are written from there. */
  readonly folder?: string | undefined;
  /** `whole`: with each vault's performance as the loader being replaced shows it; `quiet`: a line for each vault, and what is the matter. */
  readonly detail: 'quiet' | 'brief' | 'whole';
  /** False: what the run leaves is removed at once, and is not named. */
  readonly hasPlaces?: boolean | undefined;
}

/**
 * What a person reads at the end of a run: how each vault performed, then, on one screen, all vaults together, why
 * records failed, what is the matter, where the logs are, how it ended, and the one command that comes next. Paths and
 * commands are never cut or broken.
 */
export function renderSummary(whole: RunSummary, screen: SummaryScreen): string {
  const summary = screen.folder === undefined ? whole : summarySeenFrom(screen.folder, whole);
  const columns = columnsOf(screen);
  const lines =
    screen.detail === 'quiet' ? quietLines(summary, screen, columns) : allLines(summary, screen, columns);
  const text = `${lines.join('\n')}\n`;
  return screen.columns === undefined ? text : foldLines(text, columns);
}

function quietLines(summary: RunSummary, { style }: SummaryScreen, columns: number): string[] {
  const figures = (vault: VaultSummary): string =>
    [
      `${formatCount(vault.uploaded)} uploaded`,
      `${formatCount(vault.failed)} failed`,
      ...openRows(vault),
    ].join(', ');
  return [
    ...summary.vaults.map((vault) => `${vault.name}: ${nameOfStatus(vault.status)}, ${figures(vault)}`),
    ...renderProblems(summary, { style, columns, isBrief: true }),
    `exit status ${summary.exit_code}`,
  ];
}

function allLines(
  summary: RunSummary,
  { style, detail, hasPlaces = true }: SummaryScreen,
  columns: number,
): string[] {
  const rule = paint(style, 'dim', symbolsOf(style).rule.repeat(columns));
  const worked = summary.vaults.filter((vault) => vault.requests > 0 || vault.read > 0);
  const briefly = worked
    .filter(({ requests, read }) => requests > 0 && read > 0)
    .flatMap((vault) => renderPerformanceBriefly(vault, style, columns));
  const performance =
    detail === 'whole'
      ? worked.flatMap((vault) => ['', ...renderPerformance(vault, style, columns)])
      : briefly.length === 0
        ? []
        : ['', ...briefly];
  return [
    ...performance,
    rule,
    ...renderVaults(summary, style, columns, detail === 'brief'),
    ...renderTotals(summary, columns),
    ...renderReasons(summary, style, columns),
    ...renderProblems(summary, { style, columns, isBrief: detail === 'brief' }),
    ...renderMachines(summary, columns),
    ...summary.remarks.flatMap((remark) =>
      hanging(`${symbolsOf(style).warn} ${detail === 'whole' ? remark : firstClause(remark)}`, columns),
    ),
    ...(hasPlaces ? renderPlaces(summary, columns) : []),
    rule,
    ...renderVerdict(summary, { style, columns, isDense: detail === 'brief' }),
  ];
}

/** On a terminal the whole of it has been said before the run, and stands in the report. */
function firstClause(remark: string): string {
  return remark.split(/; | \(/, 1).join();
}

/** How much of the run each machine has done. */
function renderMachines({ machines = [] }: RunSummary, columns: number): string[] {
  const worked = machines.filter(({ shards }) => shards > 0);
  return worked.flatMap(({ worker, shards, rows }) =>
    hanging(
      `${worker}: ${formatCount(rows)} rows of ${formatCount(shards)} ${shards === 1 ? 'part' : 'parts'}`,
      columns,
    ),
  );
}

/** Rows that have no verdict, apart: those that were never sent, and those of which nobody knows. */
function openRows({ unsettled, in_doubt: inDoubt }: Pick<VaultSummary, 'unsettled' | 'in_doubt'>): string[] {
  return [
    ...(unsettled > inDoubt ? [`${formatCount(unsettled - inDoubt)} not sent yet`] : []),
    ...(inDoubt > 0 ? [`${formatCount(inDoubt)} answer unknown`] : []),
  ];
}

type Figures = RunSummary['totals'];

/** What nobody has is no column: it would only make the others narrow. */
const COLUMNS: readonly {
  readonly heading: string;
  readonly always?: boolean;
  readonly of: (figures: Figures) => number;
}[] = [
  ...figuresIn('totals').flatMap(([name, { column }]) =>
    column === undefined ? [] : [{ ...column, of: (all: Figures) => amountOf(all[name]) }],
  ),
  { heading: 'Not sent yet', of: (all) => all.unsettled - all.in_doubt },
];

function renderVaults(
  { vaults, totals }: RunSummary,
  style: TextStyle,
  columns: number,
  isBare: boolean,
): string[] {
  const shown = COLUMNS.filter(({ of, always = false }) => always || of(totals) > 0);
  const status = (vault: VaultSummary): string =>
    paint(
      style,
      statuses[vault.status].tone,
      `${symbolFor(vault.status, style)} ${nameOfStatus(vault.status)}`,
    );
  const cells = (of: Figures): string[] => shown.map(({ of: amount }) => formatCount(amount(of)));
  const table = renderTable(
    {
      columns: [words('Vault'), words('Status'), ...shown.map(({ heading }) => figure(heading))],
      rows: vaults.map((vault) => [vault.name, status(vault), ...cells(vault)]),
      total: ['TOTAL', '', ...cells(totals)],
      isBare,
    },
    style,
  );
  if (table.every((line) => displayWidth(line) <= columns)) return table;
  const figures = (of: Figures): string[] =>
    wrapWords(
      shown
        .filter(({ of: amount, always = false }) => always || amount(of) > 0)
        .map(({ of: amount, heading }) => `${formatCount(amount(of))} ${heading.toLowerCase()}`)
        .join(', '),
      Math.max(20, columns - 4),
    ).map((line) => `    ${line}`);
  return [
    ...vaults.flatMap((vault) => [...hanging(`${vault.name} ${status(vault)}`, columns), ...figures(vault)]),
    '  TOTAL',
    ...figures(totals),
  ];
}

function renderTotals({ totals }: RunSummary, columns: number): string[] {
  const account =
    `read ${formatCount(totals.read)} = uploaded ${formatCount(totals.uploaded)} + failed ${formatCount(totals.failed)}` +
    ` + skipped ${formatCount(totals.skipped)}`;
  const skipped = Object.entries(totals.skipped_by_reason)
    .filter(([, rows]) => rows > 0)
    .map(([reason, rows]) => `${formatCount(rows)} ${SKIP_WORDS[reason] ?? reason}`);
  const answers = sayings(totals, 'answers');
  const settled =
    totals.rows_total === null || totals.read >= totals.rows_total
      ? ''
      : `${formatPercent(totals.read, totals.rows_total)} of ${formatCount(totals.rows_total)} rows settled, `;
  const { restarts, duration_ms: tookMs, uploaded } = totals;
  // Of a run that was gone on with, uploaded is of all its commands.
  const uploadedNow = Math.round((totals.records_per_second * tookMs) / 1000);
  const whose = uploadedNow < uploaded && tookMs > 0 ? ' (this command alone)' : '';
  const work = [
    ...sayings(totals, 'work'),
    ...(restarts === 0 ? [] : [plural(restarts, 'restart', 'restarts')]),
  ];
  return [
    account,
    ...(skipped.length > 0 ? [`skipped: ${skipped.join(', ')}`] : []),
    ...(answers.length > 0 ? [`answer was unknown: ${answers.join(', ')}`] : []),
    `${settled}time ${formatDuration(totals.duration_ms)}, ${[`${formatCount(totals.records_per_second)} records/sec${whose}`, ...work].join(', ')}`,
  ].flatMap((line) => hanging(line, columns));
}

const SKIP_WORDS: Readonly<Record<string, string>> = figures.skipped_by_reason.words;

/** `3 retries`: of the figures that are said where there are any. */
function sayings(totals: Figures, of: 'answers' | 'work'): string[] {
  return figuresIn('totals').flatMap(([name, { said }]) => {
    const amount = amountOf(totals[name]);
    return said?.of !== of || amount === 0 ? [] : [plural(amount, said.one, said.many)];
  });
}

/** What is the matter: what several vaults have in common once, with their names. */
function renderProblems(
  summary: RunSummary,
  {
    style,
    columns,
    isBrief,
  }: { readonly style: TextStyle; readonly columns: number; readonly isBrief: boolean },
): string[] {
  const all = [
    ...summary.vaults.map(({ name, status, error }) => ({ name, status, error })),
    { name: '', status: summary.status, error: summary.error },
  ].flatMap(({ name, status, error }) => (error === undefined ? [] : [{ name, status, ...error }]));
  const said = gatherAlike(all, {
    name: ({ name }) => name,
    // The SQL was said before the first request, and stands in what is not for a screen.
    message: ({ message }) => singleLine(isBrief ? message.replace(/\nThe SQL was:.*$/s, '') : message, 1000),
    besides: ({ status, code, hint = '' }) => `${status} ${code} ${hint}`,
  });
  return said.flatMap(({ names, message, first: { status, code, hint = '' } }) => {
    const whose = names.filter((name) => name !== '');
    const own = whose.length === 0 ? message : `${whose.join(', ')}: ${message}`;
    const lines = hanging(`${symbolFor(status, style)} ${own} [${singleLine(code, 40)}]`, columns);
    const advice = hint
      .split('\n')
      .flatMap((line) => (line === '' ? [] : foldLine(singleLine(line, 1000), Math.max(20, columns - 4))));
    return [
      ...lines.map((line) => paint(style, statuses[status].tone, line)),
      ...advice.map((line) => `    ${line}`),
    ];
  });
}

/** One place: everything of a run is in its directory. On a line of its own only where that is needed. */
function renderPlaces(summary: RunSummary, columns: number): string[] {
  const [label, short, place] =
    summary.merged_error_log === undefined
      ? ['Run directory:', 'In', summary.run_directory]
      : ['Merged error log:', 'Errors:', summary.merged_error_log];
  const line = [label, short]
    .map((said) => `  ${said} ${place}`)
    .find((text) => displayWidth(text) <= columns);
  return line === undefined ? [`  ${label}`, `    ${place}`] : [line];
}
