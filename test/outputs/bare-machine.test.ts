import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { loadingChild } from '../support/running-load.js';
import { needsTwoUsers } from '../support/needs-two-users.js';
import { startSandbox } from '../support/sandbox.js';
import { makePairs, vaults, Workspace } from '../support/workspace.js';

const { NAME } = vaults;

describe('what a machine lacks', { concurrency: 4 }, () => {
  test('files that may be open: said before the start, with the figure and the way out; nothing is made', async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path);
    await workspace.configure(sandbox.url, ['NAME'], { performance: { max_concurrency: 50 } });
    await workspace.writePairs('NAME', makePairs(3));
    const withFiles = (files: number, argv: readonly string[]) =>
      workspace.run(argv, { shell: `ulimit -n ${files}; exec "$@"` });

    const fewest = Array.from({ length: 4 }, (_, at) => withFiles(19 + at, ['--help']));
    const [few, check, some] = await Promise.all([
      withFiles(30, ['--all']),
      withFiles(30, ['check']),
      withFiles(170, ['--all', '--concurrency', '200']),
    ]);
    // After them: what is loaded already is refused for that.
    const enough = await withFiles(170, ['--all', '--concurrency', '4']);

    for (const { status, stderr } of [few, check, some]) {
      assert.equal(status, 2, stderr);
      assert.match(stderr, /^error: this process may have (?:30|170) files open.*\n.*ulimit -n/);
      assert.doesNotMatch(stderr, /^\s+at /m);
    }
    for (const { status, stderr } of await Promise.all(fewest)) {
      // With fewer than that Node does not come as far as this program.
      if (!stderr.includes('chunks')) continue;
      assert.equal(status, 2, stderr);
      assert.match(stderr, /^error: this program cannot be read .*\n.*ulimit -n/);
    }
    assert.match(some.stderr, /1 vaults? with 200 connections/);
    assert.equal(enough.status, 0, enough.stderr);
    assert.equal((await workspace.runs()).length, 1);
  });

  test('address space for an HTTP client: said before the start, with the figure and the way out; where Node needs less, it is enough', async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path);
    await workspace.configure(sandbox.url, ['NAME']);
    await workspace.writePairs('NAME', makePairs(3));
    const shell = 'ulimit -v 4000000; exec "$@"';
    const asked = ['-c', shell, 'sh', process.execPath, '-e', 'new WebAssembly.Memory({ initial: 1 })'];
    const isEnough = spawnSync('/bin/sh', asked).status === 0;

    const { status, stderr } = await workspace.run(['--all'], { shell });

    assert.equal(status, isEnough ? 0 : 2, stderr);
    assert.equal(await sandbox.count(NAME.id, NAME.column), isEnough ? 3 : 0);
    if (isEnough) return;
    assert.match(
      stderr,
      /^error: this process may have 3906 MiB of address space, .*\n.*ulimit -v unlimited/,
    );
  });

  test('a name for its user, as in containers: the load is complete', needsTwoUsers, async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path);
    await workspace.configure(sandbox.url, ['NAME']);
    await workspace.writePairs('NAME', makePairs(3));
    execFileSync('chown', ['-R', '54321:54321', workspace.path]);
    await chmod(workspace.path, 0o755);
    const user = { uid: 54_321, gid: 54_321 };

    for (const state of [workspace.at('.state'), '']) {
      const env = { HOME: '/nonexistent', XDG_STATE_HOME: state };
      await workspace.run(['--all', '--new-run'], { env, user, status: 0 });
    }
    assert.equal(await sandbox.count(NAME.id, NAME.column), 6);
  });

  test('a clock that stands still: durations and rates are those of the time that passed', async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=200']);
    await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 1, max_concurrency: 1 } });
    await workspace.writePairs('NAME', makePairs(40));
    const jump = workspace.at('jump');
    await writeFile(
      workspace.at('clock.mjs'),
      `import { existsSync } from 'node:fs';
       const { now } = Date;
       Date.now = () => now() + (existsSync(${JSON.stringify(jump)}) ? 5 * 3_600_000 : 0);
       globalThis.Date = new Proxy(Date, { construct: (date, given) => new date(...(given.length ? given : [Date.now()])) });`,
    );
    const env = { NODE_OPTIONS: `--import=${workspace.at('clock.mjs')}` };
    const load = workspace.start(['--all'], { env });
    await loadingChild(workspace, 'NAME');
    await writeFile(jump, '');
    await sandbox.set({ latency: { fixedMs: 0 } });

    const end = await load.ended;

    assert.equal(end.status, 0, end.stderr);
    const { totals, started_at: startedAt, finished_at: finishedAt } = await workspace.summary();
    assert.ok(Date.parse(finishedAt) - Date.parse(startedAt) > 4 * 3_600_000, 'the clock was set');
    assert.ok(totals.duration_ms < 3_600_000, `${totals.duration_ms}`);
    assert.ok(totals.records_per_second > 0.01);
    assert.doesNotMatch(end.stdout, /[45]h \d\dm/);
  });
});

describe('a pipe that nobody writes into, where a file should be', () => {
  async function withPipe(skyflow: (pipe: string) => object): Promise<Workspace> {
    const workspace = await Workspace.create();
    const pipe = workspace.at('pipe');
    execFileSync('/usr/bin/env', ['mkfifo', pipe]);
    await workspace.configure('http://127.0.0.1:9', ['NAME'], { skyflow: skyflow(pipe) });
    await workspace.writePairs('NAME', makePairs(3));
    return workspace;
  }
  const kinds = {
    bearer_token_file: (pipe: string) => ({ bearer_token: undefined, bearer_token_file: pipe }),
    ca_file: (pipe: string) => ({ ca_file: pipe }),
  };

  for (const [key, skyflow] of Object.entries(kinds)) {
    test(`${key}: a load and a check say so and end`, async () => {
      await using workspace = await withPipe(skyflow);
      for (const argv of [['check'], ['--all'], ['--all', '--config', 'pipe']]) {
        const end = await workspace.run(argv);
        assert.ok(end.status === 2 || end.status === 3, `${end.status}`);
        assert.match(end.stdout + end.stderr, /pipe\s+is\s+not\s+trusted:\s+it\s+is\s+a\s+pipe/);
      }
    });

    test(`${key}, one that was opened by the shell: what waits for it ends with a signal`, async () => {
      await using workspace = await withPipe(() => skyflow('/dev/fd/3'));
      const shell = `exec "$@" 3<>${workspace.at('pipe')}`;
      const waiting = [['check'], ['--all', '--config', '/dev/fd/3']].map((argv) =>
        workspace.start(argv, { shell }),
      );
      await waiting[0]?.outputMatches(/Configuration/);
      for (const program of waiting) {
        program.child.kill('SIGTERM');
        const { status, signal } = await program.ended;
        // Either its own end in order, or that of the signal itself.
        assert.ok(
          signal === 'SIGTERM' || signal === 'SIGINT' || status === 130 || status === 143,
          program.output(),
        );
      }
    });
  }
});
