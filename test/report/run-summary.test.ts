import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { vaultStatusSchema } from '../../src/protocol/messages.js';
import { exitStatus, runStatus } from '../../src/status/exit-status.js';
import { buildRunSummary, type VaultOutcome } from '../../src/report/run-summary.js';
import { runSummarySchema } from '../../src/report/summary-format.js';
import { runOutcome, snapshotOf, vaultOutcome } from './snapshot-fixture.js';

const withFailures = snapshotOf({
  uploaded: 99_990,
  failed: 8,
  skipped_by_reason: { empty_value: 1, empty_token: 1, already_there: 0 },
});

describe('the exit status', () => {
  const anyVaults = fc.array(
    fc.record({ status: fc.constantFrom(...vaultStatusSchema.options), failed: fc.constantFrom(0, 0, 3) }),
    { maxLength: 6 },
  );
  const signals = fc.constantFrom('SIGINT', 'SIGTERM', 'SIGHUP', undefined);
  const severity = [0, 4, 1, 3, 129, 143, 130];

  test('one more vault never makes it better, and the order of vaults does not matter', () => {
    fc.assert(
      fc.property(anyVaults, signals, (vaults, signal) => {
        const whole = exitStatus(vaults, signal);
        assert.equal(exitStatus(vaults.toReversed(), signal), whole);
        assert.ok(severity.indexOf(exitStatus(vaults.slice(1), signal)) <= severity.indexOf(whole));
      }),
    );
  });

  test('it is 0 only when every vault is complete without failures', () => {
    fc.assert(
      fc.property(anyVaults, signals, (vaults, signal) => {
        const isClean = vaults.every(({ status, failed }) => status === 'complete' && failed === 0);
        assert.equal(exitStatus(vaults, signal) === 0, isClean);
        assert.equal(runStatus(exitStatus(vaults, signal)) === 'complete', isClean);
      }),
    );
  });

  test('the highest that applies: interrupted, not finished, failures, a default limit', () => {
    const complete = { status: 'complete', failed: 0 } as const;
    const failures = { status: 'failures', failed: 1 } as const;
    const limited = { status: 'limited', failed: 0 } as const;
    const incomplete = { status: 'incomplete', failed: 0 } as const;
    const interrupted = { status: 'interrupted', failed: 0 } as const;
    assert.equal(exitStatus([complete, limited]), 4);
    assert.equal(exitStatus([limited, failures]), 1);
    assert.equal(exitStatus([{ ...limited, failed: 2 }]), 1, 'a limited vault does not hide its failures');
    assert.equal(exitStatus([failures, incomplete]), 3);
    assert.equal(exitStatus([{ status: 'not_started', failed: 0 }]), 3);
    assert.equal(exitStatus([incomplete, interrupted], 'SIGINT'), 130);
    assert.equal(exitStatus([complete, interrupted], 'SIGTERM'), 143);
    assert.equal(exitStatus([interrupted], 'SIGHUP'), 129);
    assert.equal(exitStatus([interrupted]), 3, 'nobody asked the run to stop');
    assert.equal(exitStatus([complete], 'SIGINT'), 0, 'the signal came too late to interrupt anything');
  });
});

describe('the run summary', () => {
  test('satisfies its own format and adds the vaults up', () => {
    const summary = buildRunSummary(
      runOutcome([
        vaultOutcome(),
        vaultOutcome({
          name: 'ID',
          status: 'failures',
          snapshot: withFailures,
          errorLog: '/e.json',
          restarts: 2,
        }),
      ]),
    );
    assert.deepEqual(runSummarySchema.parse(JSON.parse(JSON.stringify(summary))), summary);
    assert.equal(summary.status, 'failures');
    assert.equal(summary.exit_code, 1);
    assert.equal(summary.started_at, '2025-01-02T03:04:05.000Z');
    const { totals } = summary;
    assert.deepEqual(
      [totals.read, totals.uploaded, totals.failed, totals.skipped, totals.unsettled, totals.rows_total],
      [200_000, 199_990, 8, 2, 0, 200_000],
    );
    assert.equal(totals.restarts, 2);
    assert.equal(totals.duration_ms, 100_000);
    assert.equal(totals.records_per_second, 1999.9);
    assert.deepEqual(summary.vaults[1]?.skipped_by_reason, {
      empty_value: 1,
      empty_token: 1,
      already_there: 0,
    });
    assert.equal(summary.vaults[0]?.error_log, undefined);
  });

  test('the throughput counts what this command uploaded, not what it found uploaded', () => {
    const summary = buildRunSummary(
      runOutcome([vaultOutcome({ uploadedBefore: 90_000, durationMs: 10_000 })]),
    );
    assert.equal(summary.vaults[0]?.records_per_second, 1000);
    assert.equal(summary.vaults[0].uploaded, 100_000);
  });

  test('average concurrency is the time spent by all workers over the wall clock', () => {
    const [vault] = buildRunSummary(runOutcome([vaultOutcome()])).vaults;
    assert.equal(vault?.average_concurrency, 212_250 / 77_100);
  });

  test('a vault that never reported stands in it with zeros and its error', () => {
    const summary = buildRunSummary(
      runOutcome([
        vaultOutcome({
          status: 'not_started',
          snapshot: undefined,
          error: { code: 'source', message: 'no such file' },
        }),
      ]),
    );
    assert.equal(summary.exit_code, 3);
    assert.equal(summary.totals.rows_total, null);
    assert.equal(summary.vaults[0]?.read, 0);
    assert.equal(summary.vaults[0].error?.code, 'source');
    runSummarySchema.parse(summary);
  });

  const broken = [
    ['read is not the sum', { snapshot: snapshotOf({ uploaded: 99_999 }) }],
    ['a complete vault has unsettled rows', { snapshot: snapshotOf({ unsettled: 1 }) }],
    ['a complete vault stopped early', { snapshot: snapshotOf({ rows_total: 100_001 }) }],
    ['a complete vault has failures', { snapshot: withFailures }],
    ['a complete vault never reported', { snapshot: undefined }],
    ['more are confirmed than uploaded', { snapshot: snapshotOf({ confirmed: 100_001 }) }],
    ['more are held than failed', { snapshot: snapshotOf({ held: 1 }) }],
  ] as const satisfies readonly (readonly [string, Partial<VaultOutcome>])[];
  for (const [what, changes] of broken) {
    test(`figures that do not add up are an internal error and exit 3: ${what}`, () => {
      const summary = buildRunSummary(
        runOutcome([
          vaultOutcome({ ...changes, error: { code: 'unavailable', message: 'the vault was away' } }),
        ]),
      );
      const [vault] = summary.vaults;
      assert.equal(vault?.status, 'incomplete');
      assert.equal(vault.error?.code, 'internal');
      assert.match(vault.error.message, /do not add up: .*Before that: the vault was away/);
      assert.equal(summary.exit_code, 3);
    });
  }

  test('figures that do add up are never called broken, whatever the status', () => {
    const count = fc.nat(1_000_000);
    fc.assert(
      fc.property(count, count, count, count, count, (uploaded, failed, emptyValue, emptyToken, left) => {
        const read = uploaded + failed + emptyValue + emptyToken;
        const summary = buildRunSummary(
          runOutcome([
            vaultOutcome({
              status: 'interrupted',
              snapshot: snapshotOf({
                rows_total: read + left,
                read,
                uploaded,
                failed,
                skipped_by_reason: { empty_value: emptyValue, empty_token: emptyToken, already_there: 0 },
                unsettled: left,
              }),
            }),
          ]),
        );
        assert.equal(summary.vaults[0]?.error, undefined);
        const { totals } = summary;
        assert.equal(totals.read, totals.uploaded + totals.failed + totals.skipped);
      }),
    );
  });
});
