import { formatCount, formatDuration } from '../../src/report/format-numbers.js';
import { meanLatencyMs, type LatencyProfile } from '../target/latency-profile.js';
import { recordsOf, type PlannedMeasurement } from './plan-measurements.js';

/** Start, connections and end of one load, and what it takes to delete its records. */
const aroundLoadMs = 2000;

/**
 * How long the loads that are left take, in milliseconds: each worker waits so many times for an answer. A lower
 * bound where the machine or the vault cannot keep up with the workers.
 */
export function estimateSweepMs(
  left: readonly PlannedMeasurement[],
  size: { readonly records: number | null; readonly rounds: number },
  latencyMs: number,
): number {
  return left.reduce((sum, { configuration }) => {
    const { concurrency, batchSize } = configuration;
    const batches = Math.ceil(recordsOf(configuration, size) / batchSize);
    return sum + aroundLoadMs + Math.ceil(batches / concurrency) * latencyMs;
  }, 0);
}

/** What a sweep says before it begins: how many loads are left, for how long, and what that rests on. */
export function describeSweep(
  left: readonly PlannedMeasurement[],
  size: { readonly records: number | null; readonly rounds: number },
  profile: LatencyProfile,
  target: 'sandbox' | 'vault',
): string {
  const latencyMs = meanLatencyMs(profile);
  const loads = left.length === 1 ? '1 load' : `${formatCount(left.length)} loads`;
  const time = formatDuration(estimateSweepMs(left, size, latencyMs));
  const answers = `${target === 'vault' ? 'if the vault answers' : 'the sandbox answers'} in ${formatCount(latencyMs)} ms on average`;
  return `${loads}, about ${time}: ${answers}; longer where this machine cannot keep up`;
}
