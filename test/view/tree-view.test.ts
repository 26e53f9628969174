import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runDirectoryAt } from '../../src/run-record/run-directory.js';
import type { RunBegin } from '../../supervisor/observers/run-observer.js';
import { snapshotOf } from '../report/snapshot-fixture.js';
import { scene, NAMES, loading } from './tree-scene.js';

describe('the task tree', () => {
  test('shows every vault in a line of its own from the start, with the cursor hidden', () => {
    const { terminal, view } = scene();
    view.begun({ vaults: NAMES });
    assert.deepEqual(terminal.lines, [
      '◼ NAME  waiting',
      '◼ ID    waiting',
      '◼ DOB   waiting',
      '◼ SSN   waiting',
      '',
    ]);
    assert.equal(terminal.cursorShown, false);
    view.settled();
  });

  test('any number of updates costs at most five redraws a second', () => {
    const { terminal, clock, view } = scene();
    view.begun({ vaults: NAMES });
    const before = terminal.writes;
    for (let step = 1; step <= 100; step += 1) {
      for (const name of NAMES) view.changed(name, loading(step * 10));
      clock.pass(10);
    }
    assert.equal(terminal.writes - before, 5);
    assert.match(terminal.lines[0] ?? '', /1,000\/100,000/);
    view.settled();
  });

  test('a long run stays in its place: nothing scrolls, wraps or is cut, at any width', () => {
    for (const columns of [200, 80, 60, 40, 20]) {
      const { terminal, clock, view } = scene(columns, 10);
      view.begun({ vaults: NAMES });
      for (let step = 1; step <= 300; step += 1) {
        for (const name of NAMES) view.changed(name, loading(step * 300));
        clock.pass(200);
      }
      assert.deepEqual([terminal.history, terminal.wrapped, terminal.cut], [[], 0, 0]);
      assert.equal(terminal.lines.length, 6, 'four vaults, all of them, and where the cursor is');
      view.settled();
    }
  });

  test('a notice stays above the tree, in words that are not broken', () => {
    const { terminal, clock, view } = scene(60);
    view.begun({ vaults: ['NAME', 'ID'] });
    view.changed('NAME', loading(50));
    clock.pass(200);
    view.notice('warn', 'The vault asked for a rest three times in a row\u001b[2J and gets it.', 'ID');
    view.notice('info', 'Second notice.');
    clock.pass(200);
    assert.deepEqual(terminal.lines.slice(0, 3), [
      '⚠ [ID] The vault asked for a rest three times in a row',
      '  and gets it.',
      'Second notice.',
    ]);
    assert.match(terminal.lines[3] ?? '', /^\S NAME/);
    assert.deepEqual(terminal.lines.slice(4), [
      '◼ ID    waiting',
      '  TOTAL  50 records  1,298 rec/s  elapsed 1s',
      '',
    ]);
    assert.equal(terminal.wrapped, 0);
    view.settled();
  });

  test('what several vaults say alike within seconds is said once with their names, as it is seen from the start', () => {
    const { terminal, clock, view } = scene(80);
    view.begun({ vaults: NAMES });
    view.notice('info', 'Said before.');
    const unasked = (name: string): string =>
      `the vault cannot be asked (vault ${name}: HTTP 401, refused (request 12-${name})); it goes on`;
    for (const name of NAMES) {
      view.notice('warn', unasked(name), name);
      clock.pass(1000);
      assert.match(terminal.lines[1] ?? '', new RegExp(`^⚠ \\[(?:NAME, .*)?${name}\\] the vault`));
    }
    const said = [
      'Said before.',
      '⚠ [NAME, ID, DOB, SSN] the vault cannot be asked (HTTP 401, refused (request',
      '  12-NAME and 3 others)); it goes on',
    ];
    assert.deepEqual(terminal.lines.slice(0, 4), [...said, '◼ NAME  waiting']);
    clock.pass(2000);
    view.notice('warn', unasked('ID'), 'ID');
    view.notice(
      'error',
      'A path: /a/path/that/is/longer/than/the/terminal/is/wide/and/that/no/line/may/break.json',
      'ID',
    );
    view.settled();
    assert.deepEqual(terminal.lines.slice(0, 5), [
      ...said,
      '⚠ [ID] the vault cannot be asked (HTTP 401, refused (request 12-ID)); it',
      '  goes on',
    ]);
    assert.equal(terminal.cut, 0, 'the terminal folds the path by itself');
    assert.equal(terminal.wrapped, 1);
  });

  test('gives way to the summary of a run; where none comes the vaults stay, and what the matter was is told by others', () => {
    const end = (directory?: RunBegin['directory']): string[] => {
      const { terminal, clock, view } = scene(80);
      view.begun({ vaults: ['NAME'], ...(directory && { directory }) });
      view.notice('warn', 'Said.', 'NAME');
      const snapshot = snapshotOf({ read: 0, uploaded: 0 });
      view.changed('NAME', {
        phase: 'finished',
        status: 'incomplete',
        restarts: 0,
        message: 'Refused.',
        snapshot,
      });
      clock.pass(200);
      assert.equal(terminal.lines[2], '  └ Refused.');
      view.settled();
      assert.deepEqual(
        terminal.history,
        [],
        'nothing of it is scrolled away, where it began in the first line',
      );
      return terminal.lines.map((line) => line.slice(0, 18)).filter((line) => line !== '');
    };
    assert.deepEqual(end(), ['⚠ [NAME] Said.', '✖ NAME  incomplete']);
    assert.deepEqual(end(runDirectoryAt('/runs', '20250102T030405Z-abcdefgh')), ['⚠ [NAME] Said.']);
  });

  test('a vault that fails shows why under its line; the others go on', async () => {
    const { terminal, clock, view } = scene(80);
    view.begun({ vaults: ['NAME', 'ID'] });
    view.changed('NAME', loading(20_000));
    view.changed('ID', {
      phase: 'finished',
      status: 'incomplete',
      restarts: 3,
      message: 'The child ended\nwith signal SIGKILL.',
      snapshot: snapshotOf({ read: 40_000, uploaded: 39_999, failed: 1 }),
    });
    clock.pass(200);
    assert.match(terminal.lines[0] ?? '', /^⠙ NAME .*20\.0%/);
    assert.match(
      terminal.lines[1] ?? '',
      /^✖ ID {4}incomplete {2}39,999 uploaded {2}1 failed {2}60,000 left/,
    );
    assert.equal(terminal.lines[2], '  └ The child ended with signal SIGKILL.');
    // The failure reaches listr2 and nothing is left unhandled, which would end this test's process.
    await new Promise((resolve) => setImmediate(resolve));
    view.settled();
  });

  test('a restart changes the line, and is remembered in it', () => {
    const { terminal, clock, view } = scene(120);
    view.begun({ vaults: ['NAME'] });
    view.changed('NAME', { phase: 'restarting', restarts: 1, message: 'It was silent for 30 s.' });
    clock.pass(200);
    assert.deepEqual(terminal.lines, ['↻ NAME  restarting (restart 1)', '  └ It was silent for 30 s.', '']);
    view.changed('NAME', { ...loading(10), restarts: 1 });
    clock.pass(200);
    assert.match(terminal.lines[0] ?? '', /restarts 1/);
    assert.deepEqual(terminal.lines.slice(1), ['  elapsed 1s', '']);
    view.settled();
  });

  test('more vaults than lines: those at work are shown, and how many are not; all are there at the end', () => {
    const { terminal, clock, view } = scene(80, 6);
    const names = Array.from({ length: 9 }, (_, at) => `V${at}`);
    view.begun({ vaults: names });
    const done = { phase: 'finished', status: 'complete', restarts: 0, snapshot: snapshotOf() } as const;
    for (const name of ['V0', 'V1', 'V2']) view.changed(name, done);
    clock.pass(1000);
    assert.deepEqual(
      terminal.lines.map((line) => line.slice(2, 4)),
      ['V3', 'V4', 'V5', '6 ', 'TO', ''],
    );
    assert.deepEqual(terminal.history, []);
    view.settled();
    assert.deepEqual(
      [...terminal.history, ...terminal.lines].map((line) => line.slice(2, 4)),
      [...names, ''],
    );
  });

  test('finish leaves the last state, stops every timer and listener, and gives the terminal back, once', () => {
    const { terminal, clock, view } = scene();
    view.begun({ vaults: NAMES });
    for (const name of NAMES) {
      view.changed(name, { phase: 'finished', status: 'complete', restarts: 0, snapshot: snapshotOf() });
    }
    view.settled();
    const { writes } = terminal;
    view.settled();
    view.changed('NAME', loading(1));
    clock.pass(5000);
    assert.equal(terminal.writes, writes);
    assert.equal(terminal.cursorShown, true);
    assert.equal(terminal.wraps, true);
    assert.equal(clock.running, 0);
    assert.equal(terminal.listeners, 0);
    assert.match(terminal.lines[0] ?? '', /^✔ NAME {2}complete {2}100,000 uploaded/);
    view.notice('error', 'Late.');
    assert.equal(terminal.lines.at(-2), '✖ Late.');
  });

  test('no signal listener is installed', () => {
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGWINCH'] as const;
    const before = signals.map((signal) => process.listenerCount(signal));
    const { view } = scene();
    view.begun({ vaults: NAMES });
    assert.deepEqual(
      signals.map((signal) => process.listenerCount(signal)),
      before,
    );
    view.settled();
  });

  test('a process that ends on an error has shown the cursor again', async () => {
    const program = fileURLToPath(new URL('./throwing-program.js', import.meta.url));
    const { code, stdout, stderr } = await new Promise<{ code: unknown; stdout: string; stderr: string }>(
      (resolve) => {
        execFile(process.execPath, [program], (error, out, err) => {
          resolve({ code: error?.code ?? 0, stdout: out, stderr: err });
        });
      },
    );
    assert.equal(code, 1);
    assert.match(stderr, /thrown while the tree is shown/);
    assert.ok(stdout.startsWith('\u001b[?25l'), 'it was hidden');
    assert.ok(stdout.endsWith('\u001b[?7h\u001b[?25h'), JSON.stringify(stdout.slice(-40)));
  });
});
