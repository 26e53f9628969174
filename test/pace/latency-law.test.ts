import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PaceGate } from '../../child/pace/pace-gate.js';
import { seededRandom } from '../../src/sandbox/seeded-random.js';
import { simulate, type ServerModel, type Simulated } from '../../benchmarks/simulated/simulate-pace.js';
import { VirtualClock } from '../../benchmarks/simulated/virtual-clock.js';

type Latency = NonNullable<ServerModel['latencyAt']>;

const maxLatencyMs = 200;
const free: Omit<ServerModel, 'latencyAt'> = {
  limits: [{ fromS: 0, perSecond: Infinity }],
  counts: 'requests',
  burstS: 1,
  latencyMs: 0,
  refusalMs: 0,
  retryAfter: false,
};

/** Works on so many at a time: from then on every request more makes all of them later. */
const knee = (ms: number, places: number) => (inFlight: number) => ms * Math.max(1, inFlight / places);
/** Becomes slow faster and faster, the nearer it comes to what it cannot bear. */
const steep = (ms: number, unbearable: number) => (inFlight: number) =>
  Math.round(ms / Math.max(0.02, 1 - inFlight / unbearable));

/** Answers scatter by chance: one in twenty takes half as long again. */
function scattered(latency: (inFlight: number) => number): Latency {
  const random = seededRandom(7);
  return (_, inFlight) => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return latency(inFlight) * Math.exp(0.2465 * normal);
  };
}

function load(latencyAt: Latency, seconds: number): Promise<Simulated> {
  const limits = { concurrency: 64, baseDelayMs: 0, recordsPerRequest: 1, maxLatencyMs };
  return simulate(limits, { ...free, latencyAt }, seconds);
}

function p95({ latencies }: Simulated, fromS: number, toS: number): number {
  const sorted = latencies
    .filter(({ atS }) => atS >= fromS && atS < toS)
    .map(({ ms }) => ms)
    .sort((a, b) => a - b);
  return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? Infinity;
}

function perSecond({ taken }: Simulated, fromS: number, toS: number): number {
  return taken.slice(fromS, toS).reduce((sum, count) => sum + count, 0) / (toS - fromS);
}

const vaults = [
  { name: 'with a knee', latency: knee(50, 8), used: 0.98, usedScattered: 0.9 },
  { name: 'that becomes slow faster and faster', latency: steep(40, 30), used: 0.6, usedScattered: 0.8 },
  { name: 'with a single place', latency: knee(100, 1), used: 0.98, usedScattered: 0.9 },
  {
    name: 'whose answers are never far from the ceiling',
    latency: knee(120, 40),
    used: 0.98,
    usedScattered: 0.6,
  },
];

for (const { name, latency, used, usedScattered } of vaults)
  for (const scatter of [1, 1.5]) {
    const least = scatter === 1 ? used : usedScattered;
    test(`95 % of the answers come within the ceiling, at ${100 * least} % of the rate that it allows: a vault ${name}${scatter === 1 ? '' : ', with scatter'}`, async () => {
      const run = await load(scatter === 1 ? (_, inFlight) => latency(inFlight) : scattered(latency), 120);
      const allowed = Array.from({ length: 64 }, (_, at) => at + 1)
        .filter((inFlight) => latency(inFlight) * scatter <= maxLatencyMs)
        .map((inFlight) => (1000 * inFlight) / latency(inFlight));
      const reached = p95(run, 60, 120);
      const share = perSecond(run, 60, 120) / Math.max(...allowed);
      assert.ok(reached <= maxLatencyMs, `p95 ${reached} ms`);
      assert.ok(share >= least, `${share} of the rate that the ceiling allows`);
    });
  }

test('while others make a vault slow hardly anything is sent, and it is at full rate again within half a minute', async () => {
  const run = await load((atS, inFlight) => (atS >= 60 && atS < 180 ? 8 : 1) * knee(50, 8)(inFlight), 240);
  assert.equal(run.gate.slowingLatencyMs, maxLatencyMs);
  assert.ok(perSecond(run, 30, 60) >= 0.98 * 160, `${perSecond(run, 30, 60)} a second before`);
  const meanwhile = perSecond(run, 80, 180);
  assert.ok(meanwhile > 0.4 && meanwhile < 1, `${meanwhile} a second meanwhile`);
  const back = run.taken.findIndex((count, second) => second >= 180 && count >= 0.95 * 160);
  assert.ok(back >= 180 && back <= 210, `back after ${back - 180} s`);
  assert.ok(p95(run, 210, 240) <= maxLatencyMs);
});

test('a vault that is fast at any load is loaded by all workers within ten seconds, and nothing is called slow', async () => {
  const run = await load(() => 30, 12);
  assert.ok(perSecond(run, 10, 12) >= 0.98 * (64 / 0.03), `${perSecond(run, 10, 12)} a second`);
  assert.equal(run.gate.allowed, 64);
  assert.equal(run.gate.slowingLatencyMs, undefined);
});

test('it begins with one request at a time, and what is waited for a permission of others is no latency', async () => {
  const clock = new VirtualClock();
  const never = new AbortController().signal;
  const allowed: number[] = [];
  const gate = new PaceGate(
    {
      concurrency: 4,
      baseDelayMs: 0,
      maxLatencyMs,
      onAllowed: (workers) => allowed.push(workers),
      shared: {
        enter: () => clock.sleep(1000, never).then(() => () => true),
        pause: () => Promise.resolve(),
      },
    },
    { clock },
  );
  assert.equal(gate.allowed, 1);
  const send = async (): Promise<void> => {
    while (clock.now() < 120_000) {
      const permit = await gate.enter({ records: 1, bytes: 1 }, never);
      await clock.sleep(50, never);
      permit.succeeded();
      permit.leave();
    }
  };
  const sent = Promise.all(Array.from({ length: 4 }, send));
  await clock.advanceTo(130_000);
  await sent;
  assert.deepEqual(allowed, [1, 2, 3, 4]);
});
