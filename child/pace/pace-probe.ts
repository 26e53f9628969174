/** A pace under a learned limit: a function of time alone, see `paceAt`. In requests per second. */
export interface Probe {
  readonly basePerSecond: number;
  /** The end of the pause. */
  readonly resumeMs: number;
  /** The end of the hold. */
  readonly riseMs: number;
  readonly risePerSecond: number;
  /** The end of the slow rise. */
  readonly leapMs: number;
  /** From then on the pace is multiplied by `leapFactor` once in so long. */
  readonly leapEveryMs: number;
}

export interface ProbeStart {
  readonly perSecond: number;
  /** The lowest pace that was refused. */
  readonly most: number;
  /** Whether the limit is known to lie near. */
  readonly isKnown: boolean;
  /** How many times in a row the same limit was found before. */
  readonly confirmed: number;
  readonly resumeMs: number;
  readonly pauseMs: number;
  /** Of the answer that said so: the next one will be as late. */
  readonly latencyMs: number;
}

/** A limit that is known is kept to for long and probed with care: refusals stay under 0.5 % even at 2 a second. */
const known = { height: 1.15, risePerSecond: 0.006, riseMs: 25_000 };
/** One that is guessed is soon put to the test. */
const guessed = { risePerSecond: 0.03, riseMs: 10_000, holdMs: 1500 };
/** A limit that was found again and again is kept to for twice as long each time, up to this. */
const knownHold = {
  shortestMs: 20_000,
  fewestRequests: 60,
  longestMs: 150_000,
  requests: 800,
  pauses: 12,
};
const leapFactor = 1.5;
/** No pace is slower than this. */
export const lowestPerSecond = 0.2;

/** The pace after a cut: to be held, then to rise slowly, then by leaps. */
export function startProbe(at: ProbeStart): Probe {
  const basePerSecond = Math.max(lowestPerSecond, at.perSecond);
  const { riseMs: risesForMs } = at.isKnown ? known : guessed;
  // Slowly past all that was ever refused: beyond that, it was another limit.
  const risePerSecond = at.isKnown
    ? Math.max(known.risePerSecond, (known.height * (at.most / basePerSecond) - 1) / (risesForMs / 1000))
    : guessed.risePerSecond;
  const riseMs = at.resumeMs + (at.isKnown ? knownHoldMs(at) : guessed.holdMs);
  const leapEveryMs = Math.max(1000, at.latencyMs);
  return {
    basePerSecond,
    resumeMs: at.resumeMs,
    riseMs,
    risePerSecond,
    leapMs: riseMs + risesForMs + leapEveryMs,
    leapEveryMs,
  };
}

/** The same pace, but put to the test now. */
export function riseFrom(probe: Probe, nowMs: number): Probe {
  return { ...probe, riseMs: nowMs, leapMs: nowMs + probe.leapMs - probe.riseMs };
}

/** Requests per second at this time. */
export function paceAt(probe: Probe, timeMs: number): number {
  const { basePerSecond, riseMs, risePerSecond, leapMs, leapEveryMs } = probe;
  const risenS = Math.max(0, Math.min(timeMs, leapMs) - riseMs) / 1000;
  const leaps = Math.max(0, timeMs - leapMs) / leapEveryMs;
  return basePerSecond * (1 + risePerSecond * risenS) * leapFactor ** leaps;
}

/** Long enough that the pause before it, and the refusals after it, count for little. */
function knownHoldMs({ perSecond, confirmed, pauseMs }: ProbeStart): number {
  const { shortestMs, fewestRequests, longestMs, requests, pauses } = knownHold;
  const shortest = Math.max(shortestMs, (1000 * fewestRequests) / perSecond);
  const longest = Math.max(longestMs, (1000 * requests) / perSecond);
  return Math.max(Math.min(longest, shortest * 2 ** confirmed), pauses * pauseMs);
}
