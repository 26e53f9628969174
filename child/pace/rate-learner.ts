import { paceAt, startProbe, type Probe } from './pace-probe.js';

/** One request as the learner knows it. */
export interface Dispatch {
  /** Counts requests from 1. */
  readonly sequence: number;
  readonly atMs: number;
}

/** Requests after the last one that is known to have found the vault's allowance used up. */
interface Epoch {
  start: Dispatch;
  /** Time in it in which so little was sent that the allowance overflowed. */
  overflowMs: number;
}

/** Nobody sends more than this from one process: a rate above it is no limit. */
const unlimitedPerSecond = 10_000;
/** While nothing limits, the estimate looks back over the last 5 to 10 seconds. */
const lookBackMs = 5000;
/** What a vault usually lets through at once after a rest: the allowance of a second. */
const usualBurstMs = 1000;
/** With fewer, an estimate is no better than a guess. */
const fewPassed = 8;
/** What a guess may take from the pace at most. */
const guessFactor = 0.7;
/** Up to this far above its base the pace leaves the allowance no time to overflow: the estimate is exact. */
const exactHeight = 2.5;
/** From here on the base says nothing any more, and only the last seconds count. */
const forgetHeight = 4;

/**
 * Learns from overload answers how many requests per second a vault takes. Pure: time comes in with every call.
 *
 * - *Free*: nothing is known, nothing is limited. The first overload answer gives a rough estimate: what passed in
 *   the last seconds.
 * - *Limited*, from each cut to the next. What limits a rate is nearly always an allowance that fills steadily, and
 *   an overload answer says that it was empty when that request was sent. So the requests that passed from one such
 *   moment to the next, over the time between them, are the limit: exactly, unless the allowance overflowed
 *   meanwhile (then they are less than it). The pace is set a little below, held, raised in a straight line until
 *   an allowance of a second would be used up, and then by half again and again until the next overload answer, or
 *   until it limits nobody (*free*). After a rough estimate hold and slow rise are short.
 *
 * Only a request sent after the last cut can cut again. An earlier one that comes back refused only says that the
 * allowance was still empty when it was sent.
 */
export class RateLearner {
  #last: Dispatch;
  #cutSequence = 0;
  #limited: Probe | undefined;
  /** The start of the next epoch, if this one grows too old. */
  #nextStart: Dispatch;
  readonly #epoch: Epoch;

  constructor(nowMs: number) {
    this.#last = { sequence: 0, atMs: nowMs };
    this.#nextStart = this.#last;
    this.#epoch = { start: this.#last, overflowMs: 0 };
  }

  /** Requests per second at this time; undefined when nothing limits. */
  perSecond(nowMs: number): number | undefined {
    return this.#limited === undefined ? undefined : paceAt(this.#limited, nowMs);
  }

  /** A request is sent now. */
  dispatched(nowMs: number): Dispatch {
    const perSecond = this.perSecond(nowMs);
    if (perSecond !== undefined && perSecond > unlimitedPerSecond) this.#limited = undefined;
    const gapMs = nowMs - this.#last.atMs;
    const usualGapMs = usualBurstMs + (perSecond === undefined ? 0 : 1000 / perSecond);
    if (gapMs > usualGapMs) this.#epoch.overflowMs += gapMs - usualGapMs;
    this.#last = { sequence: this.#last.sequence + 1, atMs: nowMs };
    if (this.#heightAt(nowMs) > forgetHeight) this.#forget();
    return this.#last;
  }

  /** Whether the request was sent before the last cut: its refusal is no reason for another. */
  isEcho(dispatch: Dispatch): boolean {
    return dispatch.sequence <= this.#cutSequence;
  }

  /** The vault refused this request for its load; nothing is sent before `resumeMs`. True when that cuts the pace. */
  overloaded(dispatch: Dispatch, nowMs: number, resumeMs: number): boolean {
    const { start, overflowMs } = this.#epoch;
    if (this.isEcho(dispatch)) {
      if (dispatch.sequence > start.sequence) this.#begin(dispatch);
      return false;
    }
    const before = this.#limited;
    const passed = Math.max(0, dispatch.sequence - 1 - start.sequence);
    const spanMs = Math.max(dispatch.atMs - start.atMs - overflowMs, before === undefined ? usualBurstMs : 1);
    const exact =
      this.#heightAt(dispatch.atMs) <= exactHeight && passed >= fewPassed && overflowMs <= spanMs / 4;
    this.#cutSequence = this.#last.sequence;
    this.#begin(dispatch);
    const estimate = (1000 * passed) / spanMs;
    const ceiling = before === undefined ? Infinity : paceAt(before, dispatch.atMs);
    // When nothing at all has passed, that is an outage and no matter of pace: the growing pause is the answer.
    if (before === undefined && passed === 0) return true;
    const floorFactor = passed === 0 ? 1 : passed < fewPassed ? guessFactor : 0;
    const floor = before === undefined ? 0 : floorFactor * ceiling;
    this.#limited = startProbe({
      estimate,
      floor,
      ceiling,
      exact,
      resumeMs,
      pauseMs: resumeMs - nowMs,
      latencyMs: nowMs - dispatch.atMs,
    });
    return true;
  }

  #begin(start: Dispatch): void {
    this.#epoch.start = start;
    this.#epoch.overflowMs = 0;
    this.#nextStart = start;
  }

  /** How far the pace has come above its base; without a limit it is as high as can be. */
  #heightAt(timeMs: number): number {
    return this.#limited === undefined
      ? Infinity
      : paceAt(this.#limited, timeMs) / this.#limited.basePerSecond;
  }

  #forget(): void {
    if (this.#last.atMs - this.#nextStart.atMs < lookBackMs) return;
    this.#begin(this.#nextStart);
    this.#nextStart = this.#last;
  }
}
