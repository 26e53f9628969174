import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { acquireLock } from '../../src/journal/lock.js';
import { DurableFile } from '../../src/journal/durable-file.js';
import { openPrivate, readPrivate } from '../../src/trust/open-private.js';
import { openStateFolder } from '../../src/trust/state-folder.js';
import { strangersMayRead, strangerThatWrites } from '../../src/trust/strangers.js';
import { userKey } from '../../src/trust/user-key.js';
import { needsTwoUsers } from '../support/needs-two-users.js';
import { stranger } from '../support/users.js';
import { Workspace } from '../support/workspace.js';

const own = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };

test('strangers are neither this user nor root: who owns a file, everybody, a group with others in it', () => {
  const of = (file: { uid?: number; gid?: number; mode: number }) => strangerThatWrites({ ...own, ...file });
  assert.equal(of({ mode: 0o100600 }), undefined);
  assert.equal(of({ mode: 0o100644 }), undefined);
  assert.equal(of({ uid: 0, mode: 0o100644 }), undefined);
  assert.match(of({ uid: 4_000_000, mode: 0o100600 }) ?? '', /^it belongs to uid 4000000$/);
  assert.match(of({ mode: 0o100666 }) ?? '', /^everybody on this machine may write to it \(mode 0666\)$/);
  assert.match(of({ mode: 0o100622 }) ?? '', /mode 0622/);
  assert.match(of({ gid: 4_000_000, mode: 0o100660 }) ?? '', /^the group gid 4000000 may write to it/);
  // OpenShift: a random user in root's group.
  assert.equal(of({ uid: 0, gid: 0, mode: 0o100664 }), undefined);
  assert.equal(strangersMayRead({ ...own, mode: 0o100604 }), true);
  assert.equal(strangersMayRead({ ...own, gid: 4_000_000, mode: 0o100640 }), true);
  assert.equal(strangersMayRead({ ...own, mode: 0o100600 }), false);
});

test('a private file is no link, pipe, directory or file that others may write, and none of them is waited for', async () => {
  await using workspace = await Workspace.create();
  const precious = workspace.at('precious');
  await writeFile(precious, 'precious', { mode: 0o600 });
  await symlink(precious, workspace.at('link'));
  execFileSync('sh', ['-c', 'mkfifo -m 600 "$1"', 'sh', workspace.at('pipe')]);
  await mkdir(workspace.at('folder'));
  await writeFile(workspace.at('open'), 'x');
  await chmod(workspace.at('open'), 0o666);
  const wrong = { link: /is a link/, pipe: /is a pipe/, folder: /./, open: /everybody .* \(mode 0666\)/ };
  for (const [name, message] of Object.entries(wrong)) {
    const file = workspace.at(name);
    await assert.rejects(readPrivate(file), { message }, name);
    await assert.rejects(openPrivate(file, 'w+'), { message }, name);
    await assert.rejects(DurableFile.open(file, 'w+'), { code: 'storage' }, name);
    await assert.rejects(acquireLock(file, { waitMs: 60_000, describe: 'it' }), { code: 'storage' }, name);
  }
  assert.equal(await readFile(precious, 'utf8'), 'precious');
  assert.equal(await readFile(workspace.at('open'), 'utf8'), 'x');
  await assert.rejects(openPrivate(workspace.at('none'), 'r'), { code: 'ENOENT' });
});

test('the state folder is made for its user alone, and one that is a link or open to others is refused', async () => {
  await using workspace = await Workspace.create();
  const folder = openStateFolder({ XDG_STATE_HOME: workspace.at('state') });
  assert.equal(folder, workspace.at('state', 'skyflow-supervise'));
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  assert.equal(openStateFolder({ XDG_STATE_HOME: workspace.at('state') }), folder);

  await mkdir(workspace.at('linked'));
  await symlink(folder, workspace.at('linked', 'skyflow-supervise'));
  assert.throws(() => openStateFolder({ XDG_STATE_HOME: workspace.at('linked') }), { message: /is a link/ });
  await mkdir(workspace.at('dangling'));
  await symlink(workspace.at('nowhere'), workspace.at('dangling', 'skyflow-supervise'));
  assert.throws(() => openStateFolder({ XDG_STATE_HOME: workspace.at('dangling') }), {
    message: /is a link/,
  });
  await chmod(folder, 0o777);
  assert.throws(() => openStateFolder({ XDG_STATE_HOME: workspace.at('state') }), { message: /mode 0777/ });
});

test('a state folder that somebody else made is refused by its owner', needsTwoUsers, async () => {
  await using workspace = await Workspace.create();
  const folder = workspace.at('skyflow-supervise');
  await mkdir(folder, { mode: 0o755 });
  await chown(folder, stranger.uid, stranger.gid);
  assert.throws(() => openStateFolder({ XDG_STATE_HOME: workspace.path }), {
    code: 'storage',
    message: /skyflow-supervise is not trusted: it belongs to \w+ \(65534\)/,
  });
});

test('the key of a user is drawn once, whoever wants it first, and is nobody else’s to read', async () => {
  await using workspace = await Workspace.create();
  const folder = openStateFolder({ XDG_STATE_HOME: workspace.path });
  const keys = await Promise.all(Array.from({ length: 8 }, () => userKey(folder, 'calibration')));
  assert.equal(new Set(keys.map((key) => key.toString('hex'))).size, 1);
  assert.equal((await stat(join(folder, 'key'))).mode & 0o777, 0o600);
  await chmod(join(folder, 'key'), 0o666);
  await assert.rejects(userKey(folder, 'calibration'), { code: 'storage' });
});
