import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openRunLog } from '../../supervisor/observers/run-log.js';
import { loadingChild } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { unfolded } from '../support/unfolded.js';
import { makePairs, vaults, Workspace } from '../support/workspace.js';

const { NAME } = vaults;

test("the run's log never waits for a disk: lines that cannot be written are lost, and its end comes", async () => {
  await using workspace = await Workspace.create();
  const file = workspace.at('run.log');
  for (const target of ['/dev/full', workspace.at('missing', 'run.log'), workspace.path]) {
    const log = openRunLog(target);
    for (let line = 0; line < 3; line += 1) log.logger.info({ line }, 'said');
    log.close();
    log.logger.info('after the end');
  }
  const log = openRunLog(file);
  log.logger.info('kept');
  log.close();
  assert.match(await readFile(file, 'utf8'), /^\{.*"msg":"kept"\}\n$/);
});

// A limit of the size of files fails like a full disk, and needs no disk.
describe('the disk of the run directory', () => {
  test('fails before the run has a record: 3, storage, the file, and no run to be resumed', async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path);
    await workspace.configure(sandbox.url, ['NAME']);
    await workspace.writePairs('NAME', makePairs(3));

    const end = await workspace.run(['--all', '--json'], { shell: 'ulimit -f 1; exec "$@"', status: 3 });
    assert.match(unfolded(end.stderr), /cannot write .*run\.json \(EFBIG\).*Make room/);
    assert.match(end.stdout, /"code": "storage"/);
    assert.doesNotMatch(end.stderr + end.stdout, /resume/);
    assert.deepEqual(await workspace.runs(), []);
    assert.equal(await sandbox.count(NAME.id, NAME.column), 0);
    const offline = await workspace.run(['--all', '--offline', '--json'], {
      shell: 'ulimit -f 1; exec "$@"',
      status: 3,
    });
    assert.match(offline.stdout, /"exit_code": 3,[^]*"code": "storage"/);
    // Whichever file is the first that finds no room: here the key of the user, then the lock of a run.
    const first = await workspace.run(['--all'], {
      shell: 'ulimit -f 0; exec "$@"',
      env: { XDG_STATE_HOME: workspace.at('new-state') },
      status: 3,
    });
    assert.match(unfolded(first.stderr), /cannot write .*key \(EFBIG\).*Make room/);
    await sandbox.set({ expiredTokens: ['test-bearer-token'] });
    await workspace.run(['--all', '--quiet'], { status: 3 });
    const resumed = await workspace.run(['resume'], { shell: 'ulimit -f 0; exec "$@"', status: 3 });
    assert.match(unfolded(resumed.stderr), /cannot lock .*run\.lock \(EFBIG\).*Make room/);
    const [run = ''] = await workspace.runs();
    assert.deepEqual(
      (await readdir(run)).filter((name) => name.endsWith('.new')),
      [],
    );
  });

  test('fails while records are loaded: 3, storage, the file, and the resume command, which loads the rest', async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['poison=["poison"]']);
    const pairs = makePairs(400).map(
      ([value, token], at) => [at % 4 ? value : `poison ${value}`, token] as const,
    );
    await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 20, max_concurrency: 2 } });
    await workspace.writePairs('NAME', pairs);

    const end = await workspace.run(['--all'], { shell: 'ulimit -f 20; exec "$@"', status: 3 });
    assert.match(unfolded(end.stdout), /cannot write \S+ ?\S* \(EFBIG\) \[storage\]/);
    assert.match(end.stdout, /Go on with:\n {2}skyflow-supervise resume /);
    const [run = ''] = await workspace.runs();
    // What a process that is killed in the middle leaves.
    for (const name of ['merged_error_log_20250102_030405.json.new', 'summary.json.0a1b2c3d.tmp'])
      await writeFile(join(run, name), '{');

    await workspace.run(['resume'], { status: 1 });
    assert.deepEqual(
      (await readdir(run)).filter((name) => /\.(?:new|tmp)$/.test(name)),
      [],
    );
    const { totals } = await workspace.summary();
    assert.deepEqual([totals.uploaded, totals.failed, totals.unsettled], [300, 100, 0]);
    assert.equal(await sandbox.count(NAME.id, NAME.column), 300);
  });

  test('is gone with the directory: words and exit status agree, and nothing advises to resume', async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=200']);
    await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 1, max_concurrency: 1 } });
    await workspace.writePairs('NAME', makePairs(60));
    const load = workspace.start(['--all', '--json']);
    await loadingChild(workspace, 'NAME');
    await rename(workspace.at('runs'), workspace.at('elsewhere'));
    await sandbox.set({ latency: { fixedMs: 20 } });

    const end = await load.ended;

    assert.equal(end.status, 3, end.stderr);
    const summary = JSON.parse(end.stdout) as Record<string, unknown>;
    assert.deepEqual([summary['status'], summary['exit_code']], ['incomplete', 3]);
    assert.equal(summary['resume_command'], undefined);
    assert.match(end.stderr, /the journal is gone/);
    assert.match(end.stderr, /INCOMPLETE/);
    assert.doesNotMatch(end.stderr, /COMPLETE:.*none failed|Go on with/);
    assert.equal(await sandbox.count(NAME.id, NAME.column), 60);
    assert.ok(!existsSync(workspace.at('runs')));
    // What the message says: put it back, and resume.
    await rename(workspace.at('elsewhere'), workspace.at('runs'));
    await workspace.run(['resume', '--quiet'], { status: 0 });
    assert.equal(await sandbox.count(NAME.id, NAME.column), 60);
  });
});
