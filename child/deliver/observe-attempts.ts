import type { DeliveryMetrics } from '../../src/report/delivery-metrics.js';
import type { AttemptObserver } from './attempt-insert.js';

/** Has every attempt, its time and its delays counted among the figures of a vault. */
export function observeAttempts(metrics: DeliveryMetrics): AttemptObserver {
  return {
    requestStarted: () => metrics.requestStarted(),
    requestCut: () => metrics.requestEnded(),
    requestAnswered: (answer, { payloadMs, serializationMs, apiMs }) => {
      metrics.requestEnded(answer.kind === 'unavailable' && answer.status === undefined ? undefined : apiMs);
      metrics.spent('payloadMs', payloadMs);
      metrics.spent('serializationMs', serializationMs);
      metrics.spent('apiMs', apiMs);
      if (answer.kind === 'throttled') metrics.throttled();
    },
    retryDelayed: (delayMs) => {
      metrics.retried();
      metrics.spent('retryDelayMs', delayMs);
    },
    baseDelayed: (delayMs) => metrics.spent('baseDelayMs', delayMs),
  };
}
