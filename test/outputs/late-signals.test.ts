import assert from 'node:assert/strict';
import { readdirSync, watch } from 'node:fs';
import { test } from 'node:test';
import { loadingChild } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { makePairs, Workspace } from '../support/workspace.js';

test('a signal while the error logs are merged ends nothing: everything is written, and nothing half is left', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["poison"]']);
  await workspace.configure(sandbox.url, ['NAME'], {
    skyflow: { wire: 'record' },
    performance: { max_errors: '100%' },
  });
  const pairs = makePairs(4_000).map(
    ([value, token], at) => [at % 2 ? value : `poison ${value}`, token] as const,
  );
  await workspace.writePairs('NAME', pairs);
  const load = workspace.start(['--all']);
  await loadingChild(workspace, 'NAME');
  const [run = ''] = await workspace.runs();
  let signalled = false;
  const watcher = watch(run, (_event, name) => {
    if (signalled || name?.startsWith('merged_error_log') !== true) return;
    signalled = load.child.kill('SIGTERM');
  });

  const end = await load.ended;
  watcher.close();

  assert.ok(signalled);
  assert.deepEqual([end.status, end.signal], [1, null], end.stderr);
  assert.equal((await workspace.summary()).totals.failed, 2_000);
  assert.deepEqual(
    readdirSync(run).filter((name) => name.includes('.new') || name.includes('.tmp')),
    [],
  );
});
