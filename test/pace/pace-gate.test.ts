import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import { rateCosts, rateKeys } from '../../src/rates/rates.js';
import { PaceGate } from '../../child/pace/pace-gate.js';
import type { PaceLimits } from '../../child/pace/pace-limits.js';
import type { Permit } from '../../child/pace/permit.js';
import { VirtualClock } from '../../benchmarks/simulated/virtual-clock.js';

/** So many refusals in a row are an overload, and no bad luck. */
const overload = 8;
const never = new AbortController().signal;
setMaxListeners(0, never);

const one = { records: 1, bytes: 0 };

function makeGate(limits: Partial<PaceLimits> = {}) {
  const clock = new VirtualClock();
  const gate = new PaceGate({ concurrency: 4, baseDelayMs: 0, ...limits }, { clock, random: () => 1 });
  const entered: { name: string; atMs: number; permit: Permit }[] = [];
  const enter = (name: string, signal = never, records = 1): Promise<void> =>
    gate
      .enter({ records, bytes: 0 }, signal)
      .then((permit) => void entered.push({ name, atMs: clock.now(), permit }));
  /** Lets so many in at once. */
  const enterAll = async (count: number): Promise<Permit[]> =>
    Promise.all(Array.from({ length: count }, () => gate.enter(one, never)));
  return { clock, gate, entered, enter, enterAll };
}

/** The vault refuses so many requests, one after the other, as an overload. */
async function refuseAll(gate: PaceGate, permits: readonly Permit[], retryAfterMs?: number): Promise<void> {
  for (const permit of permits) {
    permit.throttled(retryAfterMs);
    permit.leave();
  }
  await Promise.resolve();
  assert.equal(gate.active, 0);
}

test('when everything is refused, everybody waits until Retry-After is over, those who wait and those who come', async () => {
  const { clock, gate, entered, enter, enterAll } = makeGate({ concurrency: overload });
  await refuseAll(gate, await enterAll(overload), 7000);
  void enter('one');
  void enter('two');
  await clock.advanceTo(6999);
  assert.equal(entered.length, 0);
  await clock.advanceTo(20_000);
  assert.deepEqual(
    entered.map(({ name }) => name),
    ['one', 'two'],
  );
  assert.equal(entered[0]?.atMs, 7000);
  assert.equal(gate.active, 2);
});

test('a refusal that comes alone stops nobody, whatever it says', async () => {
  const { gate, enterAll } = makeGate({ concurrency: 4 });
  const [refused] = await enterAll(3);
  refused?.throttled(60_000);
  refused?.leave();
  assert.equal(gate.allowed, 4);
  await enterAll(2);
  assert.equal(gate.active, 4);
  assert.equal(gate.learnedRequestsPerSecond, undefined);
});

test('while everything fails, one request at a time is sent, after pauses that grow until one succeeds', async () => {
  const { clock, gate, enterAll } = makeGate({ concurrency: 8 });
  const [failed, ...others] = await enterAll(8);
  failed?.failing(undefined);
  for (const permit of [failed, ...others]) permit?.leave();
  const pauses: number[] = [];
  for (let round = 0; round < 6; round += 1) {
    assert.equal(gate.allowed, 1);
    const fromMs = clock.now();
    const entering = gate.enter(one, never).then((permit) => {
      pauses.push(clock.now() - fromMs);
      return permit;
    });
    await clock.advanceTo(fromMs + 15_000);
    const permit = await entering;
    if (round === 4) permit.succeeded();
    permit.failing(undefined);
    permit.leave();
  }
  assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 15_000, 1000]);
  assert.equal(clock.asleep, 0, 'no timer is left behind');
});

test('a burst of refusals of requests that were on their way cuts once', async () => {
  const widths: number[] = [];
  const { enterAll, gate } = makeGate({ concurrency: 10, onAllowed: (workers) => widths.push(workers) });
  const permits = await enterAll(10);
  for (const permit of permits) {
    permit.throttled(1000);
    permit.leave();
  }
  assert.deepEqual(widths, [7]);
  assert.equal(gate.active, 0);
});

test('each round of successes gives a place back, up to the configured number', async () => {
  const { clock, gate, enterAll } = makeGate({ concurrency: overload });
  await refuseAll(gate, await enterAll(overload), 1000);
  assert.equal(gate.allowed, 5);
  for (let round = 0; round < 20; round += 1) {
    const entering = gate.enter(one, never);
    await clock.advanceTo(clock.now() + 10_000);
    const permit = await entering;
    permit.succeeded();
    permit.leave();
  }
  assert.equal(gate.allowed, overload);
});

test('configured rates are never exceeded in any window, and are used to the full', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(...rateKeys),
      async (perSecond, records, bytes, which) => {
        const { clock, gate } = makeGate({ concurrency: 16, rates: { [which]: perSecond } });
        const request = { records, bytes };
        const cost = rateCosts[which](request);
        const timesMs: number[] = [];
        const end = new AbortController();
        setMaxListeners(0, end.signal);
        const worker = async (): Promise<void> => {
          for (;;) {
            const permit = await gate.enter(request, end.signal);
            timesMs.push(clock.now());
            await clock.sleep(3, end.signal).finally(() => permit.leave());
          }
        };
        const workers = Array.from({ length: 16 }, () => worker().catch(() => undefined));
        await clock.advanceTo(10_000);
        end.abort(new Error('over'));
        await Promise.all(workers);
        assert.equal(clock.asleep, 0);
        for (const [from, startMs] of timesMs.entries()) {
          const within = timesMs.filter((timeMs) => timeMs >= startMs && timeMs <= startMs + 1000).length;
          assert.ok(within * cost <= perSecond * 1.05 + cost + 1e-6, `${within} from the ${from}th on`);
        }
        assert.ok(timesMs.length * cost >= Math.min(10 * perSecond, 10_000) * 0.9 - cost);
      },
    ),
    { numRuns: 15 },
  );
});

test('whoever comes first goes first, and giving up frees the place in the line at once', async () => {
  const { clock, gate, entered, enter, enterAll } = makeGate({ concurrency: 1 });
  const [holder] = await enterAll(1);
  const giveUp = new AbortController();
  void enter('one');
  const given = assert.rejects(enter('two', giveUp.signal), /given up/);
  void enter('three');
  giveUp.abort(new Error('given up'));
  await given;
  holder?.leave();
  await clock.settle();
  entered[0]?.permit.leave();
  await clock.settle();
  assert.deepEqual(
    entered.map(({ name }) => name),
    ['one', 'three'],
  );
  assert.equal(gate.active, 1);
});

test('when everyone who waited for a time gives up, no timer is left', async () => {
  const { clock, gate, enter, enterAll } = makeGate({ concurrency: overload });
  await refuseAll(gate, await enterAll(overload), 60_000);
  const giveUp = new AbortController();
  const given = Promise.all(['one', 'two'].map((name) => assert.rejects(enter(name, giveUp.signal), /over/)));
  await clock.settle();
  assert.equal(clock.asleep, 1);
  giveUp.abort(new Error('over'));
  await given;
  assert.equal(clock.asleep, 0);
});

test('no one is let in on a signal that is aborted already', async () => {
  const { gate } = makeGate();
  await assert.rejects(gate.enter(one, AbortSignal.abort(new Error('too late'))), /too late/);
  assert.equal(gate.active, 0);
});

test('without limits a free place is given without any timer', async () => {
  const { clock, gate, enterAll } = makeGate({ concurrency: 100 });
  await enterAll(100);
  assert.equal(clock.asleep, 0);
  assert.equal(clock.now(), 0);
  assert.equal(gate.active, 100);
});

test('the base delay is waited by each request on its own', async () => {
  const { clock, entered, enter } = makeGate({ baseDelayMs: 40 });
  void enter('one');
  void enter('two');
  await clock.advanceTo(100);
  assert.deepEqual(
    entered.map(({ atMs }) => atMs),
    [40, 40],
  );
});
