import { LatencyHistogram } from './latency-histogram.js';
import { SlidingRate } from './sliding-rate.js';
import { NOTHING_YET, type CountedFigure, type RecordFigures, type VaultSnapshot } from './snapshot.js';

/** How a batch came to its end: at once, after at least one retry, or with none of its records uploaded. */
export type BatchEnd = keyof VaultSnapshot['batches'];
/** What time is spent on. */
export type Stage = keyof VaultSnapshot['timing_ms'];
/** Why records fail. */
export type FailedBecause = keyof VaultSnapshot['failure_reasons'];

/** What holds the run back, as the pace knows it. */
export interface PaceReading {
  readonly learnedRequestsPerSecond: number | undefined;
  readonly slowingLatencyMs: number | undefined;
  readonly asksAgainMs: number | undefined;
}

/** Whether the vault serves anyone, as its health knows it. */
export interface HealthReading {
  readonly awayStatus: number | undefined;
}

export interface DeliveryMetricsOptions {
  readonly workersConfigured: number;
  /** A monotonic clock in milliseconds. */
  readonly nowMs?: () => number;
  /** The process' largest resident size and its CPU time up to now. */
  readonly usage?: () => Pick<VaultSnapshot, 'rss_bytes' | 'cpu_ms'>;
}

/**
 * Counts what one child process does. Nothing here waits or allocates per event, so that the delivery loop may
 * call it for every request. The clock of `timed_wall_ms` and of the rates begins with the first `begin()`.
 */
export class DeliveryMetrics {
  readonly #nowMs: () => number;
  readonly #usage: () => Pick<VaultSnapshot, 'rss_bytes' | 'cpu_ms'>;
  readonly #workersConfigured: number;
  readonly #latencies = new LatencyHistogram();
  readonly #timingMs = { ...NOTHING_YET.timing_ms };
  readonly #batches = { ...NOTHING_YET.batches };
  readonly #failures = { ...NOTHING_YET.failure_reasons };
  readonly #counts: Partial<Record<CountedFigure, number>> = {};
  #beganMs: number | undefined;
  #pace: PaceReading | undefined;
  #health: HealthReading | undefined;
  #recordRate: SlidingRate;
  #requestRate: SlidingRate;
  #inFlight = 0;
  #workersActive = 0;
  #workersAllowed: number;

  constructor(options: DeliveryMetricsOptions) {
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#usage = options.usage ?? processUsage;
    this.#workersConfigured = options.workersConfigured;
    this.#workersAllowed = options.workersConfigured;
    const nowMs = this.#nowMs();
    this.#recordRate = new SlidingRate(nowMs);
    this.#requestRate = new SlidingRate(nowMs);
  }

  /** Where the pace is read at each snapshot. */
  observePace(pace: PaceReading): void {
    this.#pace = pace;
  }

  /** Where it is read at each snapshot whether the vault serves. */
  observeHealth(health: HealthReading): void {
    this.#health = health;
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
    this.count('requests');
    this.#inFlight += 1;
    this.#requestRate.add(1, this.#nowMs());
  }

  /** The end of a started request; `answeredAfterMs` is absent when no answer came. */
  requestEnded(answeredAfterMs?: number): void {
    this.#inFlight -= 1;
    if (answeredAfterMs !== undefined) this.#latencies.record(Math.max(0, answeredAfterMs));
  }

  /** Adds to the breakdown; what several workers spend at the same time is added up. */
  spent(stage: Stage, durationMs: number): void {
    if (durationMs > 0) this.#timingMs[stage] += durationMs;
  }

  /** So many more of something. */
  count(figure: CountedFigure, more = 1): void {
    this.#counts[figure] = (this.#counts[figure] ?? 0) + more;
  }

  /** A batch is settled, with so many of its records uploaded. */
  batchSettled(end: BatchEnd, uploaded: number): void {
    this.#batches[end] += 1;
    if (uploaded > 0) this.#recordRate.add(uploaded, this.#nowMs());
  }

  /** A record stands in the error log. */
  failed(reason: FailedBecause): void {
    this.#failures[reason] += 1;
  }

  /** Where the vault stands, in the form that goes to the supervisor. */
  snapshot(records: RecordFigures): VaultSnapshot {
    const nowMs = this.#nowMs();
    return {
      ...NOTHING_YET,
      ...records,
      ...this.#counts,
      batches: { ...this.#batches },
      failure_reasons: { ...this.#failures },
      in_flight: this.#inFlight,
      workers: {
        active: this.#workersActive,
        allowed: this.#workersAllowed,
        configured: this.#workersConfigured,
      },
      requests_per_second_allowed: this.#pace?.learnedRequestsPerSecond ?? null,
      slowed_for_latency_ms: this.#pace?.slowingLatencyMs ?? null,
      away_status: this.#health?.awayStatus ?? null,
      asks_again_ms: this.#pace?.asksAgainMs ?? null,
      records_per_second: this.#recordRate.perSecond(nowMs),
      requests_per_second: this.#requestRate.perSecond(nowMs),
      latency: this.#latencies.read(),
      timing_ms: { ...this.#timingMs },
      timed_wall_ms: this.#beganMs === undefined ? 0 : nowMs - this.#beganMs,
      ...this.#usage(),
    };
  }
}

function processUsage(): Pick<VaultSnapshot, 'rss_bytes' | 'cpu_ms'> {
  const { user, system } = process.cpuUsage();
  return { rss_bytes: process.resourceUsage().maxRSS * 1024, cpu_ms: (user + system) / 1000 };
}
