import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countPace } from '../../benchmarks/check/check-counts.js';
import { judge, limits, type Measured } from '../../benchmarks/check/limits.js';

const nothing = Object.fromEntries(Object.keys(limits).map((name) => [name, 0])) as Measured;

test('one figure above its limit is named, and makes the check fail', () => {
  assert.ok(judge(nothing).kept);
  const name = 'requests lost of 1,000, 3 % refused at random';
  const { rows, kept } = judge({ ...nothing, [name]: 977 });
  assert.ok(!kept);
  const above = rows.filter(([, , , verdict]) => verdict === 'ABOVE');
  assert.deepEqual(above, [[name, '977.00', '60', 'ABOVE']]);
});

test('what the learner makes of refusals is the same figure each time', async () => {
  assert.deepEqual(await countPace(), await countPace());
});
