import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VaultProcess } from '../../supervisor/process/vault-process.js';
import { jobFor } from '../support/job-for.js';
import { Workspace } from '../support/workspace.js';

test('a child that has just ended can still be told to stop: the signal that comes too late harms nobody', async () => {
  await using workspace = await Workspace.create();
  const child = new VaultProcess({
    job: jobFor('NAME', workspace.path),
    heartbeatMs: 30_000,
    onMessage: () => undefined,
  });
  child.kill();
  const end = await child.ended;

  assert.equal(end.kind, 'died');
  assert.doesNotThrow(() => child.stop(0));
});
