import { readFile, writeFile } from 'node:fs/promises';
import { formatCount } from '../../src/report/format-numbers.js';
import { type RiskLevel, riskThresholds } from './assess-risk.js';
import type { ScalingAnalysis } from './analyse-scaling.js';
import { type AnalysedConfiguration, riskWeights } from './recommend.js';
import { type ReportChart, reportCharts, riskColours } from './chart-configurations.js';
import { expiryLines, formatHours, shortLoads } from './render-analysis.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';

export interface ReportContent {
  readonly analysis: ScalingAnalysis;
  /** Name of the CSV file. */
  readonly source: string;
  /** What was measured, and on which machine. */
  readonly measured: readonly string[];
  /** chart.js as one script. */
  readonly chartLibrary: string;
}

/** An HTML page with everything in it: it loads nothing, and its policy forbids it to. */
export function renderReport({ analysis, source, measured, chartLibrary }: ReportContent): string {
  const { projectedRecords, configurations } = analysis;
  const title = `Scaling analysis: ${formatCount(projectedRecords)} records for each vault`;
  const charts = reportCharts(analysis);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>${escape(title)}</title>
<style>${reportStyle}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
${[source, ...measured].map((line) => `<p class="facts">${escape(line)}</p>`).join('\n')}
<section>
<h2>Recommended</h2>
${renderBest(analysis)}
</section>
<ul class="key">${(['low', 'medium', 'high'] as const).map((level) => `<li>${risk(level, `${level} risk at the vault`)}</li>`).join('')}</ul>
<div class="charts">
${charts.map((chart) => renderChart(chart, configurations.length)).join('\n')}
</div>
<section>
<h2>All configurations</h2>
<div class="scroll">${renderTable(configurations)}</div>
</section>
${renderRisks(configurations)}
<div class="notes">
${shortLoads(configurations)
  .map((line) => `<p><strong>${escape(line)}</strong></p>`)
  .join('')}
<p>Rates and times are of one vault; several are loaded at the same time. Efficiency is throughput over concurrency x batch / average latency.</p>
<p>Risk: 429 from the first one on, high above ${riskThresholds.throttledShare.high * 100} % of requests; failed records, high above ${riskThresholds.errorShare.high * 100} %; latency above ${riskThresholds.latencyGrowth.above} times that of fewer workers, high above ${riskThresholds.latencyGrowth.high}; loads that differ by more than ${riskThresholds.spread.above * 100} % of their median. Recommended is the highest throughput, weighted with ${riskWeights.medium} for medium and ${riskWeights.high} for high risk.</p>
</div>
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

function renderBest({ recommendations, configurations }: ScalingAnalysis): string {
  if (recommendations.length === 0) return '<p>None: nothing was uploaded.</p>';
  const items = recommendations.map(({ name, reason, score }) => {
    const hours = configurations.find((each) => each.name === name)?.projectedHours ?? null;
    return `<li><strong>${escape(name)}</strong><span class="time">${escape(formatHours(hours))}</span>, score ${score}<p class="why">${escape(reason)}</p></li>`;
  });
  return `<ol class="best">${items.join('')}</ol>`;
}

function renderChart({ id, title, description }: ReportChart, bars: number): string {
  const height = 90 + bars * 30;
  return `<section><h2>${escape(title)}</h2><div class="plot" style="height: ${height}px"><canvas id="${id}" role="img" aria-label="${escape(description)}"></canvas></div></section>`;
}

function renderTable(configurations: readonly AnalysedConfiguration[]): string {
  const head = [
    'Configuration',
    'Loads',
    'Records/s',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'Efficiency',
    '429',
    'Errors',
    'Time',
    'Risk',
  ];
  const rows = configurations.map((each) => {
    const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
    const cells = [
      each.name,
      String(each.loads),
      formatCount(each.recordsPerSecond.median),
      ...(['p50', 'p95', 'p99'] as const).map((key) => formatCount(each.latencyMs[key])),
      `${Math.round(each.efficiency * 100)} %`,
      percent(each.throttledShare),
      percent(each.errorShare),
      formatHours(each.projectedHours),
    ].map(escape);
    return `<tr>${[...cells, risk(each.vaultRisk, each.vaultRisk)].map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  return `<table><thead><tr>${head.map((cell) => `<th>${cell}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function renderRisks(configurations: readonly AnalysedConfiguration[]): string {
  const seen = configurations.flatMap(({ name, vaultRisks }) =>
    vaultRisks.map(({ text, level }) => `<li>${risk(level, escape(`${name}: ${text} (${level})`))}</li>`),
  );
  const expiring = expiryLines(configurations).map((line) => `<li>${escape(line)}</li>`);
  const list = (title: string, items: readonly string[]): string =>
    items.length === 0 ? '' : `<h2>${title}</h2><ul class="risks">${items.join('')}</ul>`;
  const lists = list('Risk seen at the vault', seen) + list('What expires meanwhile', expiring);
  return lists === '' ? '' : `<section>${lists}</section>`;
}

function risk(level: RiskLevel, html: string): string {
  return `<span class="risk" style="--risk: ${riskColours[level]}">${html}</span>`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
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
.facts { color: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
section { background: #fff; border: 1px solid var(--line); border-radius: 8px; padding: 18px; margin-top: 18px; min-width: 0; }
.best { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 14px; list-style: none; margin: 0; padding: 0; }
.best li { border: 1px solid var(--line); border-left: 4px solid var(--accent); border-radius: 6px; padding: 12px 14px; }
.best strong { display: block; font-size: 18px; }
.best .time { color: var(--accent); font-weight: 600; }
.best .why { color: var(--soft); font-size: 13px; margin: 4px 0 0; }
.charts section { margin-top: 0; }
.charts { margin-top: 14px; display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 18px; }
.plot { position: relative; }
.key { display: flex; flex-wrap: wrap; gap: 4px 16px; color: var(--soft); font-size: 13px; margin: 14px 2px 0; padding: 0; list-style: none; }
.risk::before { content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; background: var(--risk); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { text-align: right; padding: 6px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 600; font-size: 13px; }
th:first-child, td:first-child, th:last-child, td:last-child { text-align: left; }
tbody tr:last-child td { border-bottom: 0; }
ul.risks { margin: 0 0 16px; padding: 0; list-style: none; }
ul.risks li { padding: 2px 0; }
ul.risks:last-child { margin-bottom: 0; }
.notes { color: var(--soft); font-size: 13px; margin-top: 18px; }
@media (max-width: 860px) {
  .charts, .best { grid-template-columns: minmax(0, 1fr); }
  main { padding: 20px 12px 36px; }
  section { padding: 14px; }
}
@media print { body { background: #fff; } section { break-inside: avoid; } }
`;
