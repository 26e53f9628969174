import { formatCount, formatLatency, plural } from '../../../src/report/format-numbers.js';
import type { SummaryScreen } from '../../../src/report/render-summary.js';
import { figure, renderTable, words } from '../../../src/report/render-table.js';
import { columnsOf, layOut } from '../../../src/report/lay-out.js';
import { displayWidth, singleLine } from '../../../src/report/screen-text.js';
import { pathsSeenFrom } from '../../../src/report/seen-from.js';
import type { RunSummary } from '../../../src/report/summary-format.js';
import { drawRule, paint, symbolsOf, type TextStyle } from '../../../src/report/text-style.js';
import { shellWord } from '../../command-line/shell-word.js';
import type { Evidence } from './evidence-format.js';
import { field, inOrder, renderSetting } from './evidence-lines.js';
import { describeState, renderRetries, renderAgreement, renderVerifications } from './render-evidence.js';

/** Commands on a run that are shown, the last ones. */
const mostSessions = 4;
/** Settings that somebody chose and that are shown. */
const mostSettings = 8;

/** The evidence of a run on one or two screens of a terminal: what most people ask for, and how the rest is seen. */
export function renderEvidenceBriefly(
  evidence: Evidence,
  summary: RunSummary | undefined,
  screen: Omit<SummaryScreen, 'detail'>,
): string {
  const { style, folder = '/' } = screen;
  const columns = columnsOf(screen);
  const { run_id: runId, sessions, retries, verifications, manifest } = evidence;
  const place = pathsSeenFrom(folder, evidence.run_directory);
  const run = shellWord(place);
  const rule = drawRule(style, columns);
  const heading = (text: string): string[] => ['', paint(style, 'strong', text)];
  const performance = (summary?.vaults ?? [])
    .filter(({ read, requests }) => read > 0 && requests > 0)
    .map(
      ({ name, records_per_second: rate, average_concurrency: many, latency_ms: { p50, p95, p99 } }) =>
        `  ${name}: ${formatCount(rate)} records/sec, ${many.toFixed(1)} at a time, p50 ${formatLatency(p50)}, p95 ${formatLatency(p95)}, p99 ${formatLatency(p99)}`,
    );
  const lines = [
    rule,
    paint(style, 'strong', `EVIDENCE OF RUN ${runId}`),
    field('State:', describeState(evidence)),
    field('Run directory:', place),
    ...(evidence.config_file === null
      ? []
      : [field('Configuration:', pathsSeenFrom(folder, evidence.config_file))]),
    ...sessions.slice(-mostSessions).flatMap(renderSession),
    '',
    ...renderVaults(evidence, style, columns),
    ...(performance.length === 0 ? [] : [...heading('PERFORMANCE'), ...performance]),
    ...(retries.length === 0 ? [] : [...heading('RETRIES'), ...renderRetries(evidence)]),
    ...(verifications?.length === 0 ? [] : [...heading('VERIFICATIONS'), ...renderVerifications(evidence)]),
    ...heading('SETTINGS'),
    ...renderChosen(evidence),
    '',
    field(`${plural(manifest.files.length, 'file', 'files')}, SHA-256 of their list:`, manifest.sha256),
    rule,
    renderAgreement(evidence, style),
    'Fingerprints, hashes and every setting; and the same as a page:',
    `  ${paint(style, 'accent', `skyflow-supervise report ${run} --verbose`)}`,
    `  ${paint(style, 'accent', `skyflow-supervise report ${run} --html evidence.html`)}`,
  ];
  return layOut(lines, screen);
}

function renderSession(session: Evidence['sessions'][number]): string[] {
  const { command, user, host, started_at: from, finished_at: to, exit_code: exit } = session;
  const how = to === null ? '' : `, exit status ${exit ?? '?'}`;
  return [
    field(
      `${command}:`,
      `${singleLine(user, 32)} on ${singleLine(host, 64)}, version ${session.program_version}${how}`,
    ),
    field('', to === null ? `${from}, not ended` : `${from} to ${to}`),
  ];
}

/** What the journals say, and what does not agree with them. */
function renderVaults(evidence: Evidence, style: TextStyle, columns: number): string[] {
  const { good, bad, none } = symbolsOf(style);
  const { vaults, totals } = evidence;
  const cells = ({ read, uploaded, failed, skipped, unsettled }: Evidence['totals']): string[] =>
    [read, uploaded, failed, skipped, unsettled].map(formatCount);
  const headings = ['Read', 'Uploaded', 'Failed', 'Skipped', 'Open'];
  const table = renderTable(
    {
      columns: [words('Vault'), words('Evidence'), ...headings.map(figure)],
      rows: vaults.map(({ name, journal, disagreements }) => [
        name,
        disagreements.length === 0
          ? paint(style, 'good', `${good} agrees`)
          : paint(style, 'bad', `${bad} contradicts`),
        ...(journal === null ? headings.map(() => none) : cells(journal)),
      ]),
      total: ['TOTAL', '', ...cells(totals)],
      isBare: true,
    },
    style,
  );
  const isNarrow = table.some((line) => displayWidth(line) > columns);
  const figures = ({ read, uploaded, failed, skipped, unsettled }: Evidence['totals']): string =>
    `read ${formatCount(read)} = ${formatCount(uploaded)} + ${formatCount(failed)} failed + ${formatCount(skipped)} skipped` +
    (unsettled === 0 ? '' : `, ${formatCount(unsettled)} open`);
  return [
    ...(isNarrow
      ? vaults.map(({ name, journal }) => `  ${name}: ${journal === null ? none : figures(journal)}`)
      : table),
    ...vaults.flatMap(({ name, disagreements }) =>
      disagreements.map((text) => `  ${bad} ${name}: ${singleLine(text, 1000)}`),
    ),
  ];
}

/** What somebody chose; of vaults their number, since there may be hundreds. */
function renderChosen({ sessions, vaults }: Evidence): string[] {
  const all = inOrder(sessions.at(-1)?.settings ?? {});
  const chosen = all.filter(
    ([key, { origin }]) => origin !== 'default' && !key.startsWith('skyflow.vaults['),
  );
  const left = chosen.length - mostSettings;
  return [
    ...chosen.slice(0, mostSettings).map(renderSetting),
    `  ${left > 0 ? `${formatCount(left)} others, ` : ''}${plural(vaults.length, 'vault', 'vaults')}, and ${formatCount(all.filter(([, { origin }]) => origin === 'default').length)} defaults`,
  ];
}
