import { readFile, writeFile } from 'node:fs/promises';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { escapeHtml } from '../../src/outside/escape-html.js';
import { formatCount } from '../../src/report/format-numbers.js';
import type { ScalingAnalysis } from './analyse-scaling.js';
import { type ReportChart, reportCharts, riskColours } from './chart-configurations.js';
import {
  analysisTable,
  bestLines,
  expiryLines,
  explanation,
  shortLoads,
  strainLines,
} from './render-analysis.js';

export interface ReportContent {
  readonly analysis: ScalingAnalysis;
  /** Name of the CSV file. */
  readonly source: string;
  /** What was measured, and on which machine. */
  readonly measured: readonly string[];
  /** chart.js as one script. */
  readonly chartLibrary: string;
}

/** What the text of an analysis says, as an HTML page with charts: it loads nothing, and its policy forbids it to. */
export function renderReport({ analysis, source, measured, chartLibrary }: ReportContent): string {
  const { projectedRecords, configurations } = analysis;
  const title = `Scaling analysis: ${formatCount(projectedRecords)} records for each vault`;
  const charts = reportCharts(analysis);
  const key = Object.entries(riskColours).map(
    ([level, colour]) => `<li style="--risk: ${colour}">${level} risk at the vault</li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>${escapeHtml(title)}</title>
<style>${reportStyle}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${paragraphs([source, ...measured])}
${list('Recommended', bestLines(analysis), 'ol')}
<ul class="key">${key.join('')}</ul>
<div class="charts">
${charts.map((chart) => renderChart(chart, configurations.length)).join('\n')}
</div>
<section>
<h2>All configurations</h2>
<div class="scroll">${renderTable(analysisTable(configurations))}</div>
</section>
${list('Risk seen at the vault', strainLines(configurations))}
${list('What expires meanwhile', expiryLines(configurations))}
${paragraphs([...shortLoads(configurations), ...explanation])}
</main>
<script>${inlineScript(chartLibrary)}</script>
<script type="application/json" id="charts">${inlineJson(charts.map(({ id, configuration }) => ({ id, configuration })))}</script>
<script>
for (const { id, configuration } of JSON.parse(document.getElementById('charts').textContent)) {
  new Chart(document.getElementById(id), configuration);
}
</script>
</body>
</html>
`;
}

const elements = (tag: string, texts: readonly string[]): string =>
  texts.map((text) => `<${tag}>${escapeHtml(text)}</${tag}>`).join('');

const paragraphs = (lines: readonly string[]): string => `<div class="facts">${elements('p', lines)}</div>`;

const list = (title: string, lines: readonly string[], tag: 'ol' | 'ul' = 'ul'): string =>
  lines.length === 0 ? '' : `<section><h2>${title}</h2><${tag}>${elements('li', lines)}</${tag}></section>`;

function renderChart({ id, title, description }: ReportChart, bars: number): string {
  const height = 90 + bars * 30;
  return `<section><h2>${escapeHtml(title)}</h2><div class="plot" style="height: ${height}px"><canvas id="${id}" role="img" aria-label="${escapeHtml(description)}"></canvas></div></section>`;
}

function renderTable({ columns, rows }: ReturnType<typeof analysisTable>): string {
  const titles = elements(
    'th',
    columns.map(({ heading }) => heading),
  );
  const lines = rows.map((cells) => `<tr>${elements('td', cells)}</tr>`);
  return `<table><thead><tr>${titles}</tr></thead><tbody>${lines.join('')}</tbody></table>`;
}

/** No script in a page may hold the tag that ends it, nor name a map that would be fetched. */
function inlineScript(script: string): string {
  return script.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n').replaceAll(/<\/(script)/gi, '<\\/$1');
}

function inlineJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** Writes the HTML report of an analysis; throws `usage` when it cannot be written. */
export async function writeReport(path: string, content: Omit<ReportContent, 'chartLibrary'>): Promise<void> {
  // The package's browser build stands beside its entry; it is inlined, not run here.
  const library = new URL('chart.umd.min.js', import.meta.resolve('chart.js'));
  const page = renderReport({ ...content, chartLibrary: await readFile(library, 'utf8') });
  await writeFile(path, page).catch((error: unknown) => {
    throw new SuperviseError('usage', `${path} cannot be written`, { cause: error });
  });
}

/** The style sheet of a report. */
const reportStyle = `
:root { color-scheme: light; --ink: #1d2833; --soft: #51606f; --line: #e1e6eb; --accent: #1f4f7a; }
* { box-sizing: border-box; }
body { margin: 0; background: #f6f8fa; color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 48px; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 17px; margin: 0 0 10px; }
p { margin: 0 0 8px; }
.facts { color: var(--soft); font-size: 13px; overflow-wrap: anywhere; margin-top: 14px; }
ol, ul { margin: 0; padding-left: 22px; }
section { background: #fff; border: 1px solid var(--line); border-radius: 8px; padding: 18px; margin-top: 18px; min-width: 0; }
.charts section { margin-top: 0; }
.charts { margin-top: 14px; display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 18px; }
.plot { position: relative; }
.key li::before { content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; background: var(--risk); }
.key { display: flex; flex-wrap: wrap; gap: 4px 16px; color: var(--soft); font-size: 13px; margin: 14px 2px 0; padding: 0; list-style: none; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { text-align: right; padding: 6px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 600; font-size: 13px; }
th:first-child, td:first-child, th:last-child, td:last-child { text-align: left; }
tbody tr:last-child td { border-bottom: 0; }
@media (max-width: 860px) {
  .charts { grid-template-columns: minmax(0, 1fr); }
  main { padding: 20px 12px 36px; }
  section { padding: 14px; }
}
@media print { body { background: #fff; } section { break-inside: avoid; } }
`;
