import { shares, simulate, type ServerModel } from '../simulated/simulate-pace.js';
import type { Measured } from './limits.js';

const free: ServerModel = {
  limits: [{ fromS: 0, perSecond: Infinity }],
  counts: 'requests',
  burstS: 1,
  latencyMs: 30,
  refusalMs: 30,
  retryAfter: true,
};
const workers = { concurrency: 8, baseDelayMs: 0, recordsPerRequest: 1 };

/** What the learner makes of refusals, in simulated time: the same figures on every machine. */
export async function countPace() {
  const limited = await simulate(
    { ...workers, concurrency: 64 },
    { ...free, limits: [{ fromS: 0, perSecond: 50 }], burstS: 5, refusalMs: 0 },
    240,
  );
  const { used, refused } = shares(limited, 50, 60, 240);
  return {
    'requests lost of 1,000, 1 % refused at random': await lostOfThousand(0.01),
    'requests lost of 1,000, 3 % refused at random': await lostOfThousand(0.03),
    'requests in a minute of nothing but refusals': await sentInOutage(),
    'requests refused of 1,000 at a limit of 50/s': 1000 * refused,
    'requests unused of 1,000 at a limit of 50/s': 1000 * Math.max(0, 1 - used),
  } satisfies Partial<Measured>;
}

/** Against a vault that never refuses: what random refusals of this share cost, themselves included. */
async function lostOfThousand(randomShare: number): Promise<number> {
  const seconds = 120;
  const { taken } = await simulate(workers, { ...free, randomShare }, seconds);
  const possible = (seconds * 1000 * workers.concurrency) / free.latencyMs;
  return 1000 * (1 - sum(taken) / possible);
}

async function sentInOutage(): Promise<number> {
  const outage = { ...free, latencyMs: 100, refusalMs: 100, retryAfter: false, outageS: [20, 80] as const };
  const { refused } = await simulate({ ...workers, concurrency: 32 }, outage, 80);
  return sum(refused);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
