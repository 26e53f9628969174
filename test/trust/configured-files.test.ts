import assert from 'node:assert/strict';
import { chmod, chown, lchown, mkdir, symlink, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { singleSettings } from '../../src/config/catalogue.js';
import { readTrusted } from '../../src/trust/open-trusted.js';
import { needsTwoUsers } from '../support/needs-two-users.js';
import { stranger } from '../support/users.js';
import { Workspace } from '../support/workspace.js';

const guarded = singleSettings.flatMap(({ key, variable, file }) =>
  file === undefined || variable === undefined ? [] : [{ key, variable, file }],
);

test('a file of configuration, secrets or authorities that others may write is refused, one of secrets that they may read is warned of', async () => {
  await using workspace = await Workspace.create();
  await workspace.configure('http://127.0.0.1:9', ['NAME'], { skyflow: { bearer_token: undefined } });
  const file = workspace.at('config.json');
  const secret = workspace.at('secret');
  await writeFile(secret, 'secret', { mode: 0o600 });
  assert.ok(guarded.length >= 8, 'there are such settings');
  for (const { key, variable, file: kind } of guarded) {
    const environment =
      key.startsWith('skyflow.') && key !== 'skyflow.ca_file' && !key.includes('lookup')
        ? { [variable]: secret }
        : { SKYFLOW_BEARER_TOKEN: 'token', [variable]: secret };
    const warningsOf = (): readonly string[] => loadConfiguration({ file, environment }).warnings;
    await chmod(secret, 0o600);
    assert.deepEqual(warningsOf(), [], key);
    await chmod(secret, 0o644);
    const expected = kind === 'secret' ? 1 : 0;
    assert.equal(
      warningsOf().filter((warning) => warning.includes(`${key}, mode 0644`)).length,
      expected,
      key,
    );
    await chmod(secret, 0o622);
    assert.throws(
      warningsOf,
      { code: 'config', message: /secret is not trusted: everybody .* \(mode 0622\)/ },
      key,
    );
  }
  await chmod(file, 0o666);
  assert.throws(() => loadConfiguration({ file, environment: { SKYFLOW_BEARER_TOKEN: 'token' } }), {
    message: /config\.json is not trusted: everybody/,
  });
});

test(
  'a secret may be reached by links of this user and of root, and by no link or owner else',
  needsTwoUsers,
  async () => {
    await using workspace = await Workspace.create();
    await mkdir(workspace.at('..2026'));
    await writeFile(workspace.at('..2026', 'token'), 'token', { mode: 0o600 });
    await symlink('..2026', workspace.at('..data'));
    await symlink('..data/token', workspace.at('token'));
    assert.equal((await readTrusted(workspace.at('token'))).toString(), 'token');
    await symlink(workspace.at('token'), workspace.at('planted'));
    await lchown(workspace.at('planted'), stranger.uid, stranger.gid);
    await assert.rejects(readTrusted(workspace.at('planted')), {
      message: /planted is a link, and it belongs to/,
    });
    await chown(workspace.at('..2026', 'token'), stranger.uid, stranger.gid);
    await assert.rejects(readTrusted(workspace.at('token')), {
      message: /token is not trusted: it belongs to/,
    });
  },
);
