import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLearner } from '../../child/pace/rate-learner.js';

/** Sends so many requests at even distances; gives the last one. */
function send(learner: RateLearner, count: number, fromMs: number, distanceMs: number) {
  let last = learner.dispatched(fromMs);
  for (let at = 1; at < count; at += 1) last = learner.dispatched(fromMs + at * distanceMs);
  return last;
}

test('what passed between two refusals is the limit, and the pace is set two hundredths below', () => {
  const learner = new RateLearner(0);
  const first = send(learner, 101, 0, 10);
  assert.equal(learner.overloaded(first, 1000, 2000), true);
  // 50 pass in the 4 seconds from one refused request to the next, the pause included.
  const second = send(learner, 51, 2000, 60);
  assert.equal(second.atMs, 5000);
  assert.equal(learner.overloaded(second, 5000, 5500), true);
  assert.equal(learner.perSecond(5500), (0.98 * 50 * 1000) / 4000);
});

test('a refused request that was sent before the last cut does not cut again', () => {
  const learner = new RateLearner(0);
  const early = send(learner, 50, 0, 10);
  const late = send(learner, 50, 500, 10);
  assert.equal(learner.overloaded(early, 1000, 2000), true);
  const learned = learner.perSecond(2000);
  assert.equal(learner.isEcho(late), true);
  assert.equal(learner.overloaded(late, 1100, 2100), false);
  assert.equal(learner.perSecond(2000), learned);
});

test('an outage, in which nothing passes at all, leaves the pace as it was', () => {
  const learner = new RateLearner(0);
  learner.overloaded(send(learner, 101, 0, 10), 1000, 2000);
  const learned = learner.perSecond(2000);
  for (let atMs = 2000; atMs < 60_000; atMs += 10_000) {
    const probe = learner.dispatched(atMs);
    assert.equal(learner.overloaded(probe, atMs, atMs + 10_000), true);
    assert.equal(learner.perSecond(atMs + 10_000), learned);
  }
});

test('the pace never falls while nothing is refused, and in the end limits nobody', () => {
  const learner = new RateLearner(0);
  learner.overloaded(send(learner, 11, 0, 100), 1000, 2000);
  let before = 0;
  for (let atMs = 2000; learner.perSecond(atMs) !== undefined; atMs += 500) {
    assert.ok(atMs < 120_000);
    const now = learner.perSecond(atMs) ?? Infinity;
    assert.ok(now >= before);
    before = now;
    learner.dispatched(atMs);
  }
  assert.ok(before > 1000);
});
