import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { keys, needsTerminal, startInTerminal } from '../support/terminal.js';
import { Workspace } from '../support/workspace.js';
import { httpVault } from '../vault/scripted-vault.js';

const secret = 'sentinel-secret-1';

interface Missing {
  readonly what: string;
  readonly snowflake: object;
  readonly skyflow?: object;
  /** The questions in order; a secret is asked for last. */
  readonly questions: readonly RegExp[];
  /** What is said where nobody can be asked. */
  readonly otherwise: RegExp;
}

const cases: readonly Missing[] = [
  {
    what: 'bearer token, user and password',
    snowflake: {},
    skyflow: { bearer_token: undefined },
    questions: [/Skyflow bearer token:/, /Snowflake user name:/, /Snowflake password:/],
    otherwise: /skyflow\.bearer_token[^]*snowflake\.user[^]*--sf-password, SNOWFLAKE_PASSWORD or the key/,
  },
  {
    what: 'programmatic access token',
    snowflake: { user: 'LOADER', authenticator: 'programmatic_access_token' },
    questions: [/Snowflake programmatic access token:/],
    otherwise: /a Snowflake programmatic access token by --sf-password, SNOWFLAKE_PASSWORD or the key/,
  },
  {
    what: 'passphrase of an encrypted key',
    snowflake: { user: 'LOADER', authenticator: 'SNOWFLAKE_JWT', private_key_path: 'key.p8' },
    questions: [/passphrase of the Snowflake private key:/],
    otherwise: /a passphrase of the Snowflake private key by SNOWFLAKE_PRIVATE_KEY_PASSPHRASE or the key/,
  },
];

/** A folder whose load asks for what is missing, and a server in the place of vault and Snowflake that counts. */
async function prepare(workspace: Workspace, url: string, { snowflake, skyflow }: Missing): Promise<void> {
  if ('private_key_path' in snowflake) {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: secret },
    });
    await writeFile(workspace.at('key.p8'), privateKey, { mode: 0o600 });
  }
  const configuration = {
    source: 'snowflake',
    skyflow: {
      vault_url: url,
      bearer_token: 'test-bearer-token',
      vaults: [{ name: 'SSN', id: 'v1', column: 'ssn' }],
      ...skyflow,
    },
    snowflake: { account: 'TEST', access_url: url, ...snowflake },
    performance: { append_suffix: false, max_records: 0 },
  };
  await writeFile(workspace.at('config.json'), JSON.stringify(configuration), { mode: 0o600 });
}

for (const missing of cases) {
  test(
    `a missing ${missing.what} is asked for, hidden; Ctrl-C at each question ends with 130 and nothing started`,
    needsTerminal,
    async () => {
      await using workspace = await Workspace.create();
      const requests: string[] = [];
      await using server = await httpVault(({ path }, response) => {
        requests.push(path);
        response.writeHead(400).end('{}');
      });
      await prepare(workspace, server.url, missing);
      const before = await readdir(workspace.path);

      for (const stop of new Set([0, missing.questions.length - 1])) {
        const question = missing.questions[stop] ?? assert.fail();
        await using terminal = startInTerminal(['--all'], { cwd: workspace.path });
        for (const earlier of missing.questions.slice(0, stop))
          await terminal.answer(earlier, `${secret}${keys.enter}`);
        await terminal.answer(question, secret);
        await terminal.answer(/\*{17}/, keys.ctrlC);
        assert.equal(await terminal.ended, 130, terminal.all());
        assert.match(terminal.all(), /stopped at a question; nothing was started/);
        if (stop < 1) assert.doesNotMatch(terminal.all(), /sentinel/);
      }
      assert.deepEqual(requests, []);
      assert.deepEqual(await readdir(workspace.path), before, 'no run directory');

      const nobody = await workspace.run(['--all'], { status: 2 });
      assert.match(nobody.stderr, missing.otherwise);
    },
  );
}

test(
  'check asks for a missing token as a load does, and goes on with the answer',
  needsTerminal,
  async () => {
    await using workspace = await Workspace.create();
    await using server = await httpVault((_request, response) => response.end('{"records":[]}'));
    await workspace.configure(server.url, ['NAME'], { skyflow: { bearer_token: undefined } });
    await using terminal = startInTerminal(['check'], { cwd: workspace.path });
    await terminal.answer(/Skyflow bearer token:/, `${secret}${keys.enter}`);
    assert.equal(await terminal.ended, 2, 'there are no CSV files');
    assert.match(terminal.all(), /✔ bearer token of 17 characters/);
    assert.match(terminal.all(), /✔ NAME: table name, column name: there/);
    assert.doesNotMatch(terminal.all(), /sentinel/);
  },
);
