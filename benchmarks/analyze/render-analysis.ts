import { formatCount } from '../../src/report/format-numbers.js';
import { wrapText } from '../command-line/wrap-text.js';
import { renderTable, type TableForm } from '../measure/table.js';
import type { ScalingAnalysis } from './analyse-scaling.js';
import type { AnalysedConfiguration } from './analysed-configuration.js';

/** Hours as people say them: `42 min`, `3.4 h`, `2.9 days`. */
export function formatHours(hours: number | null): string {
  if (hours === null) return 'never';
  if (hours < 1) return `${Math.max(1, Math.round(hours * 60))} min`;
  return hours < 72 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} days`;
}

/** The analysis for a terminal, 80 columns wide, or for a page of the docs. */
export function renderAnalysis(
  analysis: ScalingAnalysis,
  { measured, form }: { measured: readonly string[]; form: TableForm },
): string {
  const { projectedRecords, configurations, recommendations } = analysis;
  const columns = [
    { title: 'Config', align: 'left' },
    { title: 'Records/s', align: 'right' },
    { title: 'p50 ms', align: 'right' },
    { title: 'p99 ms', align: 'right' },
    { title: 'Efficiency', align: 'right' },
    { title: '429', align: 'right' },
    { title: 'Errors', align: 'right' },
    { title: 'Time', align: 'right' },
    { title: 'Risk', align: 'left' },
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
  const bullets = (lines: readonly string[]): string[] => lines.flatMap((line) => indented(`- ${line}`));
  const best = recommendations.map(({ name, reason }, at) => `${at + 1}. ${name}: ${reason}`);
  return [
    `SCALING ANALYSIS: ${formatCount(projectedRecords)} records for each vault`,
    ...measured.flatMap((line) => wrapText(line, 80, '  ')),
    '',
    renderTable(columns, rows, form),
    ...(best.length === 0
      ? ['No configuration can be recommended: nothing was uploaded.']
      : ['RECOMMENDED:']),
    ...best.flatMap((line) => indented(line)),
    '',
    ...describeRisks(configurations, bullets),
    ...shortLoads(configurations).flatMap((line) => wrapText(line)),
    'Records/s and time are of one vault; several are loaded at the same time.',
    'Efficiency is throughput over concurrency x batch / average latency.',
    '',
  ].join('\n');
}

function describeRisks(
  configurations: readonly AnalysedConfiguration[],
  bullets: (lines: readonly string[]) => string[],
): string[] {
  const strained = configurations
    .filter(({ vaultRisks }) => vaultRisks.length > 0)
    .map(
      ({ name, vaultRisks }) =>
        `${name}: ${vaultRisks.map(({ level, text }) => `${text} (${level})`).join('; ')}`,
    );
  const expiring = expiryLines(configurations);
  return [
    ...(strained.length === 0 ? [] : ['RISK SEEN AT THE VAULT:', ...bullets(strained), '']),
    ...(expiring.length === 0 ? [] : ['WHAT EXPIRES MEANWHILE:', ...bullets(expiring), '']),
  ];
}

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
