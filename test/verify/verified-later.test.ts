import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { test } from 'node:test';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { makePairs, vaults, Workspace } from '../support/workspace.js';

const pace = { batch_size: 20, max_concurrency: 4 };

test('suffixed records are known again, tokens are asked for in as many as the vault takes, by their own credential', async () => {
  await using workspace = await Workspace.create();
  const tokens = [
    { token: 'test-bearer-token', access: 'insert' },
    { token: 'reading-token', access: 'full' },
  ];
  await using sandbox = await startSandbox(workspace.path, [
    'maxDetokenizeTokens=7',
    `accessTokens=${JSON.stringify(tokens)}`,
  ]);
  await workspace.configure(sandbox.url, ['NAME', 'SSN'], {
    performance: { ...pace, append_suffix: true },
    csv: {},
  });
  await workspace.writePairs('NAME', makePairs(120, 'NAME'));
  await workspace.writePairs('SSN', makePairs(30, 'SSN'));
  await workspace.run(['--all'], { status: 0 });

  const refused = await workspace.run(['verify', '--all']);
  const env = { SKYFLOW_LOOKUP_BEARER_TOKEN: 'reading-token' };
  const verified = await workspace.run(['verify', '--all', '--vault', 'name'], { env });
  const flagged = await workspace.run(['verify', '--token', 'reading-token', '--all']);

  assert.equal(refused.status, 3, refused.stdout + refused.stderr);
  assert.match(refused.stdout, /HTTP 403, the credential may not read here/);
  assert.match(refused.stdout, /lookup_bearer_token/);
  assert.equal(verified.status, 0, verified.stdout + verified.stderr);
  assert.match(verified.stdout, /NAME: 120 of 120 read back, all match/);
  assert.match(verified.stdout, /the run has others too/);
  assert.equal(flagged.status, 0, flagged.stdout + flagged.stderr);
  assert.match(flagged.stdout, /Complete: all 150 records/);
});

test('a source that changed, a run that is unfinished, and one that is not there prove nothing', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=200']);
  await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 5, max_concurrency: 2 } });
  await workspace.writePairs('NAME', makePairs(600, 'NAME'));
  const none = await workspace.run(['verify'], { status: 2 });
  assert.match(none.stderr, /there is no run in/);
  const load = workspace.start(['--all']);
  await waitUntil('some are in', async () => (await sandbox.count(vaults.NAME.id, 'name')) > 20);
  const busy = await workspace.run(['verify'], { status: 2 });
  assert.match(busy.stderr, /is in use by process/);
  load.child.kill('SIGINT');
  assert.equal((await load.ended).status, 130);
  await sandbox.set({ latency: { fixedMs: 0 } });

  const unfinished = await workspace.run(['verify', '--all'], { status: 3 });
  assert.match(unfinished.stdout, /read back, all match/);
  assert.match(unfinished.stdout, /answer unknown\), so it cannot be\s+proved\s+as\s+a\s+whole/);
  await workspace.run(['resume'], { status: 0 });
  await appendFile(workspace.at('data', 'name_data.csv'), 'one more\n');
  await appendFile(workspace.at('data', 'name_tokens.csv'), 'tok_more\n');
  const changed = await workspace.run(['verify', '--all'], { status: 3 });
  assert.match(changed.stdout, /is not what this run\s+began with/);
  assert.match(changed.stdout, /Put the input back as it was/);
});

test('a load whose error log keeps its records to itself is verified without any key: positions are enough', async () => {
  await using sandbox = await startSandbox('.', ['poison=["value 7"]']);
  const recipient = await identityToRecipient(await generateIdentity());
  for (const [prefix, kept] of [
    ['first', ['--redact-errors']],
    ['second', ['--encrypt-errors', recipient]],
  ] as const) {
    await using workspace = await Workspace.create();
    await workspace.configure(sandbox.url, ['NAME'], { performance: pace });
    await workspace.writePairs('NAME', makePairs(100, prefix));
    await workspace.run(['--all', ...kept], { status: 1 });
    const verified = await workspace.run(['verify', '--all'], { status: 0 });
    assert.match(verified.stdout, /NAME: 89 of 89 read back, all match/);
  }
});
