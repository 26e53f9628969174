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
  /** Requests per second that passed. */
  readonly estimate: number;
  /** The pace is set no lower, and no higher. */
  readonly floor: number;
  readonly ceiling: number;
  readonly exact: boolean;
  readonly resumeMs: number;
  readonly pauseMs: number;
  /** Of the answer that said so: the next one will be as late. */
  readonly latencyMs: number;
}

/** A limit that is known is kept to for long and probed with care: refusals stay under 2 % even at 2 a second. */
const known = { margin: 0.98, risePerSecond: 0.02, riseMs: 15_000 };
/** One that is guessed is soon put to the test. */
const guessed = { margin: 0.9, risePerSecond: 0.05, riseMs: 8000 };
const guessedHoldMs = 1500;
const knownHold = { shortestMs: 25_000, longestMs: 35_000, requests: 70, pauses: 12 };
/** The hold is not quite level, so that an estimate that is too low does not last. */
const creepPerSecond = 0.002;
const leapFactor = 1.5;
const lowestPerSecond = 0.2;

/** The pace after a cut: a little below the estimate, to be held, then to rise slowly, then by leaps. */
export function startProbe(at: ProbeStart): Probe {
  const { margin, risePerSecond, riseMs: risesForMs } = at.exact ? known : guessed;
  const basePerSecond = Math.max(
    lowestPerSecond,
    Math.min(at.ceiling, Math.max(at.floor, margin * at.estimate)),
  );
  const riseMs = at.resumeMs + (at.exact ? knownHoldMs(basePerSecond, at.pauseMs) : guessedHoldMs);
  const leapEveryMs = Math.max(1000, at.latencyMs);
  const leapMs = riseMs + risesForMs + leapEveryMs;
  return { basePerSecond, resumeMs: at.resumeMs, riseMs, risePerSecond, leapMs, leapEveryMs };
}

/** Requests per second at this time. */
export function paceAt(probe: Probe, timeMs: number): number {
  const { basePerSecond, resumeMs, riseMs, risePerSecond, leapMs, leapEveryMs } = probe;
  const heldS = Math.max(0, Math.min(timeMs, riseMs) - resumeMs) / 1000;
  const risenS = Math.max(0, Math.min(timeMs, leapMs) - riseMs) / 1000;
  const leaps = Math.max(0, timeMs - leapMs) / leapEveryMs;
  return basePerSecond * (1 + creepPerSecond * heldS + risePerSecond * risenS) * leapFactor ** leaps;
}

/** Long enough that the pause before it, and the refusals after it, count for little. */
function knownHoldMs(perSecond: number, pauseMs: number): number {
  const { shortestMs, longestMs, requests, pauses } = knownHold;
  return Math.max(shortestMs, Math.min(longestMs, (1000 * requests) / perSecond), pauses * pauseMs);
}
