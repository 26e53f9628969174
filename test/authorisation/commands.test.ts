import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { singleSettings } from '../../src/config/catalogue.js';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

test('the output of a command is the token, and it is run again when the vault refuses that; no record fails', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=20']);
  const pairs = makePairs(1_000);
  await workspace.writePairs('NAME', pairs);
  await writeFile(workspace.at('token'), 'first-token\n');
  const command = 'echo run >> runs.txt; cat token';
  await workspace.configure(sandbox.url, ['NAME'], {
    skyflow: { bearer_token: undefined, bearer_token_command: command },
    performance: { batch_size: 10, max_concurrency: 4 },
  });
  const load = workspace.run(['--all']);
  await waitUntil(
    'some records are in the vault',
    async () => (await sandbox.count(vaults.NAME.id, 'name')) > 100,
  );
  await writeFile(workspace.at('token'), 'second-token\n');
  await sandbox.set({ expiredTokens: ['first-token'] });
  const end = await load;
  assert.equal(end.status, 0, end.stdout + end.stderr);
  assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(pairs));
  assert.equal(await readFile(workspace.at('runs.txt'), 'utf8'), 'run\nrun\n');
  // A run is gone on with by nobody's recorded command.
  const [directory = ''] = await workspace.runs();
  const record = await readFile(join(directory, 'run.json'), 'utf8');
  for (const text of ['cat token', 'first-token', 'second-token']) assert.ok(!record.includes(text), text);
});

test('a command that fails, or writes nothing, ends the program before anything is sent, and is not quoted', async () => {
  await using workspace = await Workspace.create();
  await workspace.configure('http://127.0.0.1:9', ['NAME'], { skyflow: { bearer_token: undefined } });
  await workspace.writePairs('NAME', makePairs(3));
  for (const [command, message] of [
    [
      'echo s3cret; echo s3cret >&2; exit 7',
      /command of skyflow\.bearer_token_command ended with exit status 7/,
    ],
    ['true', /command of skyflow\.bearer_token_command wrote nothing/],
  ] as const) {
    const refused = await workspace.run(['--all', '--token-command', command], { status: 2 });
    assert.match(refused.stderr, message);
    assert.doesNotMatch(refused.stdout + refused.stderr, /s3cret/);
  }
  assert.deepEqual(await workspace.runs(), []);
});

test('every secret may be the output of a command, and every key too', () => {
  const keys = new Set(singleSettings.map(({ key }) => key));
  const secrets = singleSettings.filter(({ secret }) => secret).map(({ key }) => key);
  assert.deepEqual(
    secrets.filter((key) => !keys.has(`${key}_command`)),
    [],
  );
  for (const key of ['error_log.identity', 'error_log.redact_key', 'snowflake.private_key'])
    assert.ok(secrets.includes(key), key);
});

test('the identity that opens an encrypted error log may be the output of a command', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['refuseAll=true']);
  const identity = await generateIdentity();
  const pairs = makePairs(20);
  await workspace.writePairs('NAME', pairs);
  await workspace.configure(sandbox.url, ['NAME'], {
    error_log: { encrypt_to: await identityToRecipient(identity) },
  });
  await workspace.run(['--all', '--quiet'], { status: 1 });
  const { merged_error_log: log = '' } = await workspace.summary();
  await sandbox.set({ refuseAll: false });
  await workspace.run(['retry', log, '--yes'], { status: 2 });
  const env = { IDENTITY: identity, SKYFLOW_ERROR_LOG_IDENTITY_COMMAND: 'printf %s "$IDENTITY"' };
  await workspace.run(['retry', log, '--yes', '--quiet'], { env, status: 0 });
  assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(pairs));
});
