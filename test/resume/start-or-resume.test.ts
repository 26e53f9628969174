import assert from 'node:assert/strict';
import { utimes } from 'node:fs/promises';
import { test } from 'node:test';
import { loadingChild } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, Workspace } from '../support/workspace.js';

test('start-or-resume starts, goes on, does not repeat what is finished, and starts again for other files', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=150']);
  await workspace.configure(sandbox.url, ['NAME', 'SSN'], {
    performance: { batch_size: 5, max_concurrency: 1 },
  });
  const pairs = makePairs(300);
  await workspace.writePairs('NAME', pairs);
  await workspace.writePairs('SSN', makePairs(3));
  const argv = ['load', '--vault', 'name', '--start-or-resume'];
  const first = workspace.start(argv);
  await loadingChild(workspace, 'NAME');
  first.child.kill('SIGKILL');
  await first.ended;
  await workspace.run(['load', '--vault', 'ssn', '--start-or-resume', '--quiet'], { status: 0 });
  assert.equal((await workspace.runs()).length, 2, 'another vault is another load');
  await sandbox.set({ latency: { fixedMs: 0 } });

  await workspace.run(argv, { status: 0 });
  assert.equal((await workspace.runs()).length, 2, 'the same run');
  assert.deepEqual(await sandbox.pairs('vault-name', 'name'), asMultiset(pairs));
  const third = await workspace.run(argv, { status: 0 });
  assert.match(third.stdout, /is finished: 300 uploaded/);
  assert.deepEqual(await sandbox.pairs('vault-name', 'name'), asMultiset(pairs));

  await utimes(workspace.at('data', 'name_data.csv'), new Date(), new Date('2026-01-02T03:04:05Z'));
  assert.match((await workspace.run(argv)).stdout, /is finished/, 'a touch makes no other content');
  await workspace.writePairs('NAME', makePairs(300, 'other'));
  await workspace.run([...argv, '--quiet'], { status: 0 });
  assert.equal((await workspace.runs()).length, 3, 'other files are another load');
  const both = await workspace.run([...argv, '--new-run'], { status: 2 });
  assert.match(both.stderr, /--start-or-resume and --new-run exclude each other/);
});
