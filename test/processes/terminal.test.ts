import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { shellWord } from '../../supervisor/shell-word.js';
import { loadingChild } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { isAlive, waitUntil } from '../support/wait-until.js';
import { makePairs, Workspace } from '../support/workspace.js';

const program = fileURLToPath(new URL('../../supervisor/main.js', import.meta.url));
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const WRAP_OFF = '\u001b[?7l';
const WRAP_ON = '\u001b[?7h';
const CTRL_C = '\u0003';

const scriptProgram = 'script';
/** util-linux's `script` gives a command a terminal of its own; BSD's has other flags. */
const hasScript = spawnSync(scriptProgram, ['--version'], { encoding: 'utf8' }).stdout.includes('util-linux');
const needsScript = hasScript ? {} : { skip: 'needs script(1) of util-linux for a terminal' };

for (const { presses, options } of [
  { presses: 1, options: ['latency.fixedMs=60'] },
  { presses: 2, options: ['hangBefore.rate=1'] },
]) {
  const times = presses === 1 ? 'once' : 'twice';
  test(
    `after Ctrl-C ${times} in a terminal the cursor is shown, lines wrap, and no child is left`,
    needsScript,
    async () => {
      await using workspace = await Workspace.create();
      await using sandbox = await startSandbox(workspace.path, options);
      await workspace.configure(sandbox.url, ['NAME'], {
        performance: { batch_size: 1, max_concurrency: 1 },
      });
      await workspace.writePairs('NAME', makePairs(1_000));
      const command = [process.execPath, program, '--all'].map(shellWord).join(' ');
      const { PATH = '', HOME = '' } = process.env;
      const terminal = spawn(
        scriptProgram,
        ['-qefc', `stty cols 100 rows 30; exec ${command}`, '/dev/null'],
        {
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
        },
      );
      let screen = '';
      terminal.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
      const closed = once(terminal, 'close');
      const child = await loadingChild(workspace, 'NAME');
      await waitUntil('the tree is drawn', () => screen.includes(HIDE_CURSOR) && screen.includes('NAME'));
      terminal.stdin.write(CTRL_C);
      await waitUntil('it is noticed', () => screen.includes('once more stops at once'));
      if (presses === 2) terminal.stdin.write(CTRL_C);

      const [status] = (await closed) as [number | null];

      assert.equal(status, 130, screen);
      assert.ok(screen.lastIndexOf(SHOW_CURSOR) > screen.lastIndexOf(HIDE_CURSOR), 'the cursor is shown');
      assert.ok(screen.lastIndexOf(WRAP_ON) > screen.lastIndexOf(WRAP_OFF), 'lines wrap');
      assert.match(screen, /skyflow-supervise resume /);
      assert.ok(!isAlive(child));
      assert.equal((await workspace.summary()).interrupted_by, 'SIGINT');
    },
  );
}
