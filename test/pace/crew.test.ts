import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Crew } from '../../child/load/crew.js';

test('a worker that only waits is replaced, and there are never more at work than wanted', async () => {
  const never = new AbortController().signal;
  let [working, most, waits, done, left] = [0, 0, 0, 0, 200];
  const crew: Crew = new Crew({
    concurrency: 3,
    onStarted: () => undefined,
    onEnded: () => undefined,
    workOnce: async () => {
      if (left === 0) return false;
      left -= 1;
      const waitsFirst = left % 5 === 0;
      if (waitsFirst) {
        waits += 1;
        await crew.wait(1, never);
      }
      working += 1;
      most = Math.max(most, working);
      await Promise.resolve();
      working -= 1;
      done += 1;
      return true;
    },
  });
  await crew.work();
  assert.equal(done, 200);
  assert.ok(waits > 30);
  assert.ok(most <= 2 * 3, `${most} at work`);
});

test('a wait that is given up ends at once, and so does the work', async () => {
  const stop = new AbortController();
  const crew: Crew = new Crew({
    concurrency: 2,
    onStarted: () => undefined,
    onEnded: () => undefined,
    workOnce: async () => {
      if (stop.signal.aborted) return false;
      const waiting = crew.wait(60_000, stop.signal);
      stop.abort(new Error('stopped'));
      await assert.rejects(waiting, /stopped/);
      return false;
    },
  });
  await crew.work();
});
