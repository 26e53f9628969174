import assert from 'node:assert/strict';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { test } from 'node:test';
import { loadingChild } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { keys, needsTerminal, startInTerminal } from '../support/terminal.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, Workspace } from '../support/workspace.js';

const needsProc = process.platform === 'linux' ? needsTerminal : { skip: 'knows processes by /proc' };

/** The processes of children that are at work in a folder. */
async function childrenIn(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const isOne = async (pid: string): Promise<boolean> => {
    if ((await readlink(`/proc/${pid}/cwd`).catch(() => '')) !== folder) return false;
    const said = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return /child\/main\.js|^skyflow-supervise NAME/.test(said);
  };
  const found = await Promise.all(pids.map(isOne));
  return pids.filter((_, at) => found[at]).map(Number);
}

test(
  'the process of the first vault begins while the load is still being made ready, and is the one that loads it',
  needsProc,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=100']);
    await workspace.configure(sandbox.url, ['NAME'], {
      skyflow: { bearer_token: undefined },
      performance: { batch_size: 1, max_concurrency: 1 },
    });
    const pairs = makePairs(10);
    await workspace.writePairs('NAME', pairs);
    await using terminal = startInTerminal(['--all'], { cwd: workspace.path });
    await terminal.answer(/Skyflow bearer token:/);
    // The shell that becomes it has its arguments too.
    await waitUntil('its child is there', async () => (await childrenIn(workspace.path)).length > 0);
    const [pid, ...more] = await childrenIn(workspace.path);
    assert.ok(pid !== undefined && more.length === 0);
    terminal.type(`any-token${keys.enter}`);
    assert.equal(await loadingChild(workspace, 'NAME'), pid);
    assert.equal(await terminal.ended, 0, terminal.all());
    assert.deepEqual(await sandbox.pairs('vault-name', 'name'), asMultiset(pairs));
    assert.deepEqual(await childrenIn(workspace.path), []);
  },
);

test(
  'a process that was started ahead and is not needed ends with the load, and leaves nothing',
  needsProc,
  async () => {
    await using workspace = await Workspace.create();
    await workspace.configure('http://127.0.0.1:9', ['NAME'], { performance: { max_concurrency: 0 } });
    const refused = await workspace.start(['--all']).ended;
    assert.equal(refused.status, 2, refused.stdout + refused.stderr);
    await waitUntil('no child is left', async () => (await childrenIn(workspace.path)).length === 0);
    assert.deepEqual((await readdir(workspace.path)).sort(), ['config.json', 'data']);
  },
);

test(
  'a process that was started ahead ends by itself when the supervisor is killed at a question',
  needsProc,
  async () => {
    await using workspace = await Workspace.create();
    await workspace.configure('http://127.0.0.1:9', ['NAME'], { skyflow: { bearer_token: undefined } });
    await using terminal = startInTerminal(['--all'], {
      cwd: workspace.path,
      shell: (command) => `echo $$; exec ${command}`,
    });
    await terminal.answer(/Skyflow bearer token:/);
    await waitUntil('its child is there', async () => (await childrenIn(workspace.path)).length === 1);
    process.kill(Number(/^\d+/.exec(terminal.all())?.[0]), 'SIGKILL');
    await terminal.ended;
    await waitUntil('no child is left', async () => (await childrenIn(workspace.path)).length === 0);
  },
);
