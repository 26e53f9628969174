import type { Rates } from '../../src/rates/rates.js';
import type { SharedPace } from './shared-pace.js';

/** What the pace of one vault keeps to. */
export interface PaceLimits {
  /** None when absent. */
  readonly rates?: Rates;
  /** Requests in flight at most. */
  readonly concurrency: number;
  /** Waited by a worker before each of its requests. */
  readonly baseDelayMs: number;
  /** 95 % of the answers are to come within this; absent: they may take their time. */
  readonly maxLatencyMs?: number | undefined;
  /** Told whenever the gate gets wider or narrower. */
  readonly onAllowed?: ((workers: number) => void) | undefined;
  /** Of everybody who sends to the same vault, on whatever machine; absent: nobody else does. */
  readonly shared?: SharedPace | undefined;
}
