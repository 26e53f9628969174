import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { vaultStatusSchema } from '../../src/protocol/messages.js';
import { displayWidth } from '../../src/report/screen-text.js';
import { renderVaultLines, renderRemarks } from '../../supervisor/view/render-vault-line.js';
import type { VaultPhase, VaultState } from '../../supervisor/run/vault-state.js';
import { renderTotalLine } from '../../supervisor/view/render-total-line.js';
import { snapshotOf } from '../report/snapshot-fixture.js';

const STYLE = { unicode: true, color: false };
const PHASES: readonly VaultPhase[] = [
  'waiting',
  'checking',
  'loading',
  'draining',
  'restarting',
  'finished',
];

const figure = fc.nat(500_000_000);
const anyRows = fc.array(
  fc.record({
    name: fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/),
    state: fc.record({
      phase: fc.constantFrom(...PHASES),
      restarts: fc.nat(3),
      status: fc.constantFrom(undefined, ...vaultStatusSchema.options),
      message: fc.option(fc.string({ unit: 'binary', maxLength: 300 }), { nil: undefined }),
      snapshot: fc.option(
        fc
          .record({
            rows_total: fc.option(figure, { nil: null }),
            read: figure,
            failed: figure,
            retries: figure,
            throttled: figure,
            records_per_second: fc.nat(1_000_000),
          })
          .map(snapshotOf),
        { nil: undefined },
      ),
    }),
  }),
  { minLength: 1, maxLength: 5 },
);

const loading = {
  phase: 'loading',
  restarts: 0,
  snapshot: snapshotOf({ read: 58_312, uploaded: 58_312 }),
} as const;

function lineAt(columns: number): string {
  return (
    renderVaultLines([{ name: 'NAME', state: loading }], { columns, style: STYLE, frame: 0, nowMs: 0 })[0] ??
    ''
  );
}

describe("a vault's line", () => {
  test('has everything on a wide terminal and the most important on a narrow one', () => {
    assert.equal(
      lineAt(200),
      '⠋ NAME  █████████████████░░░░░░░░░░░░░   58.3%  58,312/100,000  1,298 rec/s  ETA 32s  28 in flight' +
        '  p50/p95 1,103/2,911 ms  retries 2  throttled 0  failed 0',
    );
    assert.equal(
      lineAt(80),
      '⠋ NAME  ███████████████░░░░░░░░░░░   58.3%  58,312/100,000  1,298 rec/s  ETA 32s',
    );
    assert.equal(lineAt(60), '⠋ NAME   58.3%  58,312/100,000  1,298 rec/s  ETA 32s');
    assert.equal(lineAt(40), '⠋ NAME   58.3%  58,312/100,000');
    assert.equal(lineAt(20), '⠋ NAME   58.3%');
    assert.equal(lineAt(3), '⠋ N');
  });

  test('is never wider than the terminal, whatever the vault says', () => {
    fc.assert(
      fc.property(
        anyRows,
        fc.integer({ min: 1, max: 220 }),
        fc.boolean(),
        fc.boolean(),
        (rows, columns, unicode, color) => {
          const options = { columns, style: { unicode, color }, frame: 7, nowMs: 0 };
          for (const line of renderVaultLines(rows, options)) assert.ok(displayWidth(line) <= columns, line);
          for (const { state } of rows) {
            const message = renderRemarks(state, options);
            assert.ok(message.length <= 9);
            if (!color) assert.doesNotMatch(message.join(''), /\p{Cc}/u);
            for (const line of message) assert.ok(displayWidth(line) <= columns, line);
          }
        },
      ),
    );
  });

  test('a narrower terminal shows a part of what a wider one shows', () => {
    const figures = (columns: number): Set<string> =>
      new Set(
        lineAt(columns)
          .split(/ {2,}/)
          .filter((part) => !/[█░]/.test(part)),
      );
    for (let columns = 14; columns < 200; columns += 1) {
      const wider = figures(columns + 1);
      for (const part of figures(columns)) assert.ok(wider.has(part), `${part} at ${columns}`);
    }
  });

  test('figures of one kind stand under each other', () => {
    const rows = [
      { name: 'NAME', state: loading },
      {
        name: 'DRIVERS_LICENSE',
        state: { ...loading, restarts: 1, snapshot: snapshotOf({ read: 7, failed: 3 }) },
      },
    ];
    const [a = '', b = ''] = renderVaultLines(rows, { columns: 160, style: STYLE, frame: 0, nowMs: 0 });
    for (const mark of ['%', 'rec/s', 'ETA', 'in flight', 'p50', 'failed']) {
      assert.equal(a.indexOf(mark), b.indexOf(mark), mark);
    }
  });

  test('the bar is full and the percent 100 only when every row is settled', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500_000_000 }),
        fc.integer({ min: 10, max: 200 }),
        (rowsTotal, columns) => {
          const render = (read: number): string =>
            renderVaultLines(
              [{ name: 'N', state: { ...loading, snapshot: snapshotOf({ rows_total: rowsTotal, read }) } }],
              { columns, style: STYLE, frame: 0, nowMs: 0 },
            ).join('');
          const almost = render(rowsTotal - 1);
          assert.ok(!almost.includes('100.0%'));
          assert.ok(!almost.includes('█') || almost.includes('░'));
          assert.ok(!render(rowsTotal).includes('░'));
        },
      ),
    );
  });

  test('without a known total there is a count, and neither percent nor bar nor ETA', () => {
    const state = { ...loading, snapshot: { ...loading.snapshot, rows_total: null } };
    const [line = ''] = renderVaultLines([{ name: 'NAME', state }], {
      columns: 90,
      style: STYLE,
      frame: 0,
      nowMs: 0,
    });
    assert.match(line, /58,312 records/);
    assert.doesNotMatch(line, /%|ETA|█|░/);
  });

  test('while it waits for somebody nobody knows when it ends: there is no ETA, of the vault nor of all', () => {
    const state = { ...loading, waitsFor: 'go' } as const;
    const [line = ''] = renderVaultLines([{ name: 'NAME', state }], {
      columns: 90,
      style: STYLE,
      frame: 0,
      nowMs: 0,
    });
    assert.match(line, /58,312/);
    assert.doesNotMatch(line, /ETA/);
    const total = (of: VaultState): string =>
      renderTotalLine([of, loading], { columns: 90, style: STYLE, nowMs: 0 });
    assert.doesNotMatch(total(state), /ETA/);
    assert.match(total(loading), /ETA/);
  });

  test('it ends no sooner than what it waits for, and all vaults no sooner than the slowest of them', () => {
    const wait = { untilMs: 90_000, then: 'asking the vault about 600 rows' };
    const quick = {
      ...loading,
      snapshot: snapshotOf({ read: 99_000, rows_total: 100_000, records_per_second: 900 }),
    };
    const slow = {
      ...loading,
      snapshot: snapshotOf({ read: 40_000, rows_total: 100_000, records_per_second: 100 }),
    };
    const options = { columns: 120, style: STYLE, frame: 0, nowMs: 0 };
    const [line = ''] = renderVaultLines([{ name: 'NAME', state: { ...quick, wait } }], options);
    assert.match(line, /ETA 1m 30s/);
    assert.match(renderTotalLine([quick, slow], options), /ETA 10m 00s/);
  });

  test('a failure matters more than records and rate', () => {
    const state = { ...loading, snapshot: snapshotOf({ read: 50_000, failed: 8 }) };
    const [line = ''] = renderVaultLines([{ name: 'NAME', state }], {
      columns: 30,
      style: STYLE,
      frame: 0,
      nowMs: 0,
    });
    assert.equal(line, '⠋ NAME   50.0%  failed 8');
  });

  test('in ASCII the line and the message are ASCII', () => {
    fc.assert(
      fc.property(anyRows, fc.nat(20), (rows, frame) => {
        const asciiRows = rows.map(({ name, state }) => ({
          name,
          state: { ...state, message: 'long '.repeat(90) },
        }));
        const options = { columns: 80, style: { unicode: false, color: false }, frame, nowMs: 0 };
        const lines = [
          ...renderVaultLines(asciiRows, options),
          ...asciiRows.flatMap(({ state }) => renderRemarks(state, options)),
        ];
        assert.match(lines.join(''), /^[ -~]*$/);
      }),
    );
  });
});

describe('the line of all vaults', () => {
  const states: VaultState[] = [
    {
      phase: 'loading',
      restarts: 0,
      snapshot: snapshotOf({ read: 40_000, rows_total: 100_000, records_per_second: 500, failed: 3 }),
    },
    {
      phase: 'finished',
      restarts: 0,
      snapshot: snapshotOf({ read: 100_000, rows_total: 100_000, records_per_second: 900, failed: 0 }),
    },
  ];
  const style = { unicode: true, color: false };
  const line = (columns: number): string =>
    renderTotalLine(states, { columns, style, nowMs: 0, elapsedMs: 83_000 });

  test('is of a single vault, which has its own, only how long it has been at work', () => {
    const of = states.slice(0, 1);
    assert.equal(
      renderTotalLine(of, { columns: 80, style, nowMs: 0, elapsedMs: 83_000 }),
      '  elapsed 1m 23s',
    );
  });

  test('has records, rate, elapsed time and ETA of those that still load, and what matters of it at 40 columns', () => {
    assert.equal(
      line(80),
      '  TOTAL  70.0%  140,000/200,000  500 rec/s  elapsed 1m 23s  ETA 2m 00s  failed 3',
    );
    assert.equal(line(40), '  TOTAL  70.0%  500 rec/s  failed 3');
    for (let columns = 1; columns < 100; columns += 1) assert.ok(displayWidth(line(columns)) <= columns);
  });
});
