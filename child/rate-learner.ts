/** One request as the learner knows it. */
export interface Dispatch {
  /** Counts requests from 1. */
  readonly sequence: number;
  readonly atMs: number;
}

/** Under a learned limit; `pace` is a function of time alone. */
interface Limited {
  readonly basePerSecond: number;
  /** The rate is held until then, and probed upwards from then on. */
  readonly probeFromMs: number;
  /** The estimate is exact, and the probe is slow. */
  readonly exact: boolean;
  /** The fast probe multiplies the rate once in so long. */
  readonly growthMs: number;
}

/** Requests after the last one known to have found the vault's allowance used up. */
interface Epoch {
  startSequence: number;
  startMs: number;
  /** How much of it is the pause, in which the allowance may have filled up and overflowed. */
  idleMs: number;
}

/** Nobody sends more than this from one process: a rate above it is no limit. */
const unlimitedPerSecond = 10_000;
const lowestPerSecond = 0.2;
/** While nothing limits, the estimate looks back over the last 5 to 10 seconds. */
const lookBackMs = 10_000;
/** What a vault usually lets through at once after a rest: the allowance of a second. */
const usualBurstMs = 1000;
const exactProbe = { margin: 0.98, holdMs: 25_000, slowPerSecond: 0.01, slowForMs: 15_000 };
const roughProbe = { margin: 0.9, holdMs: 1500, slowPerSecond: 0.05, slowForMs: 8000 };
const fastFactor = 1.5;

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
  #sequence = 0;
  #cutSequence = 0;
  #limited: Limited | undefined;
  readonly #epoch: Epoch;

  constructor(nowMs: number) {
    this.#epoch = { startSequence: 0, startMs: nowMs, idleMs: 0 };
  }

  /** Requests per second at this time; undefined when nothing limits. */
  perSecond(nowMs: number): number | undefined {
    return this.#limited === undefined ? undefined : pace(this.#limited, nowMs);
  }

  /** A request is sent now. */
  dispatched(nowMs: number): Dispatch {
    this.#sequence += 1;
    if (this.#limited !== undefined && pace(this.#limited, nowMs) > unlimitedPerSecond) this.#limited = undefined;
    if (!this.#isSteady(nowMs)) this.#forget(nowMs);
    return { sequence: this.#sequence, atMs: nowMs };
  }

  /** The vault refused this request for its load; nothing is sent before `resumeMs`. True when that cuts the pace. */
  overloaded(dispatch: Dispatch, nowMs: number, resumeMs: number): boolean {
    const epoch = this.#epoch;
    if (dispatch.sequence <= this.#cutSequence) {
      if (dispatch.sequence > epoch.startSequence) this.#begin(dispatch, resumeMs);
      return false;
    }
    const passed = Math.max(0, dispatch.sequence - 1 - epoch.startSequence);
    const before = this.#limited;
    const overflowMs = Math.max(0, epoch.idleMs - usualBurstMs);
    const spanMs = Math.max(dispatch.atMs - epoch.startMs - overflowMs, before === undefined ? usualBurstMs : 1);
    const exact = before !== undefined && this.#isSteady(dispatch.atMs) && passed >= 8 && epoch.idleMs <= 0.4 * spanMs;
    const probe = exact ? exactProbe : roughProbe;
    const ceiling = before === undefined ? Infinity : pace(before, dispatch.atMs);
    // When nothing passed at all this is no matter of pace, and the growing pause is the answer.
    const estimate = passed === 0 ? ceiling : Math.min(ceiling, (probe.margin * passed * 1000) / spanMs);
    this.#cutSequence = this.#sequence;
    this.#begin(dispatch, resumeMs);
    if (estimate === Infinity) return true;
    this.#limited = {
      basePerSecond: Math.max(lowestPerSecond, estimate),
      probeFromMs: resumeMs + Math.max(probe.holdMs, exact ? 12 * (resumeMs - nowMs) : 0),
      exact,
      growthMs: Math.max(1000, nowMs - dispatch.atMs),
    };
    return true;
  }

  #begin(dispatch: Dispatch, resumeMs: number): void {
    this.#epoch.startSequence = dispatch.sequence;
    this.#epoch.startMs = dispatch.atMs;
    this.#epoch.idleMs = resumeMs - dispatch.atMs;
  }

  /** Whether the whole epoch says something about the limit: not while the pace is far from any that was refused. */
  #isSteady(nowMs: number): boolean {
    return this.#limited !== undefined && nowMs <= this.#limited.probeFromMs + slowForMs(this.#limited);
  }

  #forget(nowMs: number): void {
    const epoch = this.#epoch;
    if (nowMs - epoch.startMs < lookBackMs) return;
    epoch.startSequence = Math.floor((epoch.startSequence + this.#sequence) / 2);
    epoch.startMs = (epoch.startMs + nowMs) / 2;
    epoch.idleMs = 0;
  }
}

function slowForMs({ exact, growthMs }: Limited): number {
  return (exact ? exactProbe : roughProbe).slowForMs + growthMs;
}

function pace(limited: Limited, nowMs: number): number {
  const { slowPerSecond } = limited.exact ? exactProbe : roughProbe;
  const probedMs = Math.max(0, nowMs - limited.probeFromMs);
  const slowMs = Math.min(slowForMs(limited), probedMs);
  const fastMs = probedMs - slowMs;
  return limited.basePerSecond * (1 + (slowPerSecond * slowMs) / 1000) * fastFactor ** (fastMs / limited.growthMs);
}
