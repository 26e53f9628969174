import type { VaultJob } from '../../src/protocol/messages.js';
import type { TaskOptions, VaultControls } from '../task.js';
import { PaceGate } from './pace-gate.js';
import type { PaceLimits } from './pace-limits.js';
import type { SharedPace } from './shared-pace.js';

/** What a job says of the pace. */
export function paceLimitsOf({ performance, delivery }: VaultJob): PaceLimits {
  return {
    rates: delivery.rates,
    concurrency: performance.max_concurrency,
    baseDelayMs: performance.base_delay_ms,
    maxLatencyMs: performance.max_latency_ms,
  };
}

/** The gate of a task's requests: the supervisor can steer it from now on, and the metrics show it. */
export function openGate(
  { job, metrics, onControls }: Pick<TaskOptions, 'job' | 'metrics' | 'onControls'>,
  { answerToken, shared }: Pick<VaultControls, 'answerToken'> & { readonly shared?: SharedPace | undefined },
): PaceGate {
  const onAllowed = (workers: number): void => metrics.allowWorkers(workers);
  const gate = new PaceGate({ ...paceLimitsOf(job), shared, onAllowed });
  metrics.observePace(gate);
  onControls({
    answerToken,
    setRates: (rates) => gate.setRates(rates),
    hold: () => gate.hold(),
    release: () => gate.release(),
  });
  return gate;
}
