import type { DeliveryMetrics } from '../../src/figures/delivery-metrics.js';
import type { AttemptObserver } from './attempt-insert.js';

/** Has every attempt, its time and its delays counted among the figures of a vault. */
export function observeAttempts(metrics: DeliveryMetrics): AttemptObserver {
  return {
    requestStarted: () => metrics.requestStarted(),
    requestCut: () => metrics.requestEnded(),
    requestAnswered: (answer, { payloadMs, serializationMs, apiMs }) => {
      metrics.requestEnded(answer.kind === 'unavailable' && answer.status === undefined ? undefined : apiMs);
      metrics.spent('payload', payloadMs);
      metrics.spent('serialization', serializationMs);
      metrics.spent('api', apiMs);
      if (answer.kind === 'throttled') metrics.count('throttled');
    },
    retryDelayed: (delayMs) => {
      metrics.count('retries');
      metrics.spent('retry_delay', delayMs);
    },
    baseDelayed: (delayMs) => metrics.spent('base_delay', delayMs),
  };
}
