import type { RiskLevel } from './assess-risk.js';
import type { ScalingAnalysis } from './analyse-scaling.js';

/** A chart as chart.js takes it; plain data, so that it can stand in a page as JSON. */
export interface ReportChart {
  readonly id: string;
  readonly title: string;
  /** What a reader who cannot see it is told. */
  readonly description: string;
  readonly configuration: object;
}

/** Colours of risk; the words stand beside them in the page. */
export const riskColours: Readonly<Record<RiskLevel, string>> = {
  low: '#2f7d5b',
  medium: '#c98a1b',
  high: '#b3423a',
};

const ink = '#51606f';
const grid = '#e6eaee';
const latencyColours = { p50: '#9fc3e0', p95: '#4a8cbf', p99: '#1f4f7a' } as const;

interface Dataset {
  readonly label: string;
  readonly data: readonly (number | null)[];
  readonly backgroundColor: string | readonly string[];
}

function bars(labels: readonly string[], datasets: readonly Dataset[], axis: string): object {
  const scale = (title: string | undefined): object => ({
    beginAtZero: true,
    grid: { color: title === undefined ? 'transparent' : grid },
    border: { display: false },
    ticks: { color: ink, autoSkip: title !== undefined, maxTicksLimit: title === undefined ? 100 : 6 },
    title: { display: title !== undefined, text: title ?? '', color: ink },
  });
  return {
    type: 'bar',
    data: {
      labels,
      datasets: datasets.map((dataset) => ({
        ...dataset,
        borderRadius: 2,
        maxBarThickness: 22,
        categoryPercentage: 0.75,
      })),
    },
    options: {
      indexAxis: 'y',
      maintainAspectRatio: false,
      animation: false,
      scales: { x: scale(axis), y: scale(undefined) },
      plugins: {
        legend: {
          display: datasets.length > 1,
          position: 'bottom',
          labels: { color: ink, boxWidth: 12, boxHeight: 12 },
        },
      },
    },
  };
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/** The charts of a report: throughput and projected time coloured by risk, latency, efficiency. */
export function reportCharts({ configurations }: ScalingAnalysis): ReportChart[] {
  const labels = configurations.map(({ name }) => name);
  const colours = configurations.map(({ vaultRisk }) => riskColours[vaultRisk]);
  const single = (label: string, data: readonly (number | null)[], axis: string): object =>
    bars(labels, [{ label, data, backgroundColor: colours }], axis);
  const percentiles = ['p50', 'p95', 'p99'] as const;
  return [
    {
      id: 'throughput',
      title: 'Throughput',
      description: 'Records per second of one vault for each configuration.',
      configuration: single(
        'records/s',
        configurations.map(({ recordsPerSecond }) => Math.round(recordsPerSecond.median)),
        'records per second of one vault',
      ),
    },
    {
      id: 'time',
      title: 'Projected time',
      description: 'Projected hours for each configuration.',
      configuration: single(
        'hours',
        configurations.map(({ projectedHours }) =>
          projectedHours === null ? null : rounded(projectedHours, 2),
        ),
        'hours',
      ),
    },
    {
      id: 'latency',
      title: 'Latency',
      description: 'Median, 95th and 99th percentile of latency for each configuration.',
      configuration: bars(
        labels,
        percentiles.map((percentile) => ({
          label: percentile,
          data: configurations.map(({ latencyMs }) => Math.round(latencyMs[percentile])),
          backgroundColor: latencyColours[percentile],
        })),
        'milliseconds',
      ),
    },
    {
      id: 'efficiency',
      title: 'Efficiency',
      description: 'Throughput in percent of what the measured latency allows, for each configuration.',
      configuration: single(
        'efficiency',
        configurations.map(({ efficiency }) => rounded(efficiency * 100, 1)),
        '% of concurrency x batch / latency',
      ),
    },
  ];
}
