import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { startSnowflakeSandbox } from '../../src/sandbox/snowflake/snowflake-sandbox.js';
import { StaticCredential } from '../../src/vault/credential/credential.js';
import { ServiceAccountCredential } from '../../src/vault/credential/service-account-credential.js';
import { SecretRenewal } from '../../supervisor/secrets/secret-renewal.js';
import { loadSettings } from '../../src/config/load-configuration.js';
import { withoutDriver, withoutEngine } from '../support/optional-packages.js';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';
import { httpVault, quiet } from '../vault/scripted-vault.js';

/** Writes what `file` holds, and puts `next` into it: the first output is refused, the second is good. */
const rotating = (file: string, next: string): string =>
  `echo run >> runs.txt; cat ${file}; printf %s ${next} > ${file}`;

test('the token for looking up is what its command says now: run again after a 401, while inserts keep their own', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  const pairs = makePairs(60);
  await workspace.writePairs('NAME', pairs);
  await workspace.configure(sandbox.url, ['NAME']);
  await workspace.run(['--all', '--quiet'], { status: 0 });
  // Another host: only by looking up it can be seen that the vault holds these records.
  await rm(workspace.at('runs'), { recursive: true });
  await writeFile(workspace.at('reading'), 'reading-1');
  await sandbox.set({ expiredTokens: ['reading-1'] });
  await workspace.configure(sandbox.url, ['NAME'], {
    skyflow: { lookup_bearer_token_command: rotating('reading', 'reading-2') },
  });
  const again = await workspace.run(['--all', '--quiet'], { status: 2 });
  assert.match(again.stdout, /records that were looked up are in the vault already/);
  assert.equal(await readFile(workspace.at('runs.txt'), 'utf8'), 'run\nrun\n');
  assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(pairs));
});

test(
  "Snowflake's password is what its command says now: run again once when a login is refused",
  { skip: withoutDriver || withoutEngine },
  async () => {
    await using workspace = await Workspace.create();
    await using vault = await startSandbox(workspace.path);
    const account = await startSnowflakeSandbox({ seed: { patients: 40, clm: 1, mbr: 1 } });
    try {
      const configuration = (command: string) => ({
        source: 'snowflake',
        skyflow: {
          vault_url: vault.url,
          bearer_token: 'test-bearer-token',
          vaults: [{ name: 'SSN', id: 'vault-ssn', column: 'ssn' }],
        },
        snowflake: {
          account: 'TEST-ACCOUNT',
          access_url: account.accessUrl,
          user: 'LOADER',
          password_command: command,
        },
        performance: { append_suffix: false, max_records: 0 },
      });
      const load = async (command: string) => {
        await writeFile(workspace.at('runs.txt'), '');
        await writeFile(workspace.at('config.json'), JSON.stringify(configuration(command)), { mode: 0o600 });
        return workspace.run(['--all', '--quiet', '--new-run']);
      };
      await writeFile(workspace.at('password'), 'of-yesterday');
      const end = await load(rotating('password', 'sandbox-password'));
      assert.equal(end.status, 0, end.stdout + end.stderr);
      assert.equal(await readFile(workspace.at('runs.txt'), 'utf8'), 'run\nrun\n');
      assert.notDeepEqual(await vault.pairs('vault-ssn', 'ssn'), []);
      // One that stays wrong is not tried once more: too many attempts lock a user.
      const wrong = await load('echo run >> runs.txt; echo of-yesterday');
      assert.equal(wrong.status, 3, wrong.stdout + wrong.stderr);
      assert.equal(await readFile(workspace.at('runs.txt'), 'utf8'), 'run\nrun\n');
      assert.doesNotMatch(end.stderr + wrong.stderr + wrong.stdout, /of-yesterday/);
    } finally {
      await account.close();
    }
  },
);

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

test('a service account whose key is refused is asked for anew, once for one token', async () => {
  await using endpoint = await httpVault(({ body }, response) => {
    const assertion = /"assertion":"[^.]*\.([^.]*)\./.exec(body)?.[1] ?? '';
    const isNew = Buffer.from(assertion, 'base64url').toString().includes('"key":"new"');
    response.writeHead(isNew ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isNew ? { accessToken: 'granted' } : { error: { message: 'no such key' } }));
  });
  const json = (keyID: string) =>
    JSON.stringify({ clientID: 'c', keyID, tokenURI: `${endpoint.url}/token`, privateKey });
  const account = (anew: () => Promise<string | undefined>) =>
    new ServiceAccountCredential({
      origin: { json: json('old') },
      connection: { httpVersion: '1.1', proxy: {}, connectTimeoutMs: 5000 },
      requestTimeoutMs: 5000,
      anew,
    });
  let asked = 0;
  const answers = (keyID: string | undefined) => () => {
    asked += 1;
    return Promise.resolve(keyID === undefined ? undefined : json(keyID));
  };
  assert.equal(await account(answers('new')).current(quiet()), 'granted');
  for (const answer of [undefined, 'old', 'older']) {
    await assert.rejects(account(answers(answer)).current(quiet()), { code: 'unauthorized' });
  }
  assert.equal(asked, 4, 'no command runs for ever');
});

test('a token that is had anew is renewed only when it is another one', async () => {
  const credential = new StaticCredential('first', () => Promise.resolve('second'));
  assert.equal(await credential.renew('first', quiet()), true);
  assert.equal(await credential.current(quiet()), 'second');
  assert.equal(await credential.renew('second', quiet()), false);
});

test('however many vaults hold the same refused secret, its command runs once, and its failure is said and quotes nothing', async () => {
  await using workspace = await Workspace.create();
  const runs = workspace.at('runs.txt');
  const settings = (command: string) =>
    loadSettings({ environment: { SKYFLOW_LOOKUP_BEARER_TOKEN_COMMAND: command } }).settings;
  const said: string[] = [];
  const note = (message: string) => void said.push(message);
  const key = 'skyflow.lookup_bearer_token';
  const renewal = new SecretRenewal(settings(`echo run >> ${runs}; wc -l < ${runs}`), note);
  const texts = await Promise.all([0, 0, 0].map((generation) => renewal.ask(key, generation)));
  assert.deepEqual(texts, Array<unknown>(3).fill({ generation: 1, text: '1' }));
  assert.deepEqual(await renewal.ask(key, 0), { generation: 1, text: '1' }, 'who asks late gets it too');
  assert.deepEqual(await renewal.ask(key, 1), { generation: 2, text: '2' });
  assert.deepEqual(await renewal.ask('snowflake.password', 0), { generation: 1 }, 'no command, no secret');
  assert.deepEqual(said, []);
  const failing = new SecretRenewal(settings('echo s3cret; exit 7'), note);
  assert.deepEqual(await failing.ask(key, 0), { generation: 1 });
  assert.equal(said.length, 1);
  assert.match(said.join(), /lookup_bearer_token_command ended with exit status 7/);
  assert.doesNotMatch(said.join(), /s3cret/);
});
