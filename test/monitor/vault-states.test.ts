import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runDirectoryAt } from '../../src/run-record/run-directory.js';
import { vaultStates } from '../../supervisor/commands/monitor/vault-states.js';
import type { RunReading } from '../../supervisor/commands/monitor/watched-run.js';
import { snapshotOf } from '../report/snapshot-fixture.js';
import { summaryOf } from '../report/summary-fixture.js';

test('of a run at its end no vault is at work, and its figures are those of its end', () => {
  const directory = runDirectoryAt('/runs', '20260102T030405Z-1a2b3c4d');
  const status: NonNullable<RunReading['status']> = {
    format_version: 1,
    run_id: directory.runId,
    pid: 1,
    updated_at: '2026-01-02T03:04:05.000Z',
    vaults: [
      {
        ...{ name: 'NAME', pid: null, phase: 'loading', restarts: 0 },
        snapshot: snapshotOf({ read: 10, uploaded: 10, unsettled: 90, in_flight: 4 }),
      },
    ],
  };
  const of = (run: Pick<RunReading, 'state' | 'summary'>) =>
    vaultStates({ directory, status, ...run }).get('NAME');
  assert.equal(of({ state: 'active', summary: undefined })?.phase, 'loading');
  assert.equal(of({ state: 'abandoned', summary: undefined })?.phase, 'finished');
  const summary = summaryOf([
    { status: 'interrupted', snapshot: snapshotOf({ read: 20, uploaded: 20, unsettled: 80, in_doubt: 6 }) },
  ]);
  const ended = of({ state: 'ended', summary });
  assert.deepEqual([ended?.phase, ended?.status], ['finished', 'interrupted']);
  const {
    read,
    uploaded,
    unsettled,
    in_doubt: unknown,
    in_flight: inFlight,
  } = ended?.snapshot ?? snapshotOf({});
  assert.deepEqual([read, uploaded, unsettled, unknown, inFlight], [20, 20, 80, 6, 0]);
});
