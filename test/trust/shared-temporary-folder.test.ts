import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { loadFile } from '../../src/journal/load-lock.js';
import { needsTwoUsers } from '../support/needs-two-users.js';
import type { ProgramEnd } from '../support/program.js';
import { startSandbox } from '../support/sandbox.js';
import { stranger, victim, type User } from '../support/users.js';
import { makePairs, vaults, Workspace } from '../support/workspace.js';

const { NAME } = vaults;

/** A file that somebody put there. */
async function plant(file: string, content: string, { uid, gid }: User): Promise<void> {
  await writeFile(file, content);
  await chmod(file, 0o666);
  await chown(file, uid, gid);
}

test(
  'what others have put into a shared temporary directory blocks no load, is never deleted in the vault, and no link there is followed',
  needsTwoUsers,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path);
    const destructible = { name: NAME.name, id: NAME.id, column: NAME.column, allow_destructive: true };
    await workspace.configure(sandbox.url, ['NAME'], { skyflow: { vaults: [destructible] } });
    await workspace.writePairs('NAME', makePairs(30, 'NAME'));
    await chmod(workspace.path, 0o755);
    for (const name of ['config.json', 'home']) {
      if (name === 'home') await mkdir(workspace.at(name));
      await chown(workspace.at(name), victim.uid, victim.gid);
    }
    const shared = workspace.at('shared');
    await mkdir(shared);
    await chmod(shared, 0o1777);
    const planted = `${shared}/skyflow-supervise-daemon`;
    await mkdir(planted);
    await chmod(planted, 0o777);
    await chown(planted, stranger.uid, stranger.gid);
    const precious = workspace.at('home', 'precious');
    await plant(precious, 'precious', victim);
    await chmod(precious, 0o600);
    const target = { vaultUrl: sandbox.url, vaultId: NAME.id, table: 'name' };
    const lock = loadFile(planted, target, 'lock');
    const run = (...argv: string[]): Promise<ProgramEnd> =>
      workspace.run([...argv, '--vault', 'name'], {
        user: victim,
        env: {
          HOME: workspace.at('home'),
          TMPDIR: shared,
          XDG_STATE_HOME: '',
          SKYFLOW_RUN_DIR: workspace.at('home', 'runs'),
        },
      });

    // A lock of a process that lives for ever.
    const forged = { id: '11111111-1111-4111-8111-111111111111', pid: 1, since: '2026-01-01T00:00:00Z' };
    await plant(lock, JSON.stringify(forged), stranger);
    const loaded = await run('load');
    assert.equal(loaded.status, 0, loaded.stdout + loaded.stderr);
    assert.match(loaded.stdout + loaded.stderr, /skyflow-supervise-daemon is not trusted: it belongs to/);

    // Ids of records that the victim loaded, a link in place of the ids, a pipe in place of the lock.
    await plant(lock.replace('.lock', '.ids'), 'record-1\nrecord-2\n', stranger);
    await symlink(precious, loadFile(planted, target, 'calibration'));
    execFileSync('sh', ['-c', 'rm "$1" && mkfifo -m 666 "$1"', 'sh', lock]);
    const calibrated = await run('calibrate', '--yes', '--max-records', '20', '--step-seconds', '1');
    assert.ok(calibrated.status === 0 || calibrated.status === 3, calibrated.stdout + calibrated.stderr);
    assert.equal(await sandbox.count(NAME.id, 'name'), 30);
    assert.equal(await readFile(precious, 'utf8'), 'precious');
  },
);

test('a calibration deletes nothing for ids that do not prove who inserted them', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  const destructible = { name: NAME.name, id: NAME.id, column: NAME.column, allow_destructive: true };
  await workspace.configure(sandbox.url, ['NAME'], { skyflow: { vaults: [destructible] } });
  await workspace.writePairs('NAME', makePairs(30, 'NAME'));
  await workspace.run(['--vault', 'name'], { status: 0 });
  const state = workspace.at('.state', 'skyflow-supervise');
  const file = loadFile(state, { vaultUrl: sandbox.url, vaultId: NAME.id, table: 'name' }, 'calibration');
  const line = { run: 'a run', vault: NAME.id, table: 'name', ids: ['record-1'] };
  const proof = createHash('sha256')
    .update(JSON.stringify(Object.values(line)))
    .digest('hex');
  await writeFile(file, `${JSON.stringify({ ...line, proof })}\n`, { mode: 0o600 });
  const refused = await workspace.run(['calibrate', '--vault', 'name', '--yes'], { status: 3 });
  assert.match(refused.stdout, /line 1 of .* does not prove that this program inserted its records/);
  assert.equal(await sandbox.count(NAME.id, 'name'), 30);
  assert.equal((await readFile(file, 'utf8')).includes('record-1'), true);
});
