import { createHistogram } from 'node:perf_hooks';
import type { Latency, Timing, VaultSnapshot } from '../protocol/snapshot.js';
import { SlidingRate } from './sliding-rate.js';

/** The figures of a snapshot that come from the ledger and the source; the collector owns all the others. */
export type RecordFigures = Pick<
  VaultSnapshot,
  'rowsTotal' | 'read' | 'uploaded' | 'failed' | 'skipped' | 'confirmed' | 'resent' | 'held' | 'unsettled'
>;

/** How a batch came to its end: at once, after at least one retry, or with none of its records uploaded. */
export type BatchEnd = 'immediate' | 'retried' | 'failed';

export interface DeliveryMetricsOptions {
  readonly workersConfigured: number;
  /** A monotonic clock in milliseconds. */
  readonly nowMs?: () => number;
  /** The process' largest resident size and its CPU time up to now. */
  readonly usage?: () => { readonly rssBytes: number; readonly cpuMs: number };
}

/** An hour: longer than any request may take. */
const HIGHEST_LATENCY_MS = 3_600_000;

/**
 * Counts what one child process does. Nothing here waits or allocates per event, so that the delivery loop may
 * call it for every request. The clock of `elapsedMs` and of the rates begins with the first `begin()`.
 */
export class DeliveryMetrics {
  readonly #nowMs: () => number;
  readonly #usage: () => { readonly rssBytes: number; readonly cpuMs: number };
  readonly #workersConfigured: number;
  /** Node's own HDR histogram, in whole milliseconds from 1 on. */
  readonly #latencies = createHistogram({ lowest: 1, highest: HIGHEST_LATENCY_MS, figures: 3 });
  readonly #timing: { -readonly [Part in keyof Timing]: number } = {
    sourceReadMs: 0,
    recordCreationMs: 0,
    suffixMs: 0,
    payloadMs: 0,
    serializationMs: 0,
    baseDelayMs: 0,
    apiMs: 0,
    retryDelayMs: 0,
  };
  readonly #batches: Record<BatchEnd, number> = { immediate: 0, retried: 0, failed: 0 };
  #beganMs: number | undefined;
  #readPace: () => number | undefined = () => undefined;
  #recordRate: SlidingRate;
  #requestRate: SlidingRate;
  #latencyCount = 0;
  #latencySumMs = 0;
  #latencyMinMs = Infinity;
  #latencyMaxMs = 0;
  #requests = 0;
  #inFlight = 0;
  #workersActive = 0;
  #workersAllowed: number;
  #retries = 0;
  #throttled = 0;

  constructor(options: DeliveryMetricsOptions) {
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#usage = options.usage ?? processUsage;
    this.#workersConfigured = options.workersConfigured;
    this.#workersAllowed = options.workersConfigured;
    const nowMs = this.#nowMs();
    this.#recordRate = new SlidingRate(nowMs);
    this.#requestRate = new SlidingRate(nowMs);
  }

  /** Where the pace learned from the vault is read at each snapshot. */
  observePace(read: () => number | undefined): void {
    this.#readPace = read;
  }

  /** Loading begins now; only the first call counts. */
  begin(): void {
    if (this.#beganMs !== undefined) return;
    this.#beganMs = this.#nowMs();
    this.#recordRate = new SlidingRate(this.#beganMs);
    this.#requestRate = new SlidingRate(this.#beganMs);
  }

  workerStarted(): void {
    this.#workersActive += 1;
  }

  workerEnded(): void {
    this.#workersActive -= 1;
  }

  /** The pace allows this many workers from now on. */
  allowWorkers(workers: number): void {
    this.#workersAllowed = Math.min(workers, this.#workersConfigured);
  }

  requestStarted(): void {
    this.#requests += 1;
    this.#inFlight += 1;
    this.#requestRate.add(1, this.#nowMs());
  }

  /** The end of a started request; `answeredAfterMs` is absent when no answer came. */
  requestEnded(answeredAfterMs?: number): void {
    this.#inFlight -= 1;
    if (answeredAfterMs === undefined) return;
    const latencyMs = Math.max(0, answeredAfterMs);
    this.#latencies.record(Math.min(HIGHEST_LATENCY_MS, Math.max(1, Math.round(latencyMs))));
    this.#latencyCount += 1;
    this.#latencySumMs += latencyMs;
    if (latencyMs < this.#latencyMinMs) this.#latencyMinMs = latencyMs;
    if (latencyMs > this.#latencyMaxMs) this.#latencyMaxMs = latencyMs;
  }

  /** Adds to the breakdown; what several workers spend at the same time is added up. */
  spent(part: keyof Timing, durationMs: number): void {
    if (durationMs > 0) this.#timing[part] += durationMs;
  }

  retried(): void {
    this.#retries += 1;
  }

  /** The vault asked for a rest (429). */
  throttled(): void {
    this.#throttled += 1;
  }

  /** A batch is settled, with so many of its records uploaded. */
  batchSettled(end: BatchEnd, uploaded: number): void {
    this.#batches[end] += 1;
    if (uploaded > 0) this.#recordRate.add(uploaded, this.#nowMs());
  }

  /** Where the vault stands, in the form that goes to the supervisor. */
  snapshot(records: RecordFigures): VaultSnapshot {
    const nowMs = this.#nowMs();
    const pace = this.#readPace();
    return {
      ...records,
      ...(pace === undefined ? {} : { requestsPerSecondAllowed: pace }),
      batchesImmediate: this.#batches.immediate,
      batchesRetried: this.#batches.retried,
      batchesFailed: this.#batches.failed,
      requests: this.#requests,
      inFlight: this.#inFlight,
      workersActive: this.#workersActive,
      workersAllowed: this.#workersAllowed,
      workersConfigured: this.#workersConfigured,
      retries: this.#retries,
      throttled: this.#throttled,
      recordsPerSecond: this.#recordRate.perSecond(nowMs),
      requestsPerSecond: this.#requestRate.perSecond(nowMs),
      latency: this.#latency(),
      timing: { ...this.#timing },
      elapsedMs: this.#beganMs === undefined ? 0 : nowMs - this.#beganMs,
      ...this.#usage(),
    };
  }

  #latency(): Latency {
    if (this.#latencyCount === 0) {
      return { count: 0, averageMs: 0, minMs: 0, maxMs: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0 };
    }
    // The histogram answers in whole milliseconds and with the upper end of a bucket.
    const percentileMs = (percentile: number): number => {
      const valueMs = this.#latencies.percentile(percentile);
      return Math.min(Math.max(valueMs, this.#latencyMinMs), this.#latencyMaxMs);
    };
    return {
      count: this.#latencyCount,
      averageMs: this.#latencySumMs / this.#latencyCount,
      minMs: this.#latencyMinMs,
      maxMs: this.#latencyMaxMs,
      p50Ms: percentileMs(50),
      p95Ms: percentileMs(95),
      p99Ms: percentileMs(99),
    };
  }
}

function processUsage(): { rssBytes: number; cpuMs: number } {
  const { user, system } = process.cpuUsage();
  return { rssBytes: process.resourceUsage().maxRSS * 1024, cpuMs: (user + system) / 1000 };
}
