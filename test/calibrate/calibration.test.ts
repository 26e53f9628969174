import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { test } from 'node:test';
import { Calibrator, type CalibrationOptions, type Shot } from '../../child/calibrate/calibration.js';
import { recommend } from '../../supervisor/commands/calibrate/calibration-result.js';
import type { Calibration } from '../../src/protocol/task.js';
import { VirtualClock } from '../../benchmarks/simulated/virtual-clock.js';

/** A vault in virtual time: a bucket that starts full, so many requests at once, a largest batch. */
interface VaultModel {
  readonly requestsPerSecond?: number;
  readonly recordsPerSecond?: number;
  readonly burstS?: number;
  readonly latencyMs?: number;
  readonly msPerRecord?: number;
  readonly parallel?: number;
  readonly maxBatch?: number;
  readonly retryAfter?: boolean;
}

async function calibrate(
  model: VaultModel,
  limits: Partial<CalibrationOptions> & { readonly records?: number } = {},
): Promise<Calibration & { readonly refused: number }> {
  const clock = new VirtualClock();
  const { latencyMs = 30, msPerRecord = 0.01, burstS = 1, parallel = Infinity, maxBatch = Infinity } = model;
  const perSecond = model.requestsPerSecond ?? model.recordsPerSecond ?? Infinity;
  const end = new AbortController();
  setMaxListeners(0, end.signal);
  let level = perSecond * burstS;
  let filledMs = 0;
  let busyUntil: number[] = [];
  let refused = 0;
  let left = limits.records ?? Infinity;
  const shoot = async (batchSize: number): Promise<Shot> => {
    if (batchSize > left) return { kind: 'exhausted' };
    left -= batchSize;
    if (batchSize > maxBatch) {
      await clock.sleep(1, end.signal);
      return { kind: 'too_large' };
    }
    const nowMs = clock.now();
    const cost = model.requestsPerSecond === undefined ? batchSize : 1;
    level = Math.min(perSecond * burstS, level + ((nowMs - filledMs) / 1000) * perSecond);
    filledMs = nowMs;
    if (perSecond !== Infinity && level < Math.min(cost, perSecond * burstS)) {
      refused += 1;
      await clock.sleep(2, end.signal);
      return { kind: 'throttled', retryAfterMs: model.retryAfter === false ? undefined : 1000 };
    }
    if (perSecond !== Infinity) level -= cost;
    const workMs = latencyMs + msPerRecord * batchSize;
    busyUntil = busyUntil.filter((time) => time > nowMs).sort((one, other) => one - other);
    const startMs = busyUntil.length < parallel ? nowMs : (busyUntil[busyUntil.length - parallel] ?? nowMs);
    busyUntil.push(startMs + workMs);
    await clock.sleep(startMs + workMs - nowMs, end.signal);
    return { kind: 'taken' };
  };
  const calibration = new Calibrator({
    shoot,
    stepMs: 2_000,
    maxConcurrency: 32,
    maxBatchSize: 1_000,
    stopping: end.signal,
    clock,
    onStep: () => undefined,
    ...limits,
  }).calibrate();
  let found: Calibration | undefined;
  void calibration.then((value) => (found = value)).catch(() => undefined);
  for (let second = 1; found === undefined && second < 600; second += 1) await clock.advanceTo(1000 * second);
  return { ...(await calibration), refused };
}

const near = (found: number | undefined, expected: number): void => {
  assert.ok(
    found !== undefined && Math.abs(found / expected - 1) < 0.1,
    `${found ?? 'nothing'} for ${expected}`,
  );
};

for (const [model, of] of [
  [{ requestsPerSecond: 5 }, 'requests'],
  [{ requestsPerSecond: 50, retryAfter: false }, 'requests'],
  [{ requestsPerSecond: 400, latencyMs: 20 }, 'requests'],
  [{ requestsPerSecond: 90, burstS: 0.3, retryAfter: false }, 'requests'],
  [{ recordsPerSecond: 8_000 }, 'records'],
  [{ recordsPerSecond: 30_000, latencyMs: 80, burstS: 2 }, 'records'],
] as const satisfies readonly (readonly [VaultModel, 'requests' | 'records'])[]) {
  test(`a limit is found within a tenth, and what it is a limit of: ${JSON.stringify(model)}`, async () => {
    const { limit, ended_by: endedBy, refused } = await calibrate(model);
    assert.deepEqual([limit?.of, endedBy], [of, 'refusals']);
    near(limit?.per_second, 'requestsPerSecond' in model ? model.requestsPerSecond : model.recordsPerSecond);
    assert.ok(refused < 400, `${refused} refusals`);
  });
}

test('without a limit it stops at the knee, at the workers allowed, or at the last test record', async () => {
  const knee = await calibrate({ parallel: 8 });
  assert.deepEqual([knee.ended_by, knee.concurrency, knee.limit], ['knee', 8, null]);
  const open = await calibrate({}, { maxConcurrency: 6 });
  assert.deepEqual([open.ended_by, open.concurrency], ['max_concurrency', 6]);
  const poor = await calibrate({}, { records: 100_000 });
  assert.equal(poor.ended_by, 'max_records');
});

test('the batch is the smallest that carries nearly as much as any, and none that the vault refuses', async () => {
  assert.equal((await calibrate({ latencyMs: 1, msPerRecord: 0.2 }, { maxConcurrency: 2 })).batch_size, 50);
  assert.equal((await calibrate({ maxBatch: 300 }, { maxConcurrency: 2 })).batch_size, 300);
  assert.equal((await calibrate({ maxBatch: 7 }, { maxConcurrency: 2 })).batch_size, 5);
  // Every request counts: the largest batch carries most, whatever is fast enough.
  const counted = await calibrate({ requestsPerSecond: 50, latencyMs: 1, msPerRecord: 0.2, maxBatch: 500 });
  assert.equal(counted.batch_size, 500);
});

test('what is recommended stays a little below the limit', () => {
  const found = { batch_size: 300, concurrency: 8, ended_by: 'refusals' } as const;
  assert.deepEqual(recommend({ ...found, limit: { of: 'requests', per_second: 58.2 } }), {
    batch_size: 300,
    max_concurrency: 8,
    max_requests_per_second: 55.2,
  });
  assert.deepEqual(recommend({ ...found, limit: { of: 'records', per_second: 2_000 } }), {
    batch_size: 300,
    max_concurrency: 8,
    max_records_per_second: 1_900,
  });
  assert.deepEqual(recommend({ ...found, limit: null }), { batch_size: 300, max_concurrency: 8 });
  const ranOut = { ...found, ended_by: 'max_records', limit: null } as const;
  assert.deepEqual(recommend(ranOut), { batch_size: 300 }, 'too few workers were tried to tell');
});
