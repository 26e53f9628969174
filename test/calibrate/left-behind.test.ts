import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestVault } from '../../child/qualify/test-vault.js';
import { openJobCredential } from '../../child/vault/connect-vault.js';
import { startVaultSandbox } from '../../src/sandbox/vault-sandbox.js';
import { jobFor } from '../support/job-for.js';

for (const uniqueColumns of [[], ['column']]) {
  test(`what a killed qualify has left is found by its values in a column that is ${uniqueColumns.length === 0 ? 'not ' : ''}unique`, async () => {
    const sandbox = await startVaultSandbox({ uniqueColumns });
    const base = jobFor('A');
    const job = { ...base, skyflow: { ...base.skyflow, vault_url: sandbox.url } };
    const credential = openJobCredential(job.connection.credential, job, () => Promise.resolve(undefined));
    const open = (onIds: (ids: readonly string[]) => void) =>
      new TestVault({ job, credential, signal: new AbortController().signal, onIds });
    const stored = new Set<string>();
    const killed = open((ids) => ids.forEach((id) => stored.add(id)));
    const next: string[] = [];
    const after = open((ids) => next.push(...ids));
    try {
      const foreign = await killed.send({ values: ["qualify o'clock"], tokens: ['tok_foreign'] });
      assert.equal(foreign.status, 200);
      stored.clear();
      assert.equal((await killed.send(killed.pairs(3))).status, 200);
      after.adopt(job.runId, 5);
      await after.account();
      assert.deepEqual(next.sort(), [...stored].sort(), 'all of its own, and nobody else’s');
      assert.equal(after.unaccounted.size, 0, 'of those that are not there it is known too');
    } finally {
      await killed.close();
      await after.close();
      await sandbox.close();
    }
  });
}
