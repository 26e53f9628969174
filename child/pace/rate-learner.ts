import { lowestPerSecond, paceAt, riseFrom, startProbe, type Probe } from './pace-probe.js';
import { RateBounds } from './rate-bounds.js';
import { RefusalEvidence, RefusalTrial } from './refusal-evidence.js';

/** One request as the learner knows it. */
export interface Dispatch {
  /** Counts requests from 1. */
  readonly sequence: number;
  readonly atMs: number;
}

/** What a refusal means for everybody: nothing; that the pace was changed; or that the vault takes hardly anything. */
export type RefusalEffect = 'alone' | 'slower' | 'overload';

/** Requests after the last one that is known to have found the vault's allowance used up. */
interface Epoch {
  start: Dispatch;
  refused: number;
}

interface Trial {
  readonly test: RefusalTrial;
  readonly perSecond: number;
  /** What was sent before it, per second. */
  readonly sentPerSecond: number;
  /** At least so much of it passed. */
  readonly passedPerSecond: number;
  /** The limit that was kept to before it. */
  readonly before: Probe | undefined;
}

/** Nobody sends more than this from one process: a rate above it is no limit. */
const unlimitedPerSecond = 10_000;
/** While nothing limits, the estimate looks back over the last 5 to 10 seconds. */
const lookBackMs = 5000;
/** What a vault usually lets through at once after a rest: the allowance of a second. */
const usualBurstMs = 1000;
/** With fewer, a count says nothing. */
const fewPassed = 8;
/** One may be anything. */
const fewRefused = 2;
/** From here on the base says nothing any more, and only the last seconds count. */
const forgetHeight = 4;
/** What a trial expects of the share that was refused before it: that was seen because it was high by chance. */
const tried = 1 / 6;
const steady = 0.98;
const tooManySteadyEdges = 3;
/** A trial is well below what passed for certain. */
const trialFactor = 0.9;
const mostDoubted = 0.25;
/** What is sent per second is measured over the last one or two of these, and so many requests. */
const measureMs = 1000;
const measureRequests = 10;

/**
 * Learns from overload answers how many requests per second a vault takes. Pure: time comes in with every call.
 *
 * - *Free*: nothing is known, nothing is limited. Refusals that come alone mean nothing. When more come than noise
 *   explains, either most are refused (then what passed in the last seconds is a rough estimate of a limit), or
 *   some: then a *trial* decides.
 * - *Trial*: the pace is taken back well below what passed. Refusals that stay are noise, and the pace is what it was
 *   before; if they end, there is a limit near what was sent.
 * - *Limited*, from each cut to the next: the pace is set below what is known of the limit (`RateBounds`), held, raised
 *   slowly until an allowance of a second would be used up, and then by half again and again until the next overload
 *   answer, or until it limits nobody (*free*). A refusal while the pace rises is the limit's; one while it is held is
 *   judged as if nothing were known.
 *
 * Only a request sent after the last cut can cut again. An earlier one that comes back refused only says that the
 * allowance was still empty when it was sent.
 */
export class RateLearner {
  readonly #evidence = new RefusalEvidence();
  readonly #bounds = new RateBounds();
  #last: Dispatch;
  #measured: readonly [Dispatch, Dispatch];
  #cutSequence = 0;
  #limited: Probe | undefined;
  #trial: Trial | undefined;
  /** Refusals in a row that came at nearly the same pace, while it was held. */
  #steadyEdges = 0;
  /** The start of the next epoch, if this one grows too old. */
  #nextStart: Dispatch;
  readonly #epoch: Epoch;

  constructor(nowMs: number) {
    this.#last = { sequence: 0, atMs: nowMs };
    this.#measured = [this.#last, this.#last];
    this.#nextStart = this.#last;
    this.#epoch = { start: this.#last, refused: 0 };
  }

  /** Requests per second at this time; undefined when nothing limits. */
  perSecond(nowMs: number): number | undefined {
    if (this.#trial !== undefined) return this.#trial.perSecond;
    return this.#limited === undefined ? undefined : paceAt(this.#limited, nowMs);
  }

  /** A request is sent now. */
  dispatched(nowMs: number): Dispatch {
    const perSecond = this.perSecond(nowMs);
    if (perSecond !== undefined && perSecond > unlimitedPerSecond) this.#limited = undefined;
    this.#last = { sequence: this.#last.sequence + 1, atMs: nowMs };
    const [, latest] = this.#measured;
    if (nowMs - latest.atMs >= measureMs && this.#last.sequence - latest.sequence >= measureRequests)
      this.#measured = [latest, this.#last];
    if (this.#isFarFromBase(nowMs)) this.#forget();
    return this.#last;
  }

  /** Whether the request was sent before the last cut: its refusal is no reason for another. */
  isEcho(dispatch: Dispatch): boolean {
    return dispatch.sequence <= this.#cutSequence;
  }

  /** What is on its way now says nothing new when it is refused. */
  cut(): void {
    this.#cutSequence = this.#last.sequence;
  }

  /** The vault took this request. */
  accepted(dispatch: Dispatch, nowMs: number): void {
    if (this.isEcho(dispatch)) return;
    if (this.#trial === undefined) this.#evidence.answered(false, this.#isRising(dispatch));
    else this.#decide(this.#trial, false, nowMs);
  }

  /** The vault refused this request for its load; if that stops everybody, nothing is sent before `resumeMs`. */
  refused(dispatch: Dispatch, nowMs: number, resumeMs: number): RefusalEffect {
    if (this.isEcho(dispatch)) {
      if (dispatch.sequence > this.#epoch.start.sequence) this.#begin(dispatch);
      return 'alone';
    }
    if (this.#trial !== undefined) {
      if (this.#decide(this.#trial, true, nowMs) !== 'overload') return 'alone';
      return this.#overload(dispatch, nowMs, resumeMs);
    }
    switch (this.#evidence.answered(true, this.#isRising(dispatch))) {
      case undefined:
        this.#epoch.refused += 1;
        return 'alone';
      case 'excess':
        this.#try(tried * this.#evidence.refusedShare, nowMs);
        return 'alone';
      case 'edge':
        this.#limit(dispatch, nowMs, resumeMs, 'edge');
        return 'slower';
      case 'overload':
        return this.#overload(dispatch, nowMs, resumeMs);
    }
  }

  #overload(dispatch: Dispatch, nowMs: number, resumeMs: number): RefusalEffect {
    this.#bounds.forget();
    this.#limit(dispatch, nowMs, resumeMs, 'overload');
    return 'overload';
  }

  /** Whether the pace was being raised from the limit that is known, or was set where the limit may be. */
  #isRising({ atMs }: Dispatch): boolean {
    return this.#limited !== undefined && (!this.#bounds.isExact || atMs > this.#limited.riseMs);
  }

  #try(share: number, nowMs: number): void {
    const [from] = this.#measured;
    const measuredMs = Math.max(measureMs, nowMs - from.atMs);
    const measured = (1000 * (this.#last.sequence - from.sequence)) / measuredMs;
    const sentPerSecond = Math.min(measured, this.perSecond(nowMs) ?? Infinity);
    const passedPerSecond = sentPerSecond * (1 - Math.min(mostDoubted, 2 * this.#evidence.refusedShare));
    this.#trial = {
      test: new RefusalTrial(share),
      perSecond: Math.max(lowestPerSecond, trialFactor * passedPerSecond),
      sentPerSecond,
      passedPerSecond,
      before: this.#limited,
    };
    this.#cutSequence = this.#last.sequence;
  }

  #decide(trial: Trial, refused: boolean, nowMs: number): ReturnType<RefusalTrial['answered']> {
    const verdict = trial.test.answered(refused);
    if (verdict === 'undecided') return verdict;
    this.#trial = undefined;
    this.#begin(this.#last);
    if (verdict === 'noise') {
      this.#evidence.believeNoise(trial.test.refusedShare);
      // What was taken for a limit may have been noise as well.
      this.#limited = trial.before && riseFrom(trial.before, nowMs);
      return verdict;
    }
    this.#evidence.begin();
    if (verdict === 'overload') return verdict;
    if (trial.before === undefined) this.#bounds.forget();
    this.#bounds.refusedAt(trial.sentPerSecond, true);
    this.#bounds.passed(trial.passedPerSecond, Infinity);
    this.#probe(trial.sentPerSecond, { resumeMs: nowMs, pauseMs: 0, latencyMs: 0 });
    return verdict;
  }

  #limit(dispatch: Dispatch, nowMs: number, resumeMs: number, verdict: 'edge' | 'overload'): void {
    const { start, refused } = this.#epoch;
    const before = this.#limited;
    const passed = Math.max(0, dispatch.sequence - 1 - start.sequence - refused);
    const spanMs = Math.max(dispatch.atMs - start.atMs, before === undefined ? usualBurstMs : 1);
    this.#cutSequence = this.#last.sequence;
    if (verdict === 'edge') this.#evidence.beginAtEdge();
    else this.#evidence.begin();
    this.#begin(dispatch);
    const counted = (1000 * passed) / spanMs;
    const pause = { resumeMs, pauseMs: resumeMs - nowMs, latencyMs: nowMs - dispatch.atMs };
    if (before === undefined) {
      // When nothing at all has passed, that is an outage and no matter of pace: the growing pause is the answer.
      if (passed > 0) this.#probe(counted, pause);
      return;
    }
    const refusedAt = paceAt(before, dispatch.atMs);
    // Refusals that came alone while the pace was held say that it was held above the limit, or they are noise.
    if (refused >= fewRefused && !this.#evidence.isNoisy) this.#bounds.refusedAt(before.basePerSecond, true);
    if (passed > 0 || verdict === 'edge') this.#bounds.refusedAt(refusedAt, dispatch.atMs <= before.riseMs);
    if (passed >= fewPassed) this.#bounds.passed(counted, passed);
    this.#probe(refusedAt, pause);
    // A limit would have been found by now; refusals that stay at a pace that hardly changes may be noise.
    const isSteady = dispatch.atMs <= before.riseMs && this.#bounds.below(refusedAt) > steady * refusedAt;
    this.#steadyEdges = isSteady ? this.#steadyEdges + 1 : 0;
    if (this.#steadyEdges < tooManySteadyEdges) return;
    this.#steadyEdges = 0;
    this.#try(1 / (passed + 1), nowMs);
  }

  #probe(ceiling: number, pause: { resumeMs: number; pauseMs: number; latencyMs: number }): void {
    this.#limited = startProbe({
      perSecond: this.#bounds.below(ceiling),
      most: this.#bounds.most,
      isKnown: this.#bounds.isKnown,
      confirmed: this.#bounds.confirmed,
      ...pause,
    });
  }

  #begin(start: Dispatch): void {
    this.#epoch.start = start;
    this.#epoch.refused = 0;
    this.#nextStart = start;
  }

  #isFarFromBase(timeMs: number): boolean {
    const limited = this.#limited;
    return limited === undefined || paceAt(limited, timeMs) > forgetHeight * limited.basePerSecond;
  }

  #forget(): void {
    if (this.#last.atMs - this.#nextStart.atMs < lookBackMs) return;
    this.#begin(this.#nextStart);
    this.#nextStart = this.#last;
  }
}
