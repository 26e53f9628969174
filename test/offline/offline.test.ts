import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir, readFile, stat, writeFile, open } from 'node:fs/promises';
import { test } from 'node:test';
import { claimPidFile } from '../../supervisor/offline/pid-file.js';
import { loadingChild } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { needsTerminal, startInTerminal } from '../support/terminal.js';
import { isAlive, waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';
import { Background, departureSchema } from './background.js';
import { needsProc } from '../support/needs-proc.js';

const { NAME } = vaults;
const SECRET = 'sentinel-bearer-5f21';
const performance = { batch_size: 5, max_concurrency: 1 };

test(
  'an offline load has a session, a log and a PID file of its own, ignores SIGHUP, and resumes',
  needsProc,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=300']);
    await using background = new Background(workspace);
    await workspace.configure(sandbox.url, ['NAME'], { skyflow: { bearer_token: undefined }, performance });
    const pairs = makePairs(400);
    await workspace.writePairs('NAME', pairs);
    const env = { SKYFLOW_BEARER_TOKEN: SECRET };

    const left = await workspace.run(['load', '--offline', '--json'], { env, status: 0 });
    const departure = departureSchema.parse(JSON.parse(left.stdout));
    const { pid } = departure;
    assert.match(departure.log_file, /\/skyflow-supervise-\d{8}-\d{6}\.log$/);
    assert.match(
      left.stderr,
      new RegExp(`Run ${departure.run_id} goes on in the background \\(process ${pid}\\)`),
    );
    assert.match(left.stderr, /tail -f skyflow-supervise-[\d-]+\.log/);
    assert.match(left.stderr, /skyflow-supervise stop runs\//);
    assert.match(left.stderr, /skyflow-supervise resume runs\//);
    assert.equal(await background.pid(), pid);
    for (const file of [departure.log_file, departure.pid_file])
      assert.equal((await stat(file)).mode & 0o777, 0o600, file);
    const statFields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
    assert.equal(Number(statFields[3]), pid, 'it leads its session');
    for (const name of ['cmdline', 'environ'])
      assert.ok(!(await readFile(`/proc/${pid}/${name}`, 'utf8')).includes(SECRET), name);
    const child = await loadingChild(workspace, 'NAME');

    process.kill(pid, 'SIGHUP');
    // Whatever log was begun in the same second is somebody else's.
    for (let ahead = 0; ahead < 20; ahead += 1) {
      const second = new Date(Date.now() + 1_000 * ahead).toISOString().slice(0, 19);
      const stamp = second.replaceAll(/[-:]/g, '').replace('T', '-');
      await (await open(workspace.at(`skyflow-supervise-${stamp}.log`), 'a')).close();
    }
    const before = await readdir(workspace.path);
    const second = await workspace.run(['load', '--offline'], { env, status: 2 });
    assert.match(second.stderr, new RegExp(`PID file .* is in use by process ${pid}`));
    assert.deepEqual(await readdir(workspace.path), before, 'it leaves no log');
    assert.ok(isAlive(pid));
    process.kill(pid, 'SIGTERM');
    await background.gone(pid);

    assert.ok(!isAlive(child));
    assert.equal(await background.pid(), undefined, 'the PID file is removed');
    const summary = await workspace.summary();
    assert.equal(summary.interrupted_by, 'SIGTERM', 'and not SIGHUP');
    assert.match(await readFile(departure.log_file, 'utf8'), /INTERRUPTED/);
    await sandbox.set({ latency: { fixedMs: 0 } });
    const names = ['--log-file', 'again.log', '--pid-file', 'again.pid'];
    const again = await workspace.run(['resume', '--offline', '--json', ...names], { env, status: 0 });
    const resumed = departureSchema.parse(JSON.parse(again.stdout));
    assert.equal(resumed.run_id, departure.run_id);
    await background.gone(resumed.pid);
    assert.match(await readFile(workspace.at('again.log'), 'utf8'), /COMPLETE: 400 records uploaded/);
    assert.deepEqual(await sandbox.pairs('vault-name', 'name'), asMultiset(pairs));
    const finished = await workspace.run(['resume', departure.run_id, '--offline'], { env, status: 0 });
    assert.match(finished.stdout, /is finished: 400 uploaded/);
  },
);

test('what is wrong before an offline load is told at once with exit status 2, and leaves no file behind', async () => {
  await using workspace = await Workspace.create();
  await workspace.configure('http://127.0.0.1:9', ['NAME'], { skyflow: { bearer_token: undefined } });
  const files = async (): Promise<string[]> => (await readdir(workspace.path)).sort();
  const before = await files();

  const missing = await workspace.run(['load', '--offline', '--json'], { status: 2 });
  assert.match(missing.stderr, /skyflow\.bearer_token: found nothing/);
  assert.match(missing.stdout, /"status": "not_started"[^]*"key": "skyflow\.bearer_token"/);
  const idle = await workspace.run(['load', '--pid-file', 'x.pid'], { status: 2 });
  assert.match(idle.stderr, /--pid-file needs --offline/);

  assert.deepEqual(await files(), before);
});

test('a stale PID file is replaced, and a file that is none, or names a living process, is not', async () => {
  await using workspace = await Workspace.create();
  const file = workspace.at('skyflow-supervise.pid');
  for (const [content, refusal] of [
    ['my notes\n', /is there and is no PID file/],
    [`${process.ppid}\n`, new RegExp(`names process ${process.ppid}, which is running`)],
  ] as const) {
    await writeFile(file, content);
    await assert.rejects(claimPidFile(file), refusal);
    assert.equal(await readFile(file, 'utf8'), content);
  }
  const dead = {
    id: '2f1d2a52-55a1-4b7e-9a53-5a3d0f0e8c11',
    pid: 999_999_999,
    since: '2026-01-01T00:00:00Z',
  };
  for (const lock of [undefined, dead]) {
    await writeFile(file, '999999999\n');
    if (lock !== undefined) await writeFile(`${file}.lock`, JSON.stringify(lock));
    const claimed = await claimPidFile(file);
    assert.equal(await readFile(file, 'utf8'), `${process.pid}\n`);
    await assert.rejects(claimPidFile(file), new RegExp(`is in use by process ${process.pid}`));
    await claimed.remove();
    assert.deepEqual(
      (await readdir(workspace.path)).filter((name) => name.includes('pid')),
      [],
    );
  }
});

test('an offline load goes on when the process that began it ends before it has said so', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await using background = new Background(workspace);
  await workspace.configure(sandbox.url, ['NAME']);
  await workspace.writePairs('NAME', makePairs(3));
  const pipe = workspace.at('pipe');
  execFileSync('/usr/bin/env', ['mkfifo', pipe]);
  // A pipe that is full, and that nobody reads: what is to be said is never written.
  const shell = `exec 3<>${pipe}; head -c 65536 /dev/zero >&3; exec "$@" >&3`;
  const leaving = workspace.start(['load', '--offline'], { shell });

  await waitUntil('all are uploaded', async () => (await sandbox.count(NAME.id, NAME.column)) === 3);
  leaving.child.kill('SIGKILL');
  await leaving.ended;
  await waitUntil('the load has ended', async () => (await background.pid()) === undefined);

  assert.equal((await workspace.summary()).status, 'complete');
});

test(
  'a token asked for before leaving reaches the background, and the load outlives its terminal',
  needsTerminal,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, [
      `accessTokens=[{"token":"${SECRET}"}]`,
      'latency.fixedMs=50',
    ]);
    await using background = new Background(workspace);
    await workspace.configure(sandbox.url, ['NAME'], { skyflow: { bearer_token: undefined }, performance });
    await workspace.writePairs('NAME', makePairs(100));
    await using refused = startInTerminal(['load', '--offline'], { cwd: workspace.path });
    await refused.answer(/bearer token/);
    refused.type('\u0003');
    assert.equal(await refused.ended, 130, refused.raw());
    assert.deepEqual(
      (await readdir(workspace.path)).filter((name) => name.startsWith('skyflow-supervise')),
      [],
    );
    await using terminal = startInTerminal(['load', '--offline'], { cwd: workspace.path });
    await terminal.answer(/bearer token/);

    terminal.type(`${SECRET}\r`);
    await terminal.answer(/goes on in the background/);
    terminal.hangUp();
    await waitUntil('the load has ended', async () => (await background.pid()) === undefined);

    assert.equal((await workspace.summary()).totals.uploaded, 100);
    assert.ok(!terminal.raw().includes(SECRET));
    for (const name of (await readdir(workspace.path)).filter((file) => file.endsWith('.log')))
      assert.ok(!(await readFile(workspace.at(name), 'utf8')).includes(SECRET));
  },
);
