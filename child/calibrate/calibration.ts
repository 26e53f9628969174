import type { Calibration, CalibrationStep } from '../../src/protocol/task.js';
import type { PaceClock } from '../pace/pace-gate.js';
import { SaturationMeter } from './saturation-meter.js';

/** What became of one request with test records. */
export type Shot =
  | { readonly kind: 'taken' }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'too_large' }
  /** There are no more test records to send. */
  | { readonly kind: 'exhausted' };

export interface CalibrationOptions {
  /** Sends so many test records in one request. Throws where going on makes no sense. */
  readonly shoot: (batchSize: number) => Promise<Shot>;
  readonly stepMs: number;
  readonly maxConcurrency: number;
  readonly maxBatchSize: number;
  readonly stopping: AbortSignal;
  readonly clock: PaceClock;
  readonly onStep: (step: CalibrationStep) => void;
}

const batchSizes = [25, 50, 100, 200, 300, 500, 1000, 2000, 5000, 10_000];
const smallBatchSizes = [10, 5, 2, 1];
const shotsPerBatchSize = 3;
/** What a doubling must bring at least to be worth it. */
const worthwhile = 1.1;
/** Where the vault does not say how long: short, so that a small allowance does not overflow meanwhile. */
const usualPauseMs = 250;
const spansWanted = 3;
/** A limit is measured for so many steps at most. */
const measuringSteps = 10;

interface Level {
  readonly step: CalibrationStep;
  readonly exhausted: boolean;
}

/**
 * Finds what a vault takes. First the batch size, one request after the other: the smallest one that carries nearly as
 * many records per second as any. Then the workers, doubled step by step until that brings nothing, or until the vault
 * refuses; then its limit is measured, with half the batch too, which tells a limit of requests from one of records.
 * Every refusal pauses all workers for as long as the vault says.
 */
export class Calibrator {
  readonly #options: CalibrationOptions;
  #pausedUntilMs = -Infinity;

  constructor(options: CalibrationOptions) {
    this.#options = options;
  }

  async calibrate(): Promise<Calibration> {
    const sizes = await this.#tryBatchSizes();
    const batchSize = smallestOfTheBest(sizes);
    const largest = Math.max(...sizes.map((step) => step.batch_size));
    let best: CalibrationStep | undefined;
    for (let workers = 1; ; workers = Math.min(2 * workers, this.#options.maxConcurrency)) {
      const { step, exhausted } = await this.#climb(batchSize, workers);
      if (step.throttled > 0) return this.#measure({ step, before: best, largest });
      const isWorthIt =
        best === undefined || step.requests_per_second >= worthwhile * best.requests_per_second;
      if (isWorthIt) best = step;
      const known = best ?? step;
      const ended = (by: Calibration['ended_by']): Calibration => ({
        batch_size: batchSize,
        concurrency: known.concurrency,
        limit: null,
        ended_by: by,
      });
      if (exhausted) return ended('max_records');
      if (!isWorthIt) return ended('knee');
      if (workers >= this.#options.maxConcurrency) return ended('max_concurrency');
    }
  }

  async #tryBatchSizes(): Promise<CalibrationStep[]> {
    const { maxBatchSize, onStep, shoot, stopping } = this.#options;
    const steps: CalibrationStep[] = [];
    const wanted = batchSizes.filter((size) => size <= maxBatchSize);
    if (wanted.at(-1) !== maxBatchSize) wanted.push(maxBatchSize);
    const fallback = smallBatchSizes.filter((size) => size < (wanted[0] ?? 1));
    for (const size of [...wanted, ...fallback]) {
      const isFallback = fallback.includes(size) && !wanted.includes(size);
      if (isFallback && steps.length > 0) break;
      let fastestMs = Infinity;
      let throttled = 0;
      let last: Shot = { kind: 'taken' };
      for (let taken = 0; taken < shotsPerBatchSize;) {
        stopping.throwIfAborted();
        await this.#waitForPause();
        const sentMs = this.#now();
        last = await shoot(size);
        if (last.kind === 'throttled') {
          throttled += 1;
          this.#pause(last.retryAfterMs);
        } else if (last.kind === 'taken') {
          taken += 1;
          fastestMs = Math.min(fastestMs, Math.max(0.01, this.#now() - sentMs));
        } else break;
      }
      if (last.kind === 'too_large' && !isFallback && steps.length > 0) break;
      if (last.kind === 'too_large') continue;
      if (fastestMs === Infinity) break;
      const perSecond = 1000 / fastestMs;
      const step = {
        batch_size: size,
        concurrency: 1,
        requests_per_second: perSecond,
        records_per_second: perSecond * size,
        p50_ms: fastestMs,
        throttled,
      };
      steps.push(step);
      onStep(step);
      if (last.kind === 'exhausted') break;
    }
    if (steps.length === 0) throw new RangeError('no batch size at all was taken');
    return steps;
  }

  /** One step with so many workers; ends early at the first refusal. */
  #climb(batchSize: number, workers: number): Promise<Level> {
    return this.#run({
      batchSize,
      workers,
      lastsMs: this.#options.stepMs,
      isDone: (refusals) => refusals > 0,
    });
  }

  async #measure(at: {
    readonly step: CalibrationStep;
    readonly before: CalibrationStep | undefined;
    readonly largest: number;
  }): Promise<Calibration> {
    const { step, before, largest } = at;
    const { batch_size: batchSize, concurrency: workers } = step;
    const whole = await this.#saturate(batchSize, workers);
    const perSecond = whole ?? before?.requests_per_second ?? step.requests_per_second;
    const isOfRecords = batchSize > 1 && (await this.#growsWithSmallerBatches(batchSize, workers, perSecond));
    const latencyMs = before?.p50_ms ?? step.p50_ms;
    const neededWorkers = Math.ceil((1.25 * perSecond * latencyMs) / 1000);
    return {
      // Where every request counts, a larger batch carries more.
      batch_size: isOfRecords ? batchSize : largest,
      concurrency: Math.max(1, Math.min(workers, neededWorkers)),
      limit: isOfRecords
        ? { of: 'records', per_second: perSecond * batchSize }
        : { of: 'requests', per_second: perSecond },
      ended_by: 'refusals',
    };
  }

  /** A limit of records lets twice as many half batches through; one of requests just as many. */
  async #growsWithSmallerBatches(batchSize: number, workers: number, perSecond: number): Promise<boolean> {
    const half = Math.floor(batchSize / 2);
    const found = await this.#saturate(half, Math.min(2 * workers, 2 * this.#options.maxConcurrency));
    return found !== undefined && found > 1.4 * perSecond;
  }

  /** Requests per second that pass while more are sent; what passes without a refusal, where none comes. */
  async #saturate(batchSize: number, workers: number): Promise<number | undefined> {
    const meter = new SaturationMeter();
    const { step } = await this.#run({
      batchSize,
      workers,
      lastsMs: measuringSteps * this.#options.stepMs,
      isDone: () => meter.spans >= spansWanted,
      meter,
    });
    return meter.perSecond ?? (step.throttled === 0 ? step.requests_per_second : undefined);
  }

  async #run(level: {
    readonly batchSize: number;
    readonly workers: number;
    readonly lastsMs: number;
    readonly isDone: (refusals: number) => boolean;
    readonly meter?: SaturationMeter;
  }): Promise<Level> {
    const { batchSize, workers, meter } = level;
    const { shoot, stopping, onStep } = this.#options;
    const latenciesMs: number[] = [];
    let throttled = 0;
    let ended = false;
    let exhausted = false;
    await this.#waitForPause();
    const beganMs = this.#now();
    const isOver = (): boolean =>
      ended || level.isDone(throttled) || this.#now() - beganMs >= level.lastsMs || stopping.aborted;
    const worker = async (): Promise<void> => {
      while (!isOver()) {
        await this.#waitForPause();
        if (isOver()) return;
        const sentMs = this.#now();
        const request = meter?.sent(sentMs);
        const shot = await shoot(batchSize);
        if (shot.kind === 'taken') {
          latenciesMs.push(this.#now() - sentMs);
        } else if (shot.kind === 'throttled') {
          throttled += 1;
          if (request !== undefined) meter?.refused(request);
          this.#pause(shot.retryAfterMs);
        } else {
          ended = true;
          exhausted ||= shot.kind === 'exhausted';
        }
      }
    };
    await Promise.all(Array.from({ length: workers }, worker));
    stopping.throwIfAborted();
    const lastedMs = Math.max(1, this.#now() - beganMs);
    const perSecond = (1000 * latenciesMs.length) / lastedMs;
    const ordered = latenciesMs.sort((one, other) => one - other);
    const step = {
      batch_size: batchSize,
      concurrency: workers,
      requests_per_second: perSecond,
      records_per_second: perSecond * batchSize,
      p50_ms: ordered[Math.floor(ordered.length / 2)] ?? 0,
      throttled,
    };
    // Without a single answer there is nothing to show.
    if (latenciesMs.length > 0 || throttled > 0) onStep(step);
    return { step, exhausted };
  }

  #now(): number {
    return this.#options.clock.now();
  }

  #pause(retryAfterMs: number | undefined): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#now() + (retryAfterMs ?? usualPauseMs));
  }

  async #waitForPause(): Promise<void> {
    const { clock, stopping } = this.#options;
    for (
      let leftMs = this.#pausedUntilMs - this.#now();
      leftMs > 0;
      leftMs = this.#pausedUntilMs - this.#now()
    ) {
      await clock.sleep(leftMs, stopping);
    }
  }
}

function smallestOfTheBest(steps: readonly CalibrationStep[]): number {
  const best = Math.max(...steps.map((step) => step.records_per_second));
  const good = steps.filter((step) => worthwhile * step.records_per_second >= best);
  return Math.min(...good.map((step) => step.batch_size));
}
