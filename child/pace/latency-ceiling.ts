import type { Dispatch } from './rate-learner.js';

/** Requests in flight at least; what is below one is a rest after each request, as part of the time that one takes. */
const narrowest = 1 / 4;
const longestRestMs = 15_000;
/** A width is judged by so many answers at least, and by two rounds of its requests. */
const fewestAnswers = 20;
/** Where each is followed by a rest, fewer must do, or a vault that is fast again would not be found so. */
const fewestWithRests = 5;
const mostGrowth = 1.5;
const deepestCut = 0.5;
const gentlestCut = 0.9;
/** What is aimed at when a step is reckoned, as a share of the ceiling. */
const aim = 0.95;
/** A p95 may be exceeded by one answer in twenty: half of that is kept for trying how much the vault takes. */
const spentOnTrying = 0.025;
/** "8 % are too late" against "1.5 %": in between, where neither is likelier, lies one in 25. */
const lateWeight = Math.log(0.08 / 0.015);
const inTimeWeight = Math.log(0.92 / 0.985);
const surelyLate = 4;

/**
 * How many requests may be in flight so that 95 % of the answers come within a ceiling. Pure: time comes in with every
 * call. Begins with one request and grows:
 *
 * - by up to a half, when even answers that slow down as much as the load grows would come in time, and up to the
 *   width that was too much the last time;
 * - else by one, as long as answers that came too late are fewer than one in forty of all. What is tried costs some
 *   of them, and so the tries become rare where there is no more to be had.
 *
 * When late answers come together it takes a cut, as deep as they are late. Only a request sent after the last step says
 * anything about the width. A vault that is late with a single one is given a rest after each.
 */
export class LatencyCeiling {
  readonly ceilingMs: number;
  readonly #widest: number;
  #width = 1;
  #restUntilMs = -Infinity;
  /** The last request before the present width. */
  #stepSequence = 0;
  #lastSequence = 0;
  #isUsed = false;
  /** What was too much the last time, until it no longer is. */
  #tooWide = Infinity;
  #latenciesMs: number[] = [];
  #suspicion = 0;
  /** Late answers that may still be spent on trying; below zero, what has to be earned first. */
  #balance = 0;

  constructor(ceilingMs: number, widest: number) {
    this.ceilingMs = ceilingMs;
    this.#widest = widest;
  }

  /** Requests in flight at most. */
  get places(): number {
    return Math.max(1, Math.floor(this.#width));
  }

  /** Whether it holds anybody back. */
  get isSlowing(): boolean {
    return this.#width < this.#widest;
  }

  /** The end of the rest. */
  get dueMs(): number {
    return this.#restUntilMs;
  }

  /** A request is let in, as one of so many. */
  dispatched({ sequence }: Dispatch, active: number): void {
    this.#lastSequence = sequence;
    if (active >= this.places) this.#isUsed = true;
  }

  /** An answer came, so long after its request was sent. Tells whether the width is another one now. */
  answered({ sequence }: Dispatch, latencyMs: number, nowMs: number): boolean {
    const isLate = latencyMs > this.ceilingMs;
    const most = this.places + 1;
    this.#balance += spentOnTrying - (isLate ? 1 : 0);
    this.#balance = Math.max(-most, Math.min(most, this.#balance));
    this.#rest(latencyMs, nowMs);
    if (sequence <= this.#stepSequence) return false;
    this.#suspicion = Math.max(0, this.#suspicion + (isLate ? lateWeight : inTimeWeight));
    this.#latenciesMs.push(latencyMs);
    if (this.#suspicion >= surelyLate) return this.#cut(latencyMs);
    const fewest = this.#width < 1 ? fewestWithRests : Math.max(fewestAnswers, 2 * this.places);
    return this.#latenciesMs.length >= fewest && this.#grow();
  }

  #cut(latencyMs: number): boolean {
    this.#tooWide = this.#width;
    const share = Math.max(deepestCut, Math.min(gentlestCut, (aim * this.ceilingMs) / latencyMs));
    return this.#step(Math.max(narrowest, this.#width * share));
  }

  #grow(): boolean {
    const p95 =
      [...this.#latenciesMs].sort((a, b) => a - b)[Math.floor(0.95 * this.#latenciesMs.length)] ?? 0;
    const isUsed = this.#isUsed;
    this.#latenciesMs = [];
    this.#isUsed = false;
    if (!isUsed || !this.isSlowing) return false;
    if (this.#width >= this.#tooWide) this.#tooWide = Infinity;
    const next = this.#width < 1 ? Math.min(1, 2 * this.#width) : this.places + 1;
    const safe = Math.min(
      this.#width * Math.min(mostGrowth, (aim * this.ceilingMs) / p95),
      this.#tooWide - 1,
    );
    if (safe < next && this.#balance < 0) return false;
    return this.#step(Math.min(this.#widest, Math.max(next, Math.floor(safe))));
  }

  #step(width: number): boolean {
    const before = this.places;
    this.#width = width;
    this.#stepSequence = this.#lastSequence;
    this.#latenciesMs = [];
    this.#isUsed = false;
    this.#suspicion = 0;
    return this.places !== before;
  }

  #rest(latencyMs: number, nowMs: number): void {
    if (this.#width >= 1) return;
    this.#restUntilMs = nowMs + Math.min(longestRestMs, latencyMs * (1 / this.#width - 1));
  }
}
