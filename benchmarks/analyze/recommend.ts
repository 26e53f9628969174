import { formatCount } from '../../src/report/format-numbers.js';
import type { RiskLevel, Risk } from './assess-risk.js';
import type { Spread } from '../measure/statistics.js';

/** One configuration, its loads taken together. */
export interface AnalysedConfiguration {
  /** `32/300`. */
  readonly name: string;
  readonly concurrency: number;
  readonly batchSize: number;
  readonly loads: number;
  /** Of each vault. */
  readonly recordsPerSecond: Spread;
  /** Medians over the loads. */
  readonly latencyMs: Readonly<Record<'average' | 'p50' | 'p95' | 'p99', number>>;
  /** Throughput over concurrency x batch / average latency: 1 when every worker always has a request out. */
  readonly efficiency: number;
  readonly latencyGrowth: number;
  /** Requests of each worker in one load: with few of them, throughput is too low. */
  readonly requestsPerWorker: number;
  readonly throttledShare: number;
  readonly errorShare: number;
  /** For the projected records; null when nothing was uploaded. */
  readonly projectedHours: number | null;
  readonly vaultRisks: readonly Risk[];
  readonly expiryRisks: readonly Risk[];
  readonly vaultRisk: RiskLevel;
}

/** A configuration that is worth using, and why. */
export interface Recommendation {
  readonly name: string;
  /** Throughput weighted with the vault's risk, over the best: 100 for the first. */
  readonly score: number;
  readonly reason: string;
}

/** What is left of a throughput that a vault may not bear for long. */
export const riskWeights: Readonly<Record<RiskLevel, number>> = { low: 1, medium: 0.8, high: 0.3 };

const most = 3;

/**
 * The three best configurations by throughput weighted with the vault's risk; of two alike the one with fewer
 * workers. What expires is not weighed: it follows from the time, which a slower one only lengthens.
 */
export function recommendFrom(configurations: readonly AnalysedConfiguration[]): Recommendation[] {
  const weighed = configurations
    .map((configuration) => ({ configuration, weight: weightOf(configuration) }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || a.configuration.concurrency - b.configuration.concurrency);
  const best = weighed[0];
  const fastest = configurations.reduce<AnalysedConfiguration | undefined>(
    (found, each) =>
      found === undefined || each.recordsPerSecond.median > found.recordsPerSecond.median ? each : found,
    undefined,
  );
  if (best === undefined || fastest === undefined) return [];
  return weighed.slice(0, most).map(({ configuration, weight }) => ({
    name: configuration.name,
    score: Math.round((weight * 100) / best.weight),
    reason: reasonFor(configuration, fastest),
  }));
}

function weightOf({ recordsPerSecond, vaultRisk }: AnalysedConfiguration): number {
  return recordsPerSecond.median * riskWeights[vaultRisk];
}

function reasonFor(configuration: AnalysedConfiguration, fastest: AnalysedConfiguration): string {
  const { recordsPerSecond, efficiency, vaultRisks } = configuration;
  const rate = recordsPerSecond.median;
  const share = Math.round((rate * 100) / fastest.recordsPerSecond.median);
  const speed =
    configuration === fastest
      ? `the fastest, ${formatCount(rate)} records/s for each vault`
      : `${formatCount(rate)} records/s for each vault, ${share} % of ${fastest.name}${advantage(configuration, fastest)}`;
  const risks =
    vaultRisks.length === 0
      ? 'the vault showed no strain'
      : `but ${vaultRisks.map(({ text }) => text).join(', and ')}`;
  return `${speed}; ${Math.round(efficiency * 100)} % of what its latency allows; ${risks}`;
}

/** Which risk of the fastest this one does without. */
function advantage(configuration: AnalysedConfiguration, fastest: AnalysedConfiguration): string {
  const own = new Set(configuration.vaultRisks.map(({ kind }) => kind));
  const spared = fastest.vaultRisks.filter(({ kind }) => !own.has(kind)).map(({ kind }) => kind);
  return spared.length === 0 ? '' : ` without its ${spared.join(' and ')}`;
}
