import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLearner, type Dispatch, type RefusalEffect } from '../../child/pace/rate-learner.js';

/** Sends so many requests at even distances, each answered at once; gives what the last refusal meant. */
function send(
  learner: RateLearner,
  count: number,
  from: { ms: number; everyMs: number; refused?: (at: number) => boolean },
): { last: Dispatch; refusal: RefusalEffect | undefined; ms: number } {
  let refusal: RefusalEffect | undefined;
  let last = learner.dispatched(from.ms);
  for (let at = 0; at < count; at += 1) {
    const ms = from.ms + at * from.everyMs;
    if (at > 0) last = learner.dispatched(ms);
    if (from.refused?.(at) === true) refusal = learner.refused(last, ms, ms);
    else learner.accepted(last, ms);
  }
  return { last, refusal, ms: from.ms + count * from.everyMs };
}

const everything = (): boolean => true;

test('refusals that come alone change nothing', () => {
  const learner = new RateLearner(0);
  const { refusal } = send(learner, 20_000, { ms: 0, everyMs: 5, refused: (at) => at % 500 === 499 });
  assert.equal(refusal, 'alone');
  assert.equal(learner.perSecond(100_000), undefined);
});

test('when everything is refused, what passed in the last second is a first estimate', () => {
  const learner = new RateLearner(0);
  const { ms } = send(learner, 100, { ms: 0, everyMs: 10 });
  const { refusal } = send(learner, 8, { ms, everyMs: 10, refused: everything });
  assert.equal(refusal, 'overload');
  const learned = learner.perSecond(ms) ?? Infinity;
  assert.ok(learned > 60 && learned < 100, `${learned}`);
});

test('a refused request that was sent before the last cut does not cut again', () => {
  const learner = new RateLearner(0);
  const passed = send(learner, 100, { ms: 0, everyMs: 10 });
  const early = learner.dispatched(passed.ms);
  const { ms } = send(learner, 8, { ms: passed.ms, everyMs: 10, refused: everything });
  const learned = learner.perSecond(ms);
  assert.equal(learner.isEcho(early), true);
  assert.equal(learner.refused(early, ms, ms), 'alone');
  assert.equal(learner.perSecond(ms), learned);
});

test('refusals that stay when the pace is taken back are noise, and the pace is what it was', () => {
  const learner = new RateLearner(0);
  const everyTenth = (at: number): boolean => at % 10 === 9;
  let wasTried = false;
  for (let ms = 0; ms < 60_000; ms += 1000) {
    send(learner, 100, { ms, everyMs: 10, refused: everyTenth });
    wasTried ||= learner.perSecond(ms + 1000) !== undefined;
  }
  assert.ok(wasTried, 'the pace was taken back once');
  assert.equal(learner.perSecond(60_000), undefined);
});

test('an outage, in which nothing passes at all, leaves the learned pace as it was', () => {
  const learner = new RateLearner(0);
  const { ms } = send(learner, 100, { ms: 0, everyMs: 10 });
  send(learner, 8, { ms, everyMs: 10, refused: everything });
  const learned = learner.perSecond(ms);
  assert.ok(learned !== undefined);
  send(learner, 40, { ms: ms + 100, everyMs: 10_000, refused: everything });
  const after = learner.perSecond(ms + 100 + 400_000) ?? 0;
  assert.ok(after > 0, 'it is never lost');
});

test('the pace never falls while nothing is refused, and in the end limits nobody', () => {
  const learner = new RateLearner(0);
  const { ms } = send(learner, 10, { ms: 0, everyMs: 100 });
  send(learner, 8, { ms, everyMs: 1, refused: everything });
  let before = 0;
  for (let atMs = ms + 1000; learner.perSecond(atMs) !== undefined; atMs += 500) {
    assert.ok(atMs < 200_000);
    const now = learner.perSecond(atMs) ?? Infinity;
    assert.ok(now >= before);
    before = now;
    learner.accepted(learner.dispatched(atMs), atMs);
  }
  assert.ok(before > 1000);
});
