import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadingChild } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { needsTerminal, startInTerminal } from '../support/terminal.js';
import { isAlive, waitUntil } from '../support/wait-until.js';
import { makePairs, Workspace } from '../support/workspace.js';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const WRAP_OFF = '\u001b[?7l';
const WRAP_ON = '\u001b[?7h';
const CTRL_C = '\u0003';

for (const { presses, options } of [
  { presses: 1, options: ['latency.fixedMs=60'] },
  { presses: 2, options: ['hangBefore.rate=1', 'faultRoutes=["insert"]'] },
]) {
  const times = presses === 1 ? 'once' : 'twice';
  test(
    `after Ctrl-C ${times} in a terminal the cursor is shown, lines wrap, and no child is left`,
    needsTerminal,
    async () => {
      await using workspace = await Workspace.create();
      await using sandbox = await startSandbox(workspace.path, options);
      await workspace.configure(sandbox.url, ['NAME'], {
        performance: { batch_size: 1, max_concurrency: 1 },
      });
      await workspace.writePairs('NAME', makePairs(1_000));
      await using terminal = startInTerminal(['--all'], { cwd: workspace.path });
      const child = await loadingChild(workspace, 'NAME');
      await waitUntil(
        'the tree is drawn',
        () => terminal.raw().includes(HIDE_CURSOR) && terminal.raw().includes('NAME'),
      );
      // Else the first Ctrl-C may be enough, and with the second one the system throws away what is on its way to the terminal.
      await waitUntil('a request is on its way', async () => (await sandbox.stats())['in_flight'] === 1);
      terminal.type(CTRL_C);
      await terminal.answer(/once more stops at once/);
      if (presses === 2) terminal.type(CTRL_C);

      const status = await terminal.ended;

      const screen = terminal.raw();
      assert.equal(status, 130, screen);
      assert.ok(
        screen.lastIndexOf(SHOW_CURSOR) > screen.lastIndexOf(HIDE_CURSOR),
        `the cursor is shown: ${JSON.stringify(screen.slice(-1_500))}`,
      );
      assert.ok(screen.lastIndexOf(WRAP_ON) > screen.lastIndexOf(WRAP_OFF), 'lines wrap');
      assert.ok(screen.endsWith(WRAP_ON + SHOW_CURSOR), 'and once more at the very end');
      assert.match(screen, /skyflow-supervise resume /);
      assert.ok(!isAlive(child));
      assert.equal((await workspace.summary()).interrupted_by, 'SIGINT');
    },
  );
}
