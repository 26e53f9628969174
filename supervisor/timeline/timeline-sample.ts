import * as z from 'zod';
import { latenciesSince, percentileMs, type Latency } from '../../src/figures/latency-histogram.js';
import { NOTHING_YET } from '../../src/figures/snapshot.js';
import type { MachineState } from '../../src/store/machine-state.js';
import { VAULT_PHASES, type VaultState } from '../run/vault-state.js';

const count = z.int().nonnegative();
const milliseconds = z.number().nonnegative().nullable();

const vaultSampleSchema = z.object({
  name: z.string(),
  phase: z.enum(VAULT_PHASES),
  /** Rows that the run is to settle. */
  rows_total: count.nullable(),
  read: count,
  uploaded: count,
  failed: count,
  /** Of this command, like everything below. */
  requests: count,
  refused: count,
  /** At this moment; of several samples put together the most. */
  in_flight: count,
  allowed: count,
  /** Of the answers since the sample before, null where there was none; of several samples put together the worst. */
  p50_ms: milliseconds,
  p95_ms: milliseconds,
  p99_ms: milliseconds,
  /** Failed records by reason, where there are any. */
  reasons: z.record(z.string(), count),
});
export type VaultSample = z.infer<typeof vaultSampleSchema>;

/** Where a run stood at one moment: figures only, no value and no token. */
export const timelineSampleSchema = z.object({
  at: z.iso.datetime(),
  /** Which command of the run: figures of requests begin anew with each. */
  session: z.int().positive(),
  vaults: z.array(vaultSampleSchema),
  /** Of a run that several machines share: how many rows each has brought to their end. */
  machines: z.array(z.object({ worker: z.string(), rows: count })).optional(),
});
export type TimelineSample = z.infer<typeof timelineSampleSchema>;

/** Makes samples of what is known of the vaults, each against the one before. */
export class Sampling {
  readonly #session: number;
  readonly #latencies = new Map<string, Latency>();

  constructor(session: number) {
    this.#session = session;
  }

  sample(
    vaults: Iterable<readonly [string, VaultState]>,
    at: Date,
    machines: readonly MachineState[] = [],
  ): TimelineSample {
    const sampled = [...vaults].map(([name, state]) => this.#ofVault(name, state));
    return {
      at: at.toISOString(),
      session: this.#session,
      vaults: sampled,
      ...(machines.length === 0 ? {} : { machines: machines.map(({ worker, rows }) => ({ worker, rows })) }),
    };
  }

  #ofVault(name: string, { phase, snapshot = NOTHING_YET }: VaultState): VaultSample {
    const { rows_total, read, uploaded, failed, requests, throttled, in_flight, workers } = snapshot;
    const before = this.#latencies.get(name);
    const latency = before === undefined ? snapshot.latency : latenciesSince(before, snapshot.latency);
    this.#latencies.set(name, snapshot.latency);
    const percentile = (percent: number): number | null =>
      latency.count === 0 ? null : Math.round(percentileMs(latency, percent) * 10) / 10;
    return {
      ...{ name, phase, rows_total, read, uploaded, failed, requests, refused: throttled },
      ...{ in_flight: Math.round(in_flight), allowed: Math.round(workers.allowed) },
      ...{ p50_ms: percentile(50), p95_ms: percentile(95), p99_ms: percentile(99) },
      reasons: Object.fromEntries(Object.entries(snapshot.failure_reasons).filter(([, many]) => many > 0)),
    };
  }
}

/** The later of two samples, with the most and the worst of both where that would be lost. */
export function mergeSamples(before: TimelineSample, now: TimelineSample): TimelineSample {
  const earlier = new Map(before.vaults.map((vault) => [vault.name, vault]));
  return {
    ...now,
    vaults: now.vaults.map((vault) => {
      const old = earlier.get(vault.name);
      return old === undefined ? vault : { ...vault, ...mostOf(old, vault) };
    }),
  };
}

const levels = ['in_flight', 'allowed', 'p50_ms', 'p95_ms', 'p99_ms'] as const;

function mostOf(old: VaultSample, now: VaultSample): Partial<VaultSample> {
  return Object.fromEntries(
    levels.map((name) => {
      const [one, other] = [old[name], now[name]];
      return [name, one === null || other === null ? (one ?? other) : Math.max(one, other)];
    }),
  );
}
