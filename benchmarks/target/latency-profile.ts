import { SuperviseError } from '../../src/errors/supervise-error.js';

/** How long the sandbox takes for a request: a fixed part and a log-normal one, as its options say it. */
export interface LatencyProfile {
  readonly name: string;
  readonly fixedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Where the figures come from. */
  readonly origin: string;
}

/** The latencies that have a name. */
export const latencyProfiles: readonly LatencyProfile[] = [
  {
    ...{ name: 'realistic', fixedMs: 100, p50Ms: 450, p99Ms: 1200 },
    origin: 'a vault across the internet, as in the demo',
  },
  {
    ...{ name: 'breakdown', fixedMs: 108, p50Ms: 80, p99Ms: 431 },
    origin: "the reference's timing breakdown: 212.1 s of API calls in 1,000 requests, the fastest 108 ms",
  },
  {
    ...{ name: 'implied', fixedMs: 108, p50Ms: 800, p99Ms: 2101 },
    origin: "what the reference's 9,800 records a second mean at 32 x 300: 980 ms a request",
  },
  {
    ...{ name: 'live', fixedMs: 108, p50Ms: 1080, p99Ms: 2766 },
    origin: "the reference's live line: average 1,280 ms, lowest 108 ms, highest 3,800 ms",
  },
];

/** The 99th percentile of the normal distribution. */
const NORMAL_P99 = 2.326_347_9;

/** The mean latency that a profile comes to, in milliseconds. */
export function meanLatencyMs({ fixedMs, p50Ms, p99Ms }: LatencyProfile): number {
  if (p50Ms === 0) return fixedMs;
  const sigma = Math.log(p99Ms / p50Ms) / NORMAL_P99;
  return fixedMs + p50Ms * Math.exp(sigma ** 2 / 2);
}

/** The same latency for every request. */
export function fixedLatency(fixedMs: number): LatencyProfile {
  return { name: `${fixedMs} ms`, fixedMs, p50Ms: 0, p99Ms: 0, origin: 'the same for every request' };
}

/** A profile by its name, or from a number of milliseconds; throws `usage` for anything else. */
export function readLatencyProfile(text: string): LatencyProfile {
  const named = latencyProfiles.find(({ name }) => name === text);
  if (named !== undefined) return named;
  const [, digits] = /^(\d{1,6})(?: ms)?$/.exec(text) ?? [];
  if (digits !== undefined) return fixedLatency(Number(digits));
  const names = latencyProfiles.map(({ name }) => name).join(', ');
  throw new SuperviseError(
    'usage',
    `--latency: found an unknown profile; allowed: ${names}, or milliseconds`,
  );
}
