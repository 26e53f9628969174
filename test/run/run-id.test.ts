import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRunId, newRunId } from '../../src/run-record/run-id.js';

test('run ids sort by the time of their start, within a second too, and differ within a millisecond', () => {
  const starts = ['2026-01-02T03:04:05.007Z', '2026-01-02T03:04:05.070Z', '2026-01-02T03:04:05.700Z'];
  starts.push('2026-01-02T03:04:06.001Z');
  const ids = starts.map((start) => newRunId(new Date(start)));
  assert.deepEqual(ids.toSorted(), ids);
  for (const id of ids) assert.ok(isRunId(id), id);
  const now = new Date();
  assert.ok(new Set(Array.from({ length: 20 }, () => newRunId(now))).size > 18);
});
