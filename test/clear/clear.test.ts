import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { shellWord } from '../../supervisor/command-line/shell-word.js';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { makePairs, vaults, Workspace } from '../support/workspace.js';

const program = fileURLToPath(new URL('../../supervisor/main.js', import.meta.url));
/** Named here, since it is no dependency: util-linux's `script` gives a command a terminal of its own. */
const scriptProgram = 'script';
const hasScript = spawnSync(scriptProgram, ['--version'], { encoding: 'utf8' }).stdout.includes('util-linux');

async function configure(workspace: Workspace, url: string): Promise<void> {
  const { NAME, SSN } = vaults;
  await workspace.configure(url, ['NAME'], {
    skyflow: {
      vaults: [
        { name: NAME.name, id: NAME.id, column: NAME.column, allow_destructive: true },
        { name: SSN.name, id: SSN.id, column: SSN.column },
      ],
    },
    performance: { batch_size: 50 },
  });
}

test('only vaults that allow it are cleared, after asking, never during a load, and no more than asked for', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=150']);
  await configure(workspace, sandbox.url);
  await workspace.writePairs('NAME', makePairs(1_000, 'NAME'));
  const held = (): Promise<number> => sandbox.count(vaults.NAME.id, 'name');

  const forbidden = await workspace.run(['clear', '--yes'], { status: 2 });
  const unasked = await workspace.run(['clear', '--vault', 'name'], { status: 2 });
  assert.match(forbidden.stderr, /records of SSN may not be deleted; nothing was sent/);
  assert.match(forbidden.stderr, /"allow_destructive": true/);
  assert.match(unasked.stderr, /--yes/);
  assert.equal((await sandbox.stats())['requests'], 0);

  const load = workspace.start(['--vault', 'name', '--concurrency', '2', '--batch-size', '5']);
  await waitUntil('some records are in', async () => (await held()) > 0);
  const during = await workspace.run(['clear', '--vault', 'name', '--yes'], { status: 2 });
  assert.match(during.stderr, /vault NAME .* is in use by process \d+/);
  await sandbox.set({ latency: { fixedMs: 25 } });
  assert.equal((await load.ended).status, 0);
  assert.equal(await held(), 1_000);

  const some = await workspace.run(['clear', '--vault', 'name', '--max-records', '130', '--yes', '--json'], {
    status: 0,
  });
  assert.equal(await held(), 870);
  const document = JSON.parse(some.stdout) as { vaults: unknown[] };
  assert.deepEqual(document.vaults, [
    {
      ...{
        name: 'NAME',
        id: vaults.NAME.id,
        table: 'name',
        status: 'complete',
        deleted: 130,
        at_once: false,
      },
      vault_count: { before: 1_000, after: 870 },
    },
  ]);
  assert.match(some.stderr, /vault-name, table name: 1,000 records/);

  // Page by page, where the vault takes no *; interrupted, and gone on with.
  await sandbox.set({ deleteAll: 'refuse' });
  const slow = ['--fetch-workers', '1', '--delete-workers', '1', '--delete-batch-size', '5'];
  const clear = workspace.start(['clear', '--vault', 'name', '--yes', ...slow]);
  await waitUntil('some are deleted', async () => (await held()) < 860);
  clear.child.kill('SIGINT');
  const interrupted = await clear.ended;
  assert.equal(interrupted.status, 130, interrupted.stdout + interrupted.stderr);
  assert.match(interrupted.stdout, /does not delete all records at once .*page by page then/s);
  assert.match(interrupted.stdout, /NAME: \d+ records deleted/);
  assert.ok((await held()) > 0);
  for (const words of [[], ['--start-or-resume']]) {
    const again = await workspace.run(['load', '--vault', 'name', ...words], { status: 2 });
    assert.match(
      again.stderr,
      /a `clear` that began since has not emptied its\s+table, but may have deleted/,
    );
    assert.match(again.stderr, /Empty it, then load all of it:\s+skyflow-supervise clear --vault NAME/);
    assert.match(again.stderr, /Insert only what is missing:[^]*--skip-existing/);
    assert.doesNotMatch(again.stderr, /Nothing of it is left/);
  }
  await workspace.run(['clear', '--vault', 'name', '--yes'], { status: 0 });
  assert.equal(await held(), 0);
  assert.deepEqual((await workspace.runs()).length, 1, 'clearing makes no run');
  const anew = await workspace.run(['load', '--vault', 'name']);
  assert.equal(anew.status, 0, 'what was emptied at last may be loaded: ' + anew.stderr);
});

test(
  'in a terminal the id of the vault has to be typed out, and Ctrl-C there deletes nothing',
  hasScript ? {} : { skip: 'needs script(1) of util-linux for a terminal' },
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path);
    await configure(workspace, sandbox.url);
    await workspace.writePairs('NAME', makePairs(60, 'NAME'));
    await workspace.run(['--vault', 'name'], { status: 0 });
    const inTerminal = (flags: readonly string[]) => {
      const command = [process.execPath, program, ...flags].map(shellWord).join(' ');
      const { PATH = '', HOME = '' } = process.env;
      const child = spawn(scriptProgram, ['-qefc', `stty cols 80 rows 30; exec ${command}`, '/dev/null'], {
        cwd: workspace.path,
        env: {
          PATH,
          HOME,
          TMPDIR: workspace.path,
          TERM: 'xterm-256color',
          LANG: 'C.UTF-8',
          SHELL: '/bin/sh',
        },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let screen = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
      return { child, screen: () => screen, closed: once(child, 'close') };
    };
    const declined = inTerminal(['clear', '--vault', 'name']);
    await waitUntil('it asks', () => declined.screen().includes('Type vault-name to delete all records'));
    declined.child.stdin.write('yes\r');
    await waitUntil('it insists', () => declined.screen().includes('Type vault-name exactly'));
    declined.child.stdin.write('\u0003');
    assert.equal((await declined.closed)[0], 130, declined.screen());
    assert.match(declined.screen(), /vault-name, table name: 60 records/);
    assert.equal(await sandbox.count(vaults.NAME.id, 'name'), 60);

    const typed = inTerminal(['-clear', '-vault', 'name', '-batch-size', '9']);
    await waitUntil('it asks', () => typed.screen().includes('Type vault-name to delete all records'));
    typed.child.stdin.write('vault-name\r');
    assert.equal((await typed.closed)[0], 0, typed.screen());
    assert.match(typed.screen(), /-clear only clears here; it does not load/);
    assert.match(typed.screen(), /NAME: 60 records deleted/);
    assert.equal(await sandbox.count(vaults.NAME.id, 'name'), 0);
  },
);
