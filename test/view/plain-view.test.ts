import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chooseView, viewKind, type ViewChoice } from '../../supervisor/view/choose-view.js';
import { PlainView } from '../../supervisor/view/plain-view.js';
import { QuietView } from '../../supervisor/view/quiet-view.js';
import { snapshotOf } from '../report/snapshot-fixture.js';
import { FakeClock, FakeTerminal } from './fake-terminal.js';

class Lines {
  text = '';
  write(text: string): void {
    this.text += text;
  }
  /** What came since the last call. */
  take(): string[] {
    const lines = this.text.split('\n').slice(0, -1);
    this.text = '';
    return lines;
  }
}

function scene(unicode = true): { readonly out: Lines; readonly clock: FakeClock; readonly view: PlainView } {
  const out = new Lines();
  const clock = new FakeClock();
  return { out, clock, view: new PlainView({ stream: out, style: { unicode, color: false }, clock }) };
}

const at = (read: number, rowsTotal: number | null = 100_000) =>
  ({
    phase: 'loading',
    restarts: 0,
    snapshot: snapshotOf({ read, uploaded: read, rows_total: rowsTotal }),
  }) as const;

describe('lines for a log', () => {
  test("the [LIVE] line comes every 3 s, in the reference's words, for each vault that is loading", () => {
    const { out, clock, view } = scene();
    view.begun({ vaults: ['NAME', 'ID', 'DOB'] });
    view.changed('NAME', at(0));
    view.changed('ID', at(0));
    out.take();
    clock.pass(2999);
    assert.deepEqual(out.take(), []);
    clock.pass(1);
    const live =
      '[LIVE] Workers: 32/32 | HTTP: 28 in-flight | Req: 15/s | Rec: 1298/s | ' +
      'Latency: avg=1280ms min=108ms max=3800ms | 429s: 0';
    assert.deepEqual(out.take(), [`[NAME] ${live}`, `[ID] ${live}`]);
    clock.pass(6000);
    assert.equal(out.take().length, 4);
    view.settled();
  });

  test("the Progress: line has the reference's words, and plain ones outside UTF-8", () => {
    for (const unicode of [true, false]) {
      const { out, view } = scene(unicode);
      view.begun({ vaults: ['NAME'] });
      view.changed('NAME', at(50_000));
      const [good, bad] = unicode ? ['✅', '❌'] : [' ok', ' failed'];
      assert.deepEqual(out.take(), [
        '[NAME] Loading 100,000 rows',
        '[NAME] Progress: 50000/100000 records (50.0%) - 1298 records/sec | ' +
          `Batches: 1000${good} (998 immediate, 2 retried) 0${bad} (100% success) | 429s: 0`,
      ]);
      view.settled();
    }
  });

  test('progress is shown at each percent, once', () => {
    const { out, view } = scene();
    view.begun({ vaults: ['NAME'] });
    for (let read = 0; read <= 100_000; read += 250) view.changed('NAME', at(read));
    const progress = out.take().filter((line) => line.includes('Progress:'));
    assert.equal(progress.length, 100);
    assert.match(progress[0] ?? '', /1000\/100000 records \(1\.0%\)/);
    view.settled();
  });

  test('while the total is unknown progress is shown every 10,000 records', () => {
    const { out, view } = scene();
    view.begun({ vaults: ['NAME'] });
    const snapshot = snapshotOf();
    for (let read = 0; read <= 50_000; read += 500) {
      view.changed('NAME', {
        phase: 'loading',
        restarts: 0,
        snapshot: { ...snapshot, rows_total: null, read },
      });
    }
    assert.equal(out.take().filter((line) => line.includes('Progress:')).length, 5);
    view.settled();
  });

  test('above a million rows progress is shown once a minute', () => {
    const { out, clock, view } = scene();
    view.begun({ vaults: ['NAME'] });
    for (let second = 1; second <= 300; second += 1) {
      clock.pass(1000);
      view.changed('NAME', at(second * 10_000, 5_000_000));
    }
    assert.equal(out.take().filter((line) => line.includes('Progress:')).length, 5);
    view.settled();
  });

  test('each change of phase is one line, and the end says how it ended', () => {
    const { out, view } = scene();
    view.begun({ vaults: ['NAME'] });
    view.changed('NAME', { phase: 'checking', restarts: 0 });
    view.changed('NAME', { phase: 'checking', restarts: 0 });
    view.changed('NAME', { phase: 'restarting', restarts: 1, message: 'SIGKILL\u001b[2J\n[ID] forged' });
    const finished = {
      phase: 'finished',
      status: 'failures',
      restarts: 1,
      snapshot: snapshotOf({ uploaded: 99_992, failed: 8 }),
    } as const;
    view.changed('NAME', finished);
    view.changed('NAME', finished);
    const lines = out.take();
    assert.equal(lines[0], '[NAME] Checking the source');
    assert.equal(lines[1], '[NAME] Restarting (restart 1): SIGKILL [ID] forged');
    assert.match(lines[2] ?? '', /^\[NAME\] Progress: 100000\/100000 records \(100\.0%\)/);
    assert.equal(lines[3], '[NAME] Finished, failures: 99,992 uploaded, 8 failed, 0 skipped in 1m 17s');
    assert.equal(lines.length, 4);
    view.settled();
  });

  test('after finish no timer is left and nothing but notices is written', () => {
    const { out, clock, view } = scene();
    view.begun({ vaults: ['NAME'] });
    view.settled();
    view.settled();
    view.changed('NAME', at(50_000));
    clock.pass(60_000);
    assert.deepEqual(out.take(), []);
    assert.equal(clock.running, 0);
    view.notice('warn', 'one\ntwo', 'NAME');
    assert.deepEqual(out.take(), ['⚠ [NAME] one', '  two']);
  });
});

test('a quiet view writes warnings and errors only, and each error once', () => {
  const out = new Lines();
  const view = new QuietView({ stream: out, style: { unicode: false, color: false } });
  view.begun();
  view.notice('info', 'a');
  view.notice('warn', 'b');
  view.notice('error', 'c');
  view.changed('NAME', { phase: 'finished', status: 'complete', restarts: 0 });
  view.changed('ID', { phase: 'finished', status: 'incomplete', restarts: 0, message: 'gone' });
  view.changed('ID', { phase: 'finished', status: 'incomplete', restarts: 0, message: 'gone' });
  view.settled();
  assert.deepEqual(out.take(), ['Warning: b', 'Error: c', 'Error: [ID] gone']);
});

describe('the view that fits', () => {
  const terminal = new FakeTerminal(80, 24);
  const cases: readonly (readonly [string, Partial<ViewChoice>, string])[] = [
    ['a terminal', {}, 'tree'],
    ['a pipe', { stream: new Lines() }, 'plain'],
    ['a terminal that cannot move its cursor', { env: { TERM: 'dumb' } }, 'plain'],
    ['a terminal of a CI job', { env: { CI: 'true' } }, 'plain'],
    ['a terminal where CI is false', { env: { CI: 'false' } }, 'tree'],
    ['--verbose', { verbose: true }, 'plain'],
    ['--quiet', { quiet: true }, 'quiet'],
  ];
  for (const [what, changes, expected] of cases) {
    test(`${what}: ${expected}`, () => {
      assert.equal(
        viewKind({ stream: terminal, quiet: false, verbose: false, env: {}, ...changes }),
        expected,
      );
    });
  }

  test('writes to the stream that was given, in its style', () => {
    const out = new Lines();
    const { view, style } = chooseView({
      stream: out,
      quiet: false,
      verbose: false,
      env: { LANG: 'C.UTF-8' },
    });
    view.notice('warn', 'text');
    view.settled();
    assert.deepEqual(out.take(), ['⚠ text']);
    assert.deepEqual(style, { unicode: true, color: false });
  });
});
