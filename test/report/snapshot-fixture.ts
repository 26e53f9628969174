import type { VaultSnapshot } from '../../src/protocol/snapshot.js';
import { NOTHING_YET } from '../../src/report/nothing-yet.js';

/** A vault of 100,000 rows at its end, with what `changes` say otherwise. */
export function snapshotOf(changes: Partial<VaultSnapshot> = {}): VaultSnapshot {
  return {
    ...NOTHING_YET,
    rowsTotal: 100_000,
    read: 100_000,
    uploaded: 100_000,
    batchesImmediate: 998,
    batchesRetried: 2,
    requests: 1002,
    workersActive: 32,
    workersAllowed: 32,
    workersConfigured: 32,
    inFlight: 28,
    retries: 2,
    recordsPerSecond: 1298,
    requestsPerSecond: 15,
    latency: { count: 1000, averageMs: 1280, minMs: 108, maxMs: 3800, p50Ms: 1100, p95Ms: 2900, p99Ms: 3700 },
    timing: { ...NOTHING_YET.timing, payloadMs: 100, apiMs: 212_100, serializationMs: 50 },
    elapsedMs: 77_100,
    rssBytes: 90_000_000,
    cpuMs: 1200,
    ...changes,
  };
}
