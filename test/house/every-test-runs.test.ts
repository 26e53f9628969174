import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Workspace } from '../support/workspace.js';

test('what is loaded before every file of tests loses none of them: groups, nested ones, and hooks around them', async () => {
  await using workspace = await Workspace.create();
  const file = workspace.at('grouped.test.mjs');
  await writeFile(
    file,
    `import { after, before, describe, it, test } from 'node:test';
    let torn = 0;
    describe('one', () => {
      before(() => Promise.resolve());
      after(() => { torn += 1; });
      it('a', () => Promise.resolve());
      describe('within', () => { it('b', () => undefined); });
    });
    describe('two', () => { it('c', () => undefined); });
    test('d', (t) => t.test('e', () => { if (torn !== 1) throw new Error('the hook has not run'); }));`,
  );
  const before = new URL('../support/processes/without-async-hooks.js', import.meta.url).href;
  // It is no child of this runner.
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', before, '--test-reporter=tap', file],
    { env },
  );
  assert.match(stdout, /^# tests 5\n# suites 3\n# pass 5\n/m);
});
