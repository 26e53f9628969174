import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { nodeOptions, withoutInspector } from '../../src/system/node-options.js';

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

test('SIGUSR1 opens no inspector in a process that has not come to its first statement: nothing answers it there yet', () => {
  // No handler, as before the first statement. The inspector's address, or nothing after half a second.
  const script = `
    const { url } = require("node:inspector");
    process.kill(process.pid, "SIGUSR1");
    const end = () => { process.stdout.write(String(url())); process.exit(); };
    if (process.argv[1] === "waits") setInterval(() => url() && end(), 10);
    else setTimeout(end, 500);`;
  const openedAt = (options: readonly string[], ...words: string[]) =>
    execFileSync(process.execPath, [...options, '-e', script, ...words], { encoding: 'utf8', stdio: 'pipe' });
  assert.match(openedAt(['--inspect-port=0'], 'waits'), /^ws:\/\/127\.0\.0\.1:/);
  assert.equal(openedAt(nodeOptions()), 'undefined');
  assert.equal(openedAt(withoutInspector), 'undefined');
});
