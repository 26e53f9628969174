import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { needsTwoUsers } from '../support/needs-two-users.js';
import { startSandbox } from '../support/sandbox.js';
import { loadingChild } from '../support/running-load.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const program = fileURLToPath(new URL('../../supervisor/main.js', import.meta.url));
/** Of util-linux. */
const setpriv = 'setpriv';
const hasSetpriv = spawnSync(setpriv, ['--version']).status === 0;
const needsPods = 'skip' in needsTwoUsers || hasSetpriv ? needsTwoUsers : { skip: 'needs setpriv(1)' };

/** A random user without a name, in root's group, with the group of the pod's volumes. */
const uid = 1_000_650_000;
const fsGroup = 1_000_650_001;

/** What kubelet does to a volume with `fsGroup` each time a pod gets it. */
async function remount(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) continue;
    await chown(path, -1, fsGroup);
    await chmod(path, entry.isDirectory() ? 0o2770 : 0o660);
  }
  await chown(folder, 0, fsGroup);
  await chmod(folder, 0o2770);
}

test(
  'a pod with a random user, secrets as links of root and a volume of its group loads, is killed, and resumes',
  needsPods,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=150']);
    await chmod(workspace.path, 0o755);
    const pairs = makePairs(300);
    await workspace.writePairs('NAME', pairs);
    for (const name of ['name_data.csv', 'name_tokens.csv']) await chmod(workspace.at('data', name), 0o644);
    await chmod(workspace.at('data'), 0o755);

    // A secret as Kubernetes mounts it: files in a folder of the time, `..data` leading there, a link for each key.
    const secrets = workspace.at('secrets');
    await mkdir(join(secrets, '..2026_01_02'), { recursive: true });
    await chmod(secrets, 0o1777);
    const { NAME } = vaults;
    const configuration = {
      skyflow: {
        vault_url: sandbox.url,
        bearer_token_file: join(secrets, 'token'),
        vaults: [{ name: NAME.name, id: NAME.id, column: NAME.column }],
        settle_ms: 0,
      },
      csv: { data_directory: workspace.at('data') },
      run_dir: workspace.at('runs'),
      performance: { append_suffix: false, max_records: 0, batch_size: 5, max_concurrency: 1 },
    };
    await writeFile(join(secrets, '..2026_01_02', 'config.json'), JSON.stringify(configuration));
    await writeFile(join(secrets, '..2026_01_02', 'token'), 'test-bearer-token\n');
    await symlink('..2026_01_02', join(secrets, '..data'));
    for (const key of ['config.json', 'token']) {
      const file = join(secrets, '..2026_01_02', key);
      await chown(file, 0, fsGroup);
      await chmod(file, 0o440);
      await symlink(`..data/${key}`, join(secrets, key));
    }
    await chmod(join(secrets, '..2026_01_02'), 0o755);
    const volume = workspace.at('runs');
    await mkdir(volume);
    await remount(volume);

    const pod = () => {
      const user = [
        '--reuid',
        `${uid}`,
        '--regid',
        '0',
        '--groups',
        `${fsGroup}`,
        '--inh-caps=-all',
        '--no-new-privs',
      ];
      const argv = [
        process.execPath,
        program,
        'load',
        '--start-or-resume',
        '--config',
        join(secrets, 'config.json'),
      ];
      const child = spawn(setpriv, [...user, ...argv], {
        cwd: volume,
        env: { PATH: process.env['PATH'], HOME: '/', XDG_STATE_HOME: join(volume, '.state') },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const said = Promise.all([text(child.stdout), text(child.stderr)]).then((both) => both.join(''));
      return { child, said, ended: once(child, 'close') };
    };
    const first = pod();
    const childPid = await loadingChild(workspace, 'NAME');
    first.child.kill('SIGKILL');
    process.kill(childPid, 'SIGKILL');
    await first.ended;
    await remount(volume);
    await sandbox.set({ latency: { fixedMs: 0 } });

    const second = pod();
    const [status] = (await second.ended) as [number | null];
    assert.equal(status, 0, await second.said);
    assert.match(await second.said, /resumed/);
    assert.doesNotMatch(await second.said, /not trusted|others on this machine/);
    assert.equal((await readdir(volume)).filter((name) => name !== '.state').length, 1, 'the same run');
    assert.deepEqual(await sandbox.pairs(NAME.id, 'name'), asMultiset(pairs));
  },
);
