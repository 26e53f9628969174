import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scene, NAMES, loading } from './tree-scene.js';

describe('the task tree', () => {
  test('a resize is followed at once, and the lines use the new width', () => {
    const { terminal, view } = scene(60);
    view.begun({ vaults: ['NAME'] });
    view.changed('NAME', loading(10_000));
    terminal.widen(160);
    assert.match(terminal.lines[0] ?? '', /p50\/p95 1,103\/2,911 ms/);
    assert.equal(terminal.lines.length, 3);
    view.settled();
  });

  test('a narrower terminal has broken the lines, and said so late: nothing of them stays, and what was said does', () => {
    const { terminal, clock, view } = scene(120, 24);
    view.begun({ vaults: NAMES });
    view.notice('info', 'Said before.');
    for (const columns of [80, 40, 60]) {
      for (const name of NAMES) view.changed(name, loading(columns * 100));
      clock.pass(200);
      terminal.narrow(columns, () => {
        // Shorter lines than those that were broken: what is drawn last does not tell how many lines there are.
        for (const name of NAMES) view.changed(name, { phase: 'checking', restarts: 0 });
        clock.pass(400);
        for (const name of NAMES) view.changed(name, loading(columns * 100 + 50));
      });
      assert.deepEqual(
        terminal.lines.map((line) => line.slice(2).split(' ', 1).join()),
        ['id', ...NAMES, 'TOTAL', ''],
        `${columns}: ${terminal.lines.join('\n')}`,
      );
      assert.deepEqual(terminal.history, []);
    }
    view.settled();
  });

  test('what was said is broken anew between its words at another width', () => {
    const { terminal, clock, view } = scene(120, 24);
    view.begun({ vaults: ['NAME'] });
    const text = 'the vault refuses batches for some of their records: these are found record by record';
    view.notice('warn', text, 'NAME');
    clock.pass(15_000);
    for (const columns of [120, 60, 40, 120]) {
      terminal.narrow(columns, () => undefined);
      const said = terminal.lines.slice(
        0,
        terminal.lines.findIndex((line) => line.includes(' NAME ')),
      );
      assert.equal(said.map((line) => line.trim()).join(' '), `⚠ [NAME] ${text}`, String(columns));
      assert.ok(
        said.every((line, at) => line.length <= Math.min(80, columns) && (at === 0 || line.startsWith('  '))),
      );
    }
    view.settled();
  });
});
