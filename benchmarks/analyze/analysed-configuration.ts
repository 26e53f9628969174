import type { Spread } from '../measure/statistics.js';
import type { Risk, RiskLevel } from './assess-risk.js';

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
