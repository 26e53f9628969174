import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const pairs = makePairs(2_000, 'name');
const pace = { batch_size: 10, max_concurrency: 4 };
const slow = ['latency.fixedMs=20'];

async function holdsSome(sandbox: TestSandbox): Promise<void> {
  await waitUntil(
    'some records are in the vault',
    async () => (await sandbox.count(vaults.NAME.id, 'name')) > 100,
  );
}

async function isComplete(workspace: Workspace, sandbox: TestSandbox): Promise<void> {
  assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(pairs));
  const { totals } = await workspace.summary();
  assert.deepEqual([totals.uploaded, totals.failed, totals.unsettled], [2_000, 0, 0]);
}

test('a token file that changes after the token expired is read again, and no record fails', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, slow);
  await workspace.writePairs('NAME', pairs);
  await writeFile(workspace.at('token'), 'first\n', { mode: 0o600 });
  const skyflow = { bearer_token: undefined, bearer_token_file: 'token', settle_ms: 0 };
  await workspace.configure(sandbox.url, ['NAME'], { skyflow, performance: pace });

  const load = workspace.run(['--all', '--auth-wait', '30000']);
  await holdsSome(sandbox);
  await sandbox.set({ expiredTokens: ['first'] });
  await waitUntil('a request was refused', async () =>
    JSON.stringify(await sandbox.stats()).includes('"401"'),
  );
  await writeFile(workspace.at('token'), 'second\n');
  const end = await load;

  assert.equal(end.status, 0, end.stdout + end.stderr);
  await isComplete(workspace, sandbox);
});

test('a static token that expires without a terminal ends the vault resumable, and a resume with another one finishes', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, slow);
  await workspace.writePairs('NAME', pairs);
  await workspace.configure(sandbox.url, ['NAME'], { performance: pace });

  const load = workspace.run(['--all']);
  await holdsSome(sandbox);
  await sandbox.set({ expiredTokens: ['test-bearer-token'] });
  const stopped = await load;

  assert.equal(stopped.status, 3, stopped.stdout + stopped.stderr);
  const half = await workspace.summary();
  assert.equal(half.vaults[0]?.error?.code, 'unauthorized');
  assert.equal(half.totals.failed, 0, 'no record fails because of a token');

  await workspace.run(['resume'], { env: { SKYFLOW_BEARER_TOKEN: 'another-token' }, status: 0 });
  await isComplete(workspace, sandbox);
});

test('a service account’s tokens are renewed as often as they expire', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    ...slow,
    `credentialsFile=${workspace.at('credentials.json')}`,
    'issuedLifetimeMs=1000',
  ]);
  await workspace.writePairs('NAME', pairs);
  const skyflow = { bearer_token: undefined, credentials_file: 'credentials.json', settle_ms: 0 };
  await workspace.configure(sandbox.url, ['NAME'], { skyflow, performance: pace });

  await workspace.run(['--all'], { status: 0 });
  await isComplete(workspace, sandbox);
});

test('a context-aware account with several roles, and an account that wants its id, are served as configured', async () => {
  await using workspace = await Workspace.create();
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const account = {
    ...{ clientId: 'client-1', keyId: 'key-1', roles: ['r2'], needsContext: true },
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }),
  };
  const reader = { ...account, clientId: 'client-2', roles: ['r3'], access: 'full' };
  await using sandbox = await startSandbox(workspace.path, [
    `serviceAccounts=${JSON.stringify([{ ...account, access: 'insert' }, reader])}`,
    'accountId=acct-7',
  ]);
  // As people paste it: a byte order mark, and line breaks of the key as two characters.
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().replaceAll('\n', '\\n');
  const tokenURI = `${sandbox.url}/v1/auth/sa/oauth/token`;
  for (const [file, clientID] of [
    ['credentials.json', 'client-1'],
    ['reader.json', 'client-2'],
  ] as const) {
    const text = `\ufeff${JSON.stringify({ clientID, keyID: 'key-1', tokenURI, privateKey: pem })}`;
    await writeFile(workspace.at(file), text, { mode: 0o600 });
  }
  const few = pairs.slice(0, 40);
  await workspace.writePairs('NAME', few);
  const wanted = {
    credentials_context: '{"department":"billing"}',
    credentials_roles: 'r1, r2',
    lookup_credentials_context: 'auditor',
    lookup_credentials_roles: 'r3',
    account_id: 'acct-7',
  };
  const load = async (skyflow: object, command: readonly string[] = ['--all']) => {
    const credential = {
      ...{ bearer_token: undefined, credentials_file: 'credentials.json' },
      // Every record is looked up, with the account that reads.
      ...{ lookup_credentials_file: 'reader.json', skip_existing: true },
    };
    await workspace.configure(sandbox.url, ['NAME'], { skyflow: { ...credential, ...skyflow } });
    return workspace.run(command);
  };
  for (const missing of Object.keys(wanted)) {
    const refused = await load({ ...wanted, [missing]: undefined }, ['check', '--vault', 'name']);
    // 401 of the exchange ends a check; 403 of a read may be a matter of rights.
    assert.match(
      refused.stdout,
      missing === 'account_id' ? /HTTP 403 not allowed/ : /gave no token: HTTP 401/,
    );
  }
  const end = await load(wanted);
  assert.equal(end.status, 0, end.stdout + end.stderr);
  assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(few));
});
