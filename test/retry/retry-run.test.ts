import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, Workspace } from '../support/workspace.js';

test('of the logs of a run the newest one is sent; where several runs have failures, one has to be named', async () => {
  await using workspace = await Workspace.create();
  const poison = ['value 1', 'value 2', 'value 3'].map((text) => `"n ${text}"`).join(',');
  await using sandbox = await startSandbox(workspace.path, [`poison=[${poison},"s value 1"]`]);
  await workspace.configure(sandbox.url, ['NAME', 'SSN'], {
    performance: { batch_size: 2, max_concurrency: 1, max_errors: 1 },
  });
  const names = makePairs(8, 'n');
  const numbers = makePairs(4, 's');
  await workspace.writePairs('NAME', names);
  await workspace.writePairs('SSN', numbers);

  assert.equal((await workspace.run(['load', '--vault', 'name', '--quiet'])).status, 3, 'too many errors');
  // Merged logs are named by the second: those of the same second are one.
  const endedAt = new Date().getSeconds();
  await waitUntil('the next second', () => new Date().getSeconds() !== endedAt);
  assert.equal((await workspace.run(['resume', '--max-errors', '100', '--quiet'])).status, 1);
  const [first = ''] = await workspace.runs();
  const logs = (await readdir(first))
    .filter((name) => name.startsWith('merged_'))
    .map((name) => join(first, name));
  assert.equal(logs.length, 2);
  assert.equal((await workspace.run(['load', '--vault', 'ssn', '--quiet'])).status, 1);
  const [, second = ''] = await workspace.runs();
  await sandbox.set({ poison: [] });

  const ambiguous = await workspace.run(['retry', '--yes', '--quiet'], { status: 2 });
  assert.match(ambiguous.stderr, /2 runs in \S+ have failed records that were not sent again/);
  assert.match(ambiguous.stderr, /skyflow-supervise retry RUN/);
  await workspace.run(['retry', ...logs, ...logs, '--yes', '--quiet'], { status: 0 });
  assert.deepEqual(await sandbox.pairs('vault-name', 'name'), asMultiset(names));

  await workspace.run(['retry', '--yes', '--quiet'], { status: 0 });
  assert.deepEqual(await sandbox.pairs('vault-ssn', 'ssn'), asMultiset(numbers));
  const again = await workspace.run(['retry', second, '--yes', '--quiet']);
  assert.match(again.stdout, /nothing to do/);
  assert.match(
    (await workspace.run(['retry', '--yes', '--quiet'])).stderr,
    /no run in \S+ has failed records that were not sent again/,
  );
});
