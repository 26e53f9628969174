import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drawLatency, seededRandom } from '../../src/sandbox/seeded-random.js';
import { TokenBucket } from '../../src/sandbox/gate.js';
import { bulk, insert, sandboxFor, send } from './sandbox-client.js';

describe('the token bucket', () => {
  test('lets a burst in, then the rate, and says how long to wait', () => {
    const bucket = new TokenBucket();
    const take = (nowMs: number): number | undefined => bucket.take(1, 10, 0.5, nowMs);
    assert.deepEqual([take(0), take(0), take(0), take(0), take(0)], Array(5).fill(undefined));
    assert.equal(take(0), 100);
    assert.equal(take(60), 40);
    assert.equal(take(100), undefined);
    assert.equal(take(100), 100);
  });

  test('over a long time it allows exactly the rate', () => {
    const bucket = new TokenBucket();
    let taken = 0;
    for (let nowMs = 0; nowMs < 100_000; nowMs += 1) {
      if (bucket.take(1, 50, 1, nowMs) === undefined) taken += 1;
    }
    assert.ok(Math.abs(taken - (50 + 5000)) <= 1, String(taken));
  });

  test('an amount above its size is let in when it is full, and owed', () => {
    const bucket = new TokenBucket();
    assert.equal(bucket.take(300, 100, 1, 0), undefined);
    assert.equal(bucket.take(1, 100, 1, 2000), 10);
    assert.equal(bucket.take(1, 100, 1, 2010), undefined);
  });
});

test('the log-normal part of the latency has the median and the 99th percentile that were asked for', () => {
  const random = seededRandom(3);
  const latency = { fixedMs: 0, jitterMs: 0, p50Ms: 200, p99Ms: 900, effectAt: 0.5 };
  const drawn = Array.from({ length: 20_000 }, () => {
    const { beforeMs, afterMs } = drawLatency(latency, random);
    return beforeMs + afterMs;
  }).sort((left, right) => left - right);
  const at = (share: number): number => drawn[Math.floor(share * drawn.length)] ?? 0;
  assert.ok(Math.abs(at(0.5) - 200) < 10, String(at(0.5)));
  assert.ok(Math.abs(at(0.99) - 900) < 90, String(at(0.99)));
});

test('the fixed and the uniform part bound the latency, and effectAt divides it', () => {
  const random = seededRandom(3);
  for (let draw = 0; draw < 1000; draw += 1) {
    const latency = { fixedMs: 50, jitterMs: 100, p50Ms: 0, p99Ms: 0, effectAt: 0.2 };
    const { beforeMs, afterMs } = drawLatency(latency, random);
    assert.ok(beforeMs >= 10 && beforeMs <= 30 && Math.abs(afterMs - 4 * beforeMs) < 1e-9);
  }
});

test('requests above the rate are 429, stored nothing, and may come when Retry-After says', async (t) => {
  const sandbox = await sandboxFor(t, { requestsPerSecond: 0.001, burstSeconds: 2000 });
  const answers = [
    await insert(sandbox, bulk(1)),
    await insert(sandbox, bulk(1)),
    await insert(sandbox, bulk(1)),
  ];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 429],
  );
  const seconds = Number(answers[2]?.headers['retry-after']);
  assert.ok(seconds > 900 && seconds <= 1000, String(seconds));
  assert.deepEqual(JSON.parse((await send(sandbox.controlUrl, 'GET', '/sandbox/count')).text), { count: 2 });
});

test('records above the rate are 429, whatever the number of requests', async (t) => {
  const sandbox = await sandboxFor(t, { recordsPerSecond: 0.001, burstSeconds: 10_000 });
  assert.equal((await insert(sandbox, bulk(8))).status, 200);
  assert.equal((await insert(sandbox, bulk(8))).status, 429);
  assert.equal((await insert(sandbox, bulk(2))).status, 200);
});

test('an outage lasts its time for every request, with 529 when that is asked for', async (t) => {
  const sandbox = await sandboxFor(t, { outage: { next: 1, status: 529, durationMs: 3_600_000 } });
  const answers = [await insert(sandbox, bulk(1)), await insert(sandbox, bulk(1))];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [529, 529],
  );
  assert.ok(Number(answers[0]?.headers['retry-after']) > 3500);
  await send(sandbox.controlUrl, 'POST', '/sandbox/reset');
  assert.equal((await insert(sandbox, bulk(1))).status, 529);
  const brief = await sandboxFor(t, { outage: { next: 2 } });
  const statuses = [await insert(brief, bulk(1)), await insert(brief, bulk(1)), await insert(brief, bulk(1))];
  assert.deepEqual(
    statuses.map(({ status }) => status),
    [503, 503, 200],
  );
});
