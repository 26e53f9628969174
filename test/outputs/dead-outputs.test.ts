import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadingChild } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { needsTerminal, startInTerminal } from '../support/terminal.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const { NAME } = vaults;
const needsFullDevice = existsSync('/dev/full') ? {} : { skip: 'there is no /dev/full' };

async function runLogOf(workspace: Workspace): Promise<string> {
  const [run = ''] = await workspace.runs();
  return readFile(join(run, 'run.log'), 'utf8');
}

describe('an output that cannot be written', { concurrency: 4 }, () => {
  for (const { flags, redirection, streams } of [
    { flags: [], redirection: '>/dev/full', streams: ['stdout'] },
    { flags: ['--json'], redirection: '>/dev/full 2>&1', streams: ['stdout', 'stderr'] },
    { flags: ['--quiet'], redirection: '>/dev/full', streams: ['stdout'] },
  ]) {
    const words = [...flags, redirection].join(' ');
    test(
      `${words}: the load is complete, its log says so, the exit status is the load's`,
      needsFullDevice,
      async () => {
        await using workspace = await Workspace.create();
        await using sandbox = await startSandbox(workspace.path);
        const pairs = makePairs(50);
        await workspace.configure(sandbox.url, ['NAME']);
        await workspace.writePairs('NAME', pairs);

        const end = await workspace.run(['--all', ...flags], { shell: `exec "$@" ${redirection}` });

        assert.deepEqual([end.status, end.signal], [0, null], end.stderr);
        assert.equal((await workspace.summary()).status, 'complete');
        assert.deepEqual(await sandbox.pairs(NAME.id, NAME.column), asMultiset(pairs));
        const log = await runLogOf(workspace);
        for (const stream of streams) assert.match(log, new RegExp(`"stream":"${stream}","code":"ENOSPC"`));
        if (streams.length === 1) assert.match(end.stderr, /^warning: standard output .*ENOSPC\)\n$/);
      },
    );
  }

  test(
    '--help, a usage error and a report end as they do elsewhere, without a stack',
    needsFullDevice,
    async () => {
      await using workspace = await Workspace.create();
      await using sandbox = await startSandbox(workspace.path);
      await workspace.configure(sandbox.url, ['NAME']);
      await workspace.writePairs('NAME', makePairs(3));
      await workspace.run(['--all', '--quiet']);
      const [run = ''] = await workspace.runs();

      const shell = 'exec "$@" >/dev/full';
      const ends = await Promise.all(
        [['--help'], ['report', run], ['--version'], ['--no-such-flag', '--json']].map((argv) =>
          workspace.run(argv, { shell }),
        ),
      );

      assert.deepEqual(
        ends.map(({ status }) => status),
        [0, 0, 0, 2],
      );
      for (const { stderr } of ends) {
        assert.match(stderr, /standard output cannot be written \(ENOSPC\)/);
        assert.doesNotMatch(stderr, /^\s+at /m);
      }
    },
  );
});

/** Records come one by one, so that there is time to do something to the terminal. */
async function startSlowLoad(workspace: Workspace) {
  const sandbox = await startSandbox(workspace.path, ['latency.fixedMs=300']);
  await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 1, max_concurrency: 1 } });
  await workspace.writePairs('NAME', makePairs(60));
  return sandbox;
}

describe('a terminal', { concurrency: 2 }, () => {
  test('that goes away without a hangup signal costs the view, not the load', needsTerminal, async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSlowLoad(workspace);
    // In a session of its own: the terminal is an output like any other, and its end reaches nobody as a signal.
    const ended = workspace.at('ended');
    await using terminal = startInTerminal(['--all'], {
      cwd: workspace.path,
      shell: (command) =>
        `setsid -w sh -c ${JSON.stringify(`${command}; echo $? >${ended}.new; mv ${ended}.new ${ended}`)}`,
    });
    await loadingChild(workspace, 'NAME');
    await waitUntil('the tree is drawn', () => terminal.all().includes('rec/s'));
    terminal.hangUp();
    await sandbox.set({ latency: { fixedMs: 50 } });

    await waitUntil('the load has ended', () => existsSync(ended));

    assert.equal(await readFile(ended, 'utf8'), '0\n', 'neither a stack trace nor a signal');
    assert.equal((await workspace.summary()).status, 'complete');
    assert.match(await runLogOf(workspace), /"stream":"stdout","code":"EIO"/);
    assert.equal((await sandbox.pairs(NAME.id, NAME.column)).length, 60);
  });

  test(
    'that is stopped with Ctrl-S does not hold the load up; Ctrl-Q shows its end',
    needsTerminal,
    async () => {
      await using workspace = await Workspace.create();
      await using sandbox = await startSlowLoad(workspace);
      await using terminal = startInTerminal(['--all'], { cwd: workspace.path });
      await loadingChild(workspace, 'NAME');
      terminal.type('\u0013');
      let [length, sinceMs] = [-1, 0];
      await waitUntil('nothing more is shown', () => {
        if (terminal.raw().length !== length) sinceMs = performance.now();
        length = terminal.raw().length;
        return performance.now() - sinceMs > 1_500;
      });
      await sandbox.set({ latency: { fixedMs: 0 } });

      await waitUntil('the summary is written', () =>
        workspace.summary().then(
          () => true,
          () => false,
        ),
      );
      assert.doesNotMatch(terminal.all(), /COMPLETE/);
      terminal.type('\u0011');

      assert.equal(await terminal.ended, 0);
      assert.match(terminal.all(), /COMPLETE/);
      assert.equal((await sandbox.pairs(NAME.id, NAME.column)).length, 60);
    },
  );
});
