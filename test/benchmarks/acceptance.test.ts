import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { judge } from '../../benchmarks/acceptance/scenario.js';
import { scenarios } from '../../benchmarks/acceptance/run.js';
import { runProgram } from '../support/program.js';

// What is killed is a process of its own.
const stage = { stopping: new AbortController().signal, toTheEnd: runProgram };

suite('each acceptance scenario keeps its promise at a small size', () => {
  for (const { name, promise, usual, whyNot, run } of scenarios) {
    const skip = whyNot?.();
    test(`${name}: ${promise}`, skip === undefined ? {} : { skip }, async () => {
      const scale = { records: 600, kills: Math.min(usual.kills, 1) };
      const { broken, figures } = await run(scale, stage);
      assert.deepEqual(broken, [], JSON.stringify(figures));
    });
  }
});

test('a promise that is not kept is named, and so is a scenario that is none', () => {
  const figures = { missing: 0, doubled: 3 };
  assert.deepEqual(
    judge(figures, ['missing', 'doubled'], { fine: true, 'every row was read': false }).broken,
    ['doubled 3', 'not: every row was read'],
  );
  assert.deepEqual(judge(figures, ['missing']).broken, []);
  const program = fileURLToPath(new URL('../../benchmarks/main.js', import.meta.url));
  const unknown = spawnSync(process.execPath, [program, 'acceptance', 'nothing'], { encoding: 'utf8' });
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /there are append, shared-rate/);
});
