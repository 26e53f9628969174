import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { isAlive, waitUntil } from '../support/wait-until.js';
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
  const { stdout } = await runTestFile(file);
  assert.match(stdout, /^# tests 5\n# suites 3\n# pass 5\n/m);
});

test('a file whose test has failed ends soon, whatever it leaves: servers, and programs with stopped children', async () => {
  await using workspace = await Workspace.create();
  const file = workspace.at('failed.test.mjs');
  await writeFile(
    file,
    `import { spawn } from 'node:child_process';
    import { writeFileSync } from 'node:fs';
    import { createServer } from 'node:http';
    import { test } from 'node:test';
    test('fails', async () => {
      const program = spawn('/bin/sh', ['-c', 'sleep 600 & echo $!; kill -STOP $!; wait']);
      await new Promise((resolve) => program.stdout.once('data', (pid) => {
        writeFileSync('pids', program.pid + ' ' + pid);
        resolve();
      }));
      createServer().listen(0, '127.0.0.1');
      throw new Error('it is as it should not be');
    });
    test('hangs', () => new Promise(() => undefined));
    test('is run all the same', () => undefined);`,
  );

  const { code, stdout, stderr } = await runTestFile(file);

  assert.equal(code, 1);
  assert.match(stdout, /^not ok 1 - fails$[^]*^not ok 2 - hangs$[^]*^ok 3 - is run all the same$/m);
  assert.match(stderr, /left running by the tests of this file: \/bin\/sh -c sleep 600/);
  assert.match(stderr, /left open by the tests of this file: .*TCPServerWrap/);
  const pids = (await readFile(workspace.at('pids'), 'utf8')).trim().split(' ').map(Number);
  assert.equal(pids.length, 2);
  for (const pid of pids) await waitUntil(`${pid} is gone`, () => !isAlive(pid));
});

/** Runs a file as the runner would, but as no child of this one's. */
async function runTestFile(file: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const before = new URL('../support/processes/before-file.js', import.meta.url).href;
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, TEST_PATIENCE_MS: '100' };
  const argv = ['--import', before, '--test-reporter=tap', file];
  return new Promise((resolve) => {
    execFile(process.execPath, argv, { env, cwd: dirname(file) }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}
