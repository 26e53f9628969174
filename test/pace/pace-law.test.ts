import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shares, simulate, type ServerModel } from './simulate.js';

const model: Omit<ServerModel, 'limits' | 'latencyMs' | 'refusalMs' | 'retryAfter'> = {
  counts: 'requests',
  burstS: 1,
};

const settings = [
  { perSecond: 2, latencyMs: 5, concurrency: 1 },
  { perSecond: 2, latencyMs: 2000, concurrency: 256 },
  { perSecond: 10, latencyMs: 100, concurrency: 32 },
  { perSecond: 50, latencyMs: 5, concurrency: 256 },
  { perSecond: 50, latencyMs: 2000, concurrency: 256 },
  { perSecond: 200, latencyMs: 100, concurrency: 64 },
];

for (const { perSecond, latencyMs, concurrency } of settings) {
  for (const retryAfter of [true, false]) {
    for (const refusalMs of [0, latencyMs]) {
      const name = `${perSecond} requests per second, ${concurrency} workers at ${latencyMs} ms, refused after ${refusalMs} ms, ${retryAfter ? 'with' : 'without'} Retry-After`;
      test(`at least 90 % of the limit is used and under 2 % are refused: ${name}`, async () => {
        const seconds = latencyMs < 2000 && perSecond >= 50 ? 60 : 150;
        const limits = [{ fromS: 0, perSecond }];
        const run = await simulate(
          { concurrency, baseDelayMs: 0, recordsPerRequest: 300 },
          { ...model, limits, latencyMs, refusalMs, retryAfter },
          seconds,
        );
        const { used, refused } = shares(run, perSecond, 10, seconds);
        assert.ok(used >= 0.9, `${used} of the limit used`);
        assert.ok(refused < 0.02, `${refused} refused`);
      });
    }
  }
}

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
    assert.ok(full >= 30 && full <= 30 + 70, `back after ${full - 30} s`);
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
