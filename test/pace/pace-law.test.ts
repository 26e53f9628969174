import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shares, simulate, type ServerModel } from '../../benchmarks/simulated/simulate-pace.js';

const model: Omit<ServerModel, 'limits' | 'latencyMs' | 'refusalMs' | 'retryAfter'> = {
  counts: 'requests',
  burstS: 1,
};

const settings = [
  { perSecond: 2, latencyMs: 5, concurrency: 1, burstS: 1 },
  { perSecond: 2, latencyMs: 2000, concurrency: 64, burstS: 1 },
  { perSecond: 2, latencyMs: 100, concurrency: 8, burstS: 5 },
  { perSecond: 3, latencyMs: 100, concurrency: 8, burstS: 1 },
  { perSecond: 5, latencyMs: 100, concurrency: 16, burstS: 1 },
  { perSecond: 10, latencyMs: 100, concurrency: 32, burstS: 1 },
  { perSecond: 10, latencyMs: 100, concurrency: 32, burstS: 0.1 },
  { perSecond: 50, latencyMs: 5, concurrency: 64, burstS: 5 },
  { perSecond: 50, latencyMs: 2000, concurrency: 128, burstS: 1 },
  { perSecond: 200, latencyMs: 100, concurrency: 64, burstS: 1 },
  { perSecond: 200, latencyMs: 100, concurrency: 64, burstS: 0.1 },
];

for (const { perSecond, latencyMs, concurrency, burstS } of settings) {
  for (const retryAfter of [true, false]) {
    const name = `${perSecond} requests per second and ${burstS} s of them at once, ${concurrency} workers at ${latencyMs} ms, ${retryAfter ? 'with' : 'without'} Retry-After`;
    test(`a limit is used to 98 % once it is found, and under 0.5 % are refused: ${name}`, async () => {
      // A limit of few requests, or one that lets none through at once, takes longer to be known for sure.
      const [from, seconds] = perSecond <= 3 ? [200, 1400] : burstS < 1 ? [180, 360] : [60, 150];
      const limits = [{ fromS: 0, perSecond }];
      const run = await simulate(
        { concurrency, baseDelayMs: 0, recordsPerRequest: 300 },
        { ...model, burstS, limits, latencyMs, refusalMs: retryAfter ? 0 : latencyMs, retryAfter },
        seconds,
      );
      const { used, refused } = shares(run, perSecond, from, seconds);
      assert.ok(used >= 0.98, `${used} of the limit used`);
      assert.ok(refused <= 0.005, `${refused} refused`);
    });
  }
}

for (const share of [0.001, 0.01, 0.03, 0.1]) {
  test(`refusals of ${100 * share} % at random cost at most as much again`, async () => {
    for (const [latencyMs, concurrency] of [
      [30, 8],
      [200, 32],
    ] as const) {
      const seconds = 120;
      const run = await simulate(
        { concurrency, baseDelayMs: 0, recordsPerRequest: 1 },
        {
          ...model,
          limits: [{ fromS: 0, perSecond: Infinity }],
          latencyMs,
          refusalMs: latencyMs,
          retryAfter: true,
          randomShare: share,
        },
        seconds,
      );
      const taken = run.taken.reduce((total, count) => total + count, 0);
      const used = taken / ((seconds * 1000 * concurrency) / latencyMs);
      assert.ok(used >= 1 - 2 * share, `${used} of the free rate`);
    }
  });
}

test('while a vault refuses everything, hardly anything is sent, and full speed is back within half a minute', async () => {
  const run = await simulate(
    { concurrency: 32, baseDelayMs: 0, recordsPerRequest: 1 },
    {
      ...model,
      limits: [{ fromS: 0, perSecond: Infinity }],
      latencyMs: 100,
      refusalMs: 100,
      retryAfter: false,
      outageS: [20, 80],
    },
    140,
  );
  const refused = run.refused.reduce((total, count) => total + count, 0);
  assert.ok(refused <= 32 + 32 + 20, `${refused} requests in a minute of refusals`);
  const full = run.taken.findIndex((count, second) => second >= 80 && count >= 315);
  assert.ok(full >= 80 && full <= 110, `back after ${full - 80} s`);
});

test('a vault that slows down under load is used to the full', async () => {
  const run = await simulate(
    { concurrency: 64, baseDelayMs: 0, recordsPerRequest: 1 },
    {
      ...model,
      limits: [{ fromS: 0, perSecond: Infinity }],
      latencyMs: 50,
      refusalMs: 0,
      retryAfter: false,
      places: 8,
    },
    30,
  );
  const { used } = shares(run, 160, 5, 30);
  assert.ok(used >= 0.99, `${used} used`);
});

test('several clients share one limit, and none of them is left without', async () => {
  const run = await simulate(
    { concurrency: 16, baseDelayMs: 0, recordsPerRequest: 1 },
    { ...model, limits: [{ fromS: 0, perSecond: 60 }], latencyMs: 100, refusalMs: 0, retryAfter: true },
    300,
    3,
  );
  const { used, refused } = shares(run, 60, 60, 300);
  assert.ok(used >= 0.85 && refused < 0.1, `${used} used, ${refused} refused`);
  assert.ok(Math.min(...run.shares) > 0.05 * 60 * 300, run.shares.join(', '));
});

test('a limit on records is learned like one on requests', async () => {
  const run = await simulate(
    { concurrency: 32, baseDelayMs: 0, recordsPerRequest: 300 },
    {
      limits: [{ fromS: 0, perSecond: 9000 }],
      counts: 'records',
      burstS: 1,
      latencyMs: 100,
      refusalMs: 0,
      retryAfter: true,
    },
    120,
  );
  const { used, refused } = shares(run, 30, 10, 120);
  assert.ok(used >= 0.9 && refused < 0.02, `${used} used, ${refused} refused`);
});

test('when a limit goes away, full speed is back within about a minute, and nothing is limited any more', async () => {
  for (const perSecond of [2, 100]) {
    const limits = [
      { fromS: 0, perSecond },
      { fromS: 30, perSecond: Infinity },
    ];
    const run = await simulate(
      { concurrency: 32, baseDelayMs: 0, recordsPerRequest: 1 },
      { ...model, limits, latencyMs: 100, refusalMs: 0, retryAfter: true },
      130,
    );
    const full = run.taken.findIndex((count, second) => second >= 30 && count >= 315);
    assert.ok(full >= 30 && full <= 30 + 90, `back after ${full - 30} s`);
    assert.equal(run.gate.allowed, 32);
    assert.equal(run.gate.learnedRequestsPerSecond, undefined);
  }
});

test('a limit that drops to a tenth is found again within seconds', async () => {
  const limits = [
    { fromS: 0, perSecond: 200 },
    { fromS: 60, perSecond: 20 },
  ];
  const run = await simulate(
    { concurrency: 32, baseDelayMs: 0, recordsPerRequest: 1 },
    { ...model, limits, latencyMs: 100, refusalMs: 0, retryAfter: true },
    150,
  );
  const { used, refused } = shares(run, 20, 75, 150);
  assert.ok(used >= 0.9 && refused < 0.02, `${used} used, ${refused} refused`);
});

test('without a limit every worker is busy all the time', async () => {
  const run = await simulate(
    { concurrency: 8, baseDelayMs: 0, recordsPerRequest: 1 },
    { ...model, limits: [{ fromS: 0, perSecond: Infinity }], latencyMs: 50, refusalMs: 0, retryAfter: false },
    10,
  );
  assert.deepEqual(
    run.taken.slice(0, 10),
    Array.from({ length: 10 }, () => 160),
  );
});
