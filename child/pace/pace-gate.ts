import type { Rates, RequestCost } from '../../src/rates/rates.js';
import { LatencyCeiling } from './latency-ceiling.js';
import type { PaceLimits } from './pace-limits.js';
import type { Permit } from './permit.js';
import { RateLearner, type Dispatch } from './rate-learner.js';
import { ConfiguredRates, RateLimit } from './rate-limit.js';
import { waitFor } from '../wait-for.js';

/** A monotonic clock. */
export interface PaceClock {
  now(): number;
  sleep(delayMs: number, signal: AbortSignal): Promise<void>;
}

const realClock: PaceClock = { now: () => performance.now(), sleep: waitFor };

const firstPauseMs = 1000;
const maxPauseMs = 15_000;
/** A vault's own limit nearly always allows the burst of a second: room for a busy event loop. */
const learnedCatchUpMs = 50;
/** After a refusal at a known limit that names no pause: the allowance is empty, and would refuse the next ones too. */
const requestsToRefill = 2;
const cutFactor = 0.7;
/** A gate as narrow as can be is at its full width again after so many rounds. */
const roundsToFullWidth = 16;

/**
 * The pace of one vault, shared by all its workers. A request waits, first come first served, for all of these:
 *
 * - a place: additive increase, multiplicative decrease of the requests in flight. A cut takes three tenths of the
 *   places; each round of successes gives a sixteenth of the configured ones back;
 * - the end of the pause that an overload answer gives everybody: `Retry-After`, else growing from cut to cut, with
 *   jitter, until a request succeeds. Requests that were on their way may prolong it by their `Retry-After` only;
 * - the rate learned from overload answers (`RateLearner`);
 * - the configured rates, which are never exceeded (`ConfiguredRates`);
 * - a ceiling of latency, where there is one (`LatencyCeiling`): fewer places, then a rest after each request.
 *
 * There is one timer, for whoever is first, and only while somebody waits for a time. Where the vault is shared with other
 * machines, their common permission comes last: it is good for a moment only.
 */
export class PaceGate {
  readonly #limits: PaceLimits;
  readonly #clock: PaceClock;
  readonly #random: () => number;
  readonly #learner: RateLearner;
  readonly #ceiling: LatencyCeiling | undefined;
  readonly #learnedLimit = new RateLimit({ catchUpMs: learnedCatchUpMs });
  readonly #configured: ConfiguredRates;
  readonly #queue: { readonly cost: RequestCost; readonly grant: (permit: Permit) => void }[] = [];
  #timer: AbortController | undefined;
  #allowed: number;
  #active = 0;
  #successesSinceRaise = 0;
  #pausedUntilMs = -Infinity;
  #nextPauseMs = firstPauseMs;
  #passedSincePause = true;
  #isHeld = false;
  #onIdle: (() => void)[] = [];

  constructor(limits: PaceLimits, options: { clock?: PaceClock; random?: () => number } = {}) {
    this.#limits = limits;
    this.#configured = new ConfiguredRates(limits.rates ?? {});
    this.#allowed = limits.concurrency;
    this.#clock = options.clock ?? realClock;
    this.#random = options.random ?? Math.random;
    this.#learner = new RateLearner(this.#clock.now());
    const { maxLatencyMs, concurrency } = limits;
    if (maxLatencyMs === undefined) return;
    this.#ceiling = new LatencyCeiling(maxLatencyMs, concurrency);
    this.#tellAllowed();
  }

  /** Requests in flight that are allowed now. */
  get allowed(): number {
    return Math.min(this.#allowed, this.#ceiling?.places ?? Infinity);
  }

  /** The ceiling of latency, while it holds anybody back. */
  get slowingLatencyMs(): number | undefined {
    return this.#ceiling?.isSlowing === true ? this.#ceiling.ceilingMs : undefined;
  }

  /** How long the present pause lasts still; undefined: there is none. */
  get asksAgainMs(): number | undefined {
    const leftMs = this.#pausedUntilMs - this.#clock.now();
    return leftMs > 0 ? leftMs : undefined;
  }

  /** Other configured rates from the next request on, also for who waits already: somebody asked, or a share has changed. */
  setRates(rates: Rates): void {
    this.#configured.become(rates, this.#clock.now());
    this.#timer?.abort();
    this.#timer = undefined;
    this.#admit();
  }

  /** Lets nobody in until `release`; resolves when nobody is inside. */
  async hold(): Promise<void> {
    this.#isHeld = true;
    if (this.#active > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  release(): void {
    this.#isHeld = false;
    this.#admit();
  }

  get active(): number {
    return this.#active;
  }

  /** The rate learned from overload answers, as it is now; undefined when nothing was learned or nothing limits. */
  get learnedRequestsPerSecond(): number | undefined {
    return this.#learner.perSecond(this.#clock.now());
  }

  /** Waits for a place, the end of a pause, the rates and the base delay. Rejects when `signal` is aborted. */
  async enter(cost: RequestCost, signal: AbortSignal): Promise<Permit> {
    const { baseDelayMs } = this.#limits;
    if (baseDelayMs > 0) await this.#clock.sleep(baseDelayMs, signal);
    signal.throwIfAborted();
    const permit = this.#isFree() ? this.#dispatch(cost) : await this.#wait(cost, signal);
    const { shared } = this.#limits;
    if (shared === undefined) return permit;
    try {
      const stillAllowed = await shared.enter(cost, signal);
      permit.sentNow();
      return { ...permit, stillAllowed };
    } catch (error) {
      permit.leave();
      throw error;
    }
  }

  /** The same at once, or not at all. */
  enterNow(cost: RequestCost, signal: AbortSignal): Permit | undefined {
    signal.throwIfAborted();
    const { baseDelayMs, shared } = this.#limits;
    return baseDelayMs === 0 && shared === undefined && this.#isFree() ? this.#dispatch(cost) : undefined;
  }

  #isFree(): boolean {
    return this.#queue.length === 0 && this.#hasPlace() && this.#dueMs() <= this.#clock.now();
  }

  #wait(cost: RequestCost, signal: AbortSignal): Promise<Permit> {
    return new Promise((resolve, reject) => {
      const waiter = {
        cost,
        grant: (permit: Permit) => {
          signal.removeEventListener('abort', giveUp);
          resolve(permit);
        },
      };
      const giveUp = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1);
        reject(signal.reason as Error);
        this.#admit();
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#queue.push(waiter);
      this.#admit();
    });
  }

  /** Lets in whoever may go, in order. Called whenever a place, the queue or the time has changed. */
  #admit(): void {
    for (;;) {
      const first = this.#queue[0];
      if (first === undefined || !this.#hasPlace()) {
        this.#timer?.abort();
        this.#timer = undefined;
        return;
      }
      const waitMs = this.#dueMs() - this.#clock.now();
      if (waitMs > 0) {
        this.#wakeAfter(waitMs);
        return;
      }
      this.#queue.shift();
      first.grant(this.#dispatch(first.cost));
    }
  }

  /** A timer that is set already fires no later than needed, but for a little: pauses only grow. */
  #wakeAfter(waitMs: number): void {
    if (this.#timer !== undefined) return;
    const timer = new AbortController();
    this.#timer = timer;
    this.#clock.sleep(Math.ceil(waitMs), timer.signal).then(
      () => {
        if (this.#timer === timer) this.#timer = undefined;
        this.#admit();
      },
      () => undefined,
    );
  }

  #hasPlace(): boolean {
    return !this.#isHeld && this.#active < this.allowed;
  }

  #dueMs(): number {
    const slowedToMs = Math.max(this.#learnedLimit.dueMs, this.#ceiling?.dueMs ?? -Infinity);
    return Math.max(this.#pausedUntilMs, slowedToMs, this.#configured.dueMs);
  }

  #dispatch(cost: RequestCost): Permit {
    const { baseDelayMs } = this.#limits;
    const nowMs = this.#clock.now();
    this.#active += 1;
    const dispatch = this.#learner.dispatched(nowMs);
    this.#ceiling?.dispatched(dispatch, this.#active);
    let sentMs = nowMs;
    const learned = this.#learner.perSecond(nowMs);
    if (learned !== undefined) this.#learnedLimit.charge(1, learned, nowMs);
    this.#configured.charge(cost, nowMs);
    return {
      baseDelayMs,
      sentNow: () => {
        sentMs = this.#clock.now();
      },
      succeeded: () => this.#succeeded(dispatch, sentMs),
      throttled: (retryAfterMs) => this.#throttled(dispatch, retryAfterMs),
      failing: (retryAfterMs) => {
        if (!this.#learner.isEcho(dispatch))
          this.#pauseAll(this.#clock.now() + (retryAfterMs ?? this.#ownPauseMs()), 1);
        this.#learner.cut();
      },
      leave: () => {
        this.#active -= 1;
        if (this.#active === 0) for (const tell of this.#onIdle.splice(0)) tell();
        this.#admit();
      },
    };
  }

  #succeeded(dispatch: Dispatch, sentMs: number): void {
    const { concurrency } = this.#limits;
    const nowMs = this.#clock.now();
    this.#learner.accepted(dispatch, nowMs);
    if (this.#ceiling?.answered(dispatch, nowMs - sentMs, nowMs) === true) this.#tellAllowed();
    this.#nextPauseMs = firstPauseMs;
    this.#passedSincePause = true;
    if (this.#allowed >= concurrency) return;
    this.#successesSinceRaise += 1;
    if (this.#successesSinceRaise < this.#allowed) return;
    this.#allow(Math.min(concurrency, this.#allowed + Math.ceil(concurrency / roundsToFullWidth)));
    this.#admit();
  }

  #throttled(dispatch: Dispatch, retryAfterMs: number | undefined): void {
    const nowMs = this.#clock.now();
    const isEcho = this.#learner.isEcho(dispatch);
    if (!isEcho && !this.#passedSincePause) {
      this.#learner.cut();
      this.#pauseAll(nowMs + (retryAfterMs ?? this.#ownPauseMs()), 1);
      return;
    }
    const overloadEndsMs = nowMs + (retryAfterMs ?? (isEcho ? 0 : this.#ownPauseMs()));
    const perSecond = this.#learner.perSecond(nowMs) ?? Infinity;
    const slowerEndsMs = nowMs + (retryAfterMs ?? (1000 * requestsToRefill) / Math.max(1, perSecond));
    const refusal = this.#learner.refused(dispatch, nowMs, Math.max(this.#pausedUntilMs, overloadEndsMs));
    if (refusal === 'slower') this.#pauseUntil(slowerEndsMs);
    else if (refusal === 'overload') this.#pauseAll(overloadEndsMs, Math.floor(this.#allowed * cutFactor));
    else if (isEcho && this.#pausedUntilMs > nowMs) this.#pauseUntil(slowerEndsMs);
  }

  #ownPauseMs(): number {
    return this.#nextPauseMs * (0.5 + this.#random() / 2);
  }

  /** When nothing has passed since the last time, one request at a time is enough to see when something does. */
  #pauseAll(untilMs: number, workers: number): void {
    this.#pauseUntil(untilMs);
    this.#nextPauseMs = Math.min(maxPauseMs, this.#nextPauseMs * 2);
    this.#allow(this.#passedSincePause ? Math.max(1, workers) : 1);
    this.#passedSincePause = false;
  }

  #pauseUntil(timeMs: number): void {
    if (timeMs > this.#pausedUntilMs) void this.#limits.shared?.pause(timeMs - this.#clock.now());
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, timeMs);
    this.#learnedLimit.pauseUntil(this.#pausedUntilMs);
  }

  #allow(workers: number): void {
    this.#successesSinceRaise = 0;
    this.#allowed = workers;
    this.#tellAllowed();
  }

  #tellAllowed(): void {
    this.#limits.onAllowed?.(this.allowed);
  }
}
