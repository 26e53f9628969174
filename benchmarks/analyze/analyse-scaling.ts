import { SuperviseError } from '../../src/errors/supervise-error.js';
import { median, spreadOf } from '../measure/statistics.js';
import type { SweepRow } from '../sweep/result-file.js';
import { groupRows } from '../sweep/render-sweep.js';
import { type AnalysedConfiguration, recommendFrom, type Recommendation } from './recommend.js';
import { assessExpiry, assessVaultRisk, worstLevel } from './assess-risk.js';

export interface ScalingAnalysis {
  readonly format_version: 1;
  /** For each vault; vaults are loaded at the same time. */
  readonly projectedRecords: number;
  /** Most throughput first. */
  readonly configurations: readonly AnalysedConfiguration[];
  /** At most three, best first. */
  readonly recommendations: readonly Recommendation[];
}

/**
 * The reference's scaling analysis: what the rows of a sweep say of a load of `records` for each vault. Throughput
 * is projected as measured. Throws `source` when there are no rows. Pure.
 */
export function analyseScaling(rows: readonly SweepRow[], records: number): ScalingAnalysis {
  if (rows.length === 0) throw new SuperviseError('source', 'there are no measured loads to analyse');
  const groups = groupRows(rows).map((group) => ({
    group,
    averageMs: median(group.map(({ latency_avg_ms }) => latency_avg_ms)),
  }));
  const configurations = groups.map(({ group, averageMs }): AnalysedConfiguration => {
    const [{ concurrency, batch_size }] = group;
    const baselineMs = baselineFor(batch_size, concurrency, groups);
    const recordsPerSecond = spreadOf(group.map((row) => row.records_per_second / row.vaults));
    const rate = recordsPerSecond.median;
    const latencyGrowth = baselineMs > 0 ? averageMs / baselineMs : 1;
    const throttledShare = shareOf(group, 'throttled', 'requests');
    const errorShare = shareOf(group, 'failed', 'records') + shareOf(group, 'unsettled', 'records');
    const vaultRisks = assessVaultRisk({
      throttledShare,
      errorShare,
      unfinished: group.some((row) => row.unsettled > 0 || row.exit_status > 1),
      latencyGrowth,
      spread: group.length > 1 && rate > 0 ? (recordsPerSecond.max - recordsPerSecond.min) / rate : undefined,
    });
    return {
      name: `${concurrency}/${batch_size}`,
      concurrency,
      batchSize: batch_size,
      loads: group.length,
      recordsPerSecond,
      latencyMs: {
        average: averageMs,
        p50: median(group.map((row) => row.latency_p50_ms)),
        p95: median(group.map((row) => row.latency_p95_ms)),
        p99: median(group.map((row) => row.latency_p99_ms)),
      },
      efficiency: (rate * averageMs) / (concurrency * batch_size * 1000),
      latencyGrowth,
      requestsPerWorker: median(group.map((row) => row.requests / row.vaults / concurrency)),
      throttledShare,
      errorShare,
      projectedHours: rate > 0 ? records / rate / 3600 : null,
      vaultRisks,
      expiryRisks: assessExpiry(records, rate),
      vaultRisk: worstLevel(vaultRisks),
    };
  });
  configurations.sort((a, b) => b.recordsPerSecond.median - a.recordsPerSecond.median);
  return {
    format_version: 1,
    projectedRecords: records,
    configurations,
    recommendations: recommendFrom(configurations),
  };
}

/**
 * The lowest average latency with no more workers and with batches at least as large, its own included: what is
 * slower than that is slower for the number of workers, not for the size of its batches.
 */
function baselineFor(
  batchSize: number,
  concurrency: number,
  groups: readonly { group: readonly [SweepRow, ...SweepRow[]]; averageMs: number }[],
): number {
  const comparable = groups.filter(
    ({ group: [row] }) => row.batch_size >= batchSize && row.concurrency <= concurrency,
  );
  return Math.min(...comparable.map(({ averageMs }) => averageMs));
}

function shareOf(
  rows: readonly SweepRow[],
  part: 'throttled' | 'failed' | 'unsettled',
  whole: 'requests' | 'records',
): number {
  const sum = (key: typeof part | typeof whole): number => rows.reduce((total, row) => total + row[key], 0);
  const total = sum(whole);
  return total === 0 ? 0 : sum(part) / total;
}
