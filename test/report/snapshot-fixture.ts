import { LatencyHistogram, type Latency } from '../../src/figures/latency-histogram.js';
import type { RunOutcome, VaultOutcome } from '../../src/report/run-summary.js';
import { NOTHING_YET, type VaultSnapshot } from '../../src/figures/snapshot.js';

/** Of requests that took so long. */
export function latencyOf(...latenciesMs: readonly number[]): Latency {
  const histogram = new LatencyHistogram();
  for (const latencyMs of latenciesMs) histogram.record(latencyMs);
  return histogram.read();
}

const many = (requests: number, latencyMs: number): number[] => new Array<number>(requests).fill(latencyMs);

/** A vault of 100,000 rows at its end, with what `changes` say otherwise. */
export function snapshotOf(changes: Partial<VaultSnapshot> = {}): VaultSnapshot {
  return {
    ...NOTHING_YET,
    rows_total: 100_000,
    read: 100_000,
    uploaded: 100_000,
    batches: { immediate: 998, retried: 2, failed: 0 },
    requests: 1002,
    workers: { active: 32, allowed: 32, configured: 32 },
    in_flight: 28,
    retries: 2,
    records_per_second: 1298,
    requests_per_second: 15,
    latency: {
      ...latencyOf(108, ...many(499, 1103), ...many(450, 2911), ...many(49, 3711), 3800),
      sum_ms: 1_280_000,
    },
    timing_ms: { ...NOTHING_YET.timing_ms, payload: 100, api: 212_100, serialization: 50 },
    timed_wall_ms: 77_100,
    rss_bytes: 90_000_000,
    cpu_ms: 1200,
    ...changes,
  };
}

/** A vault that was loaded to its end, with what `changes` say otherwise. */
export function vaultOutcome(changes: Partial<VaultOutcome> = {}): VaultOutcome {
  return {
    name: 'NAME',
    id: 'v1',
    table: 't1',
    status: 'complete',
    snapshot: snapshotOf(),
    restarts: 0,
    ...changes,
  };
}

/** A run of 100 s with these vaults, with what `changes` say otherwise. */
export function runOutcome(vaults: readonly VaultOutcome[], changes: Partial<RunOutcome> = {}): RunOutcome {
  return {
    programVersion: '1.2.3',
    runId: '20250102T030405Z-abcdefgh',
    runDirectory: '/data/runs/20250102T030405Z-abcdefgh',
    startedAt: new Date('2025-01-02T03:04:05Z'),
    finishedAt: new Date('2025-01-02T03:05:45Z'),
    durationMs: 100_000,
    vaults,
    ...changes,
  };
}
