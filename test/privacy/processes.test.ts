import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { loadingChild, stopAtOnce } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { Workspace } from '../support/workspace.js';
import { assertPrivate, BEARER, sentinelPairs, TOKEN, VALUE } from './sentinels.js';
import { needsProc } from '../support/needs-proc.js';

const PROXY_PASSWORD = 'sentinel-proxy-password-03d7';
const performance = { batch_size: 4, max_concurrency: 2 };

test(
  'arguments and environment of a child hold no secret and nothing but what it needs',
  needsProc,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['hangBefore.rate=1', 'faultRoutes=["insert"]']);
    await workspace.configure(sandbox.url, ['NAME'], { skyflow: { bearer_token: undefined }, performance });
    await workspace.writePairs('NAME', sentinelPairs(20));
    const load = workspace.start(['--all'], {
      env: {
        SKYFLOW_BEARER_TOKEN: BEARER,
        SNOWFLAKE_PASSWORD: BEARER,
        HTTP_PROXY: `http://proxy-user:${PROXY_PASSWORD}@127.0.0.1:1`,
        NO_PROXY: '127.0.0.1',
        NODE_OPTIONS: '--no-warnings',
      },
    });
    const pid = await loadingChild(workspace, 'NAME');

    const environment = await readProc(pid, 'environ');
    const words = await readProc(pid, 'cmdline');

    for (const secret of [BEARER, PROXY_PASSWORD, VALUE, TOKEN])
      assert.ok(!`${environment.join()} ${words.join()}`.includes(secret), secret);
    const names = environment.map((entry) => entry.split('=')[0] ?? '');
    const allowed = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'PWD', 'SHLVL', '_', 'OLDPWD'];
    assert.deepEqual(
      names.filter((name) => !allowed.includes(name) && !name.startsWith('NODE_CHANNEL_')),
      [],
      'no other variable is handed on',
    );
    const end = await stopAtOnce(load, sandbox);
    assert.ok(!`${end.stdout}${end.stderr}`.includes(PROXY_PASSWORD));
    await assertPrivate(workspace, end, { errorLogs: false });
  },
);

test(
  'a token given as a flag warns, is erased from the process list, and is in no child',
  needsProc,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['hangBefore.rate=1', 'faultRoutes=["insert"]']);
    await workspace.configure(sandbox.url, ['NAME'], { skyflow: { bearer_token: undefined }, performance });
    await workspace.writePairs('NAME', sentinelPairs(20));
    const load = workspace.start(['--all', `--token=${BEARER}`, '--batch-size', '5']);
    const pid = await loadingChild(workspace, 'NAME');

    const supervisor = await readProc(load.child.pid ?? 0, 'cmdline');
    const child = await readProc(pid, 'cmdline');

    assert.ok(!supervisor.join(' ').includes(BEARER), supervisor.join(' '));
    assert.match(supervisor.join(' '), /^skyflow-supervise --all --token=\*\*\* --batch-size 5/);
    assert.match(child.join(' '), /^skyflow-supervise NAME/);
    const end = await stopAtOnce(load, sandbox);
    assert.match(end.stderr, /warning: --token on the command line can be read by everybody on this machine/);
    await assertPrivate(workspace, end, { errorLogs: false });
  },
);

test('a token in the old spelling, as a word of its own, does its work and warns as well', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [`accessTokens=[{"token":"${BEARER}"}]`]);
  await workspace.configure(sandbox.url, ['NAME'], { performance });
  await workspace.writePairs('NAME', sentinelPairs(8));

  const end = await workspace.run(['-all', '-token', BEARER], { status: 0 });
  assert.match(end.stderr, /warning: --token on the command line/);
  await assertPrivate(workspace, end, { errorLogs: false });
});

/** The texts of a file in /proc that are divided by NUL. */
async function readProc(pid: number, file: 'environ' | 'cmdline'): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/${file}`, 'utf8');
  return text.split('\0').filter((word) => word !== '');
}
