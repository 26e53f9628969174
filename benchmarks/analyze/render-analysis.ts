import { figure, words, type Table } from '../../src/report/render-table.js';
import { formatCount } from '../../src/report/format-numbers.js';
import { wrapText } from '../command-line/script.js';
import { renderColumns, type TableForm } from '../measure/table.js';
import type { ScalingAnalysis } from './analyse-scaling.js';
import { type AnalysedConfiguration, riskWeights } from './recommend.js';
import { riskThresholds } from './assess-risk.js';

/** Hours as people say them: `42 min`, `3.4 h`, `2.9 days`. */
export function formatHours(hours: number | null): string {
  if (hours === null) return 'never';
  if (hours < 1) return `${Math.max(1, Math.round(hours * 60))} min`;
  return hours < 72 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} days`;
}

const { throttledShare, errorShare, latencyGrowth, spread } = riskThresholds;

/** What each column means, and from which value on a figure is a risk: said under the figures. */
export const explanation: readonly string[] = [
  'Config: concurrency/batch, workers and records of a request. Rates and latencies are medians of its loads.',
  'Records/s and Time are of one vault; several are loaded at the same time.',
  'p50 ms, p99 ms: half of the requests, and 99 of 100, were answered within this time.',
  'Efficiency is throughput over concurrency x batch / average latency: 100 % when every worker always has a request out.',
  '429: requests that the vault refused because there were too many. Errors: records that failed or have no verdict.',
  `Risk: of what strains the vault. 429 above ${inPercent(throttledShare.above)} is medium, above ${inPercent(throttledShare.high)} high; errors above ${inPercent(errorShare.above)} and ${inPercent(errorShare.high)}; latency more than ${latencyGrowth.above} and ${latencyGrowth.high} times that of fewer workers; loads that differ by more than ${inPercent(spread.above)} and ${inPercent(spread.high)} of the median.`,
  `Recommended is what is fastest after throughput counts ${riskWeights.medium} times at medium risk and ${riskWeights.high} times at high risk.`,
];

function inPercent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}

/** The analysis for a terminal, 80 columns wide, or for a page of the docs. */
export function renderSweepAnalysis(
  analysis: ScalingAnalysis,
  { measured, form }: { measured: readonly string[]; form: TableForm },
): string {
  const { projectedRecords, configurations } = analysis;
  const { columns, rows } = analysisTable(configurations);
  const best = bestLines(analysis);
  const bullets = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [title, ...lines.flatMap((line) => indented(`- ${line}`)), ''];
  return [
    `SCALING ANALYSIS: ${formatCount(projectedRecords)} records for each vault`,
    ...measured.flatMap((line) => wrapText(line, 80, '  ')),
    '',
    renderColumns(columns, rows, form),
    ...(best.length === 0
      ? ['No configuration can be recommended: nothing was uploaded.']
      : ['RECOMMENDED:']),
    ...best.flatMap((line, at) => indented(`${at + 1}. ${line}`)),
    '',
    ...bullets('RISK SEEN AT THE VAULT:', strainLines(configurations)),
    ...bullets('WHAT EXPIRES MEANWHILE:', expiryLines(configurations)),
    ...shortLoads(configurations).flatMap((line) => wrapText(line)),
    ...['WHAT THE FIGURES MEAN:', ...explanation].flatMap((line) => wrapText(line)),
    '',
  ].join('\n');
}

/** A line of figures for each configuration. */
export function analysisTable(configurations: readonly AnalysedConfiguration[]): Table {
  const columns = [
    words('Config'),
    ...['Records/s', 'p50 ms', 'p99 ms', 'Efficiency', '429', 'Errors', 'Time'].map(figure),
    words('Risk'),
  ] as const;
  const rows = configurations.map((each) => [
    each.name,
    formatCount(each.recordsPerSecond.median),
    formatCount(each.latencyMs.p50),
    formatCount(each.latencyMs.p99),
    `${Math.round(each.efficiency * 100)} %`,
    `${(each.throttledShare * 100).toFixed(1)} %`,
    `${(each.errorShare * 100).toFixed(1)} %`,
    formatHours(each.projectedHours),
    each.vaultRisk,
  ]);
  return { columns, rows };
}

/** The best configurations, and why. */
export const bestLines = ({ recommendations }: ScalingAnalysis): string[] =>
  recommendations.map(({ name, reason }) => `${name}: ${reason}`);

/** What was seen of each configuration that strained the vault. */
export const strainLines = (configurations: readonly AnalysedConfiguration[]): string[] =>
  configurations
    .filter(({ vaultRisks }) => vaultRisks.length > 0)
    .map(({ name, vaultRisks }) => {
      const seen = vaultRisks.map(({ level, text }) => `${text} (${level})`);
      return `${name}: ${seen.join('; ')}`;
    });

/** Below this many requests for each worker, start and end of a load are too much of it. */
const fewRequests = 4;

/** A warning when loads were too short to say much; none otherwise. */
export function shortLoads(configurations: readonly AnalysedConfiguration[]): string[] {
  const short = configurations.filter(({ requestsPerWorker }) => requestsPerWorker < fewRequests);
  if (short.length === 0) return [];
  const names =
    short.length === configurations.length
      ? 'All loads'
      : `Loads of ${short.map(({ name }) => name).join(', ')}`;
  return [
    `${names} had fewer than ${fewRequests} requests for each worker: their throughput is too low. Measure with more records.`,
  ];
}

/** What expires, once for all configurations that it concerns. */
export function expiryLines(configurations: readonly AnalysedConfiguration[]): string[] {
  const names = new Map<string, string[]>();
  for (const { name, expiryRisks } of configurations) {
    for (const { text, level } of expiryRisks) {
      const line = `${text} (${level})`;
      names.set(line, [...(names.get(line) ?? []), name]);
    }
  }
  return [...names].map(([line, concerned]) => {
    const all = concerned.length === configurations.length && concerned.length > 1;
    return `${all ? 'all' : concerned.join(', ')}: ${line}`;
  });
}

const indented = (text: string): string[] => wrapText(`  ${text}`, 80, '     ');
