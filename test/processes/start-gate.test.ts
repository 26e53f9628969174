import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StartGate } from '../../supervisor/process/start-gate.js';

test('no more enter than there are places, in order, and a place is given back once', async () => {
  const gate = new StartGate(2);
  const inside: number[] = [];
  const entering = [0, 1, 2, 3].map(async (turn) => {
    const leave = await gate.enter();
    inside.push(turn);
    return leave;
  });
  const [leaveFirst, leaveSecond] = await Promise.all(entering.slice(0, 2));
  assert.deepEqual(inside, [0, 1]);

  leaveFirst?.();
  leaveFirst?.();
  const leaveThird = await entering[2];
  await Promise.resolve();
  assert.deepEqual(inside, [0, 1, 2], 'the second call gives no other place');

  leaveSecond?.();
  const leaveFourth = await entering[3];
  leaveThird?.();
  leaveFourth?.();
  (await gate.enter())();
  assert.deepEqual(inside, [0, 1, 2, 3]);
});
