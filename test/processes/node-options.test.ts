import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { nodeOptions } from '../../src/run/node-options.js';

test('a child’s heap is bounded where its source asks for that, and only there', () => {
  const heapLimit = (limitMb?: number): number => {
    const script = 'process.stdout.write(String(require("node:v8").getHeapStatistics().heap_size_limit))';
    const text = execFileSync(process.execPath, [...nodeOptions(limitMb), '-e', script], {
      encoding: 'utf8',
    });
    return Math.round(Number(text) / 2 ** 20);
  };
  const bounded = heapLimit(300);
  // Young objects have some room beside the limit.
  assert.ok(bounded >= 300 && bounded < 400, `${bounded} MB`);
  assert.ok(heapLimit() > 1_000);
});
