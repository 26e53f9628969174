import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderRun } from '../../supervisor/commands/runs/run-columns.js';

test('a line of a run is broken between words, and its command not at all, as seen from where the person is', () => {
  const directory = '/data/runs/20261127T114831Z-066b0600';
  const run = {
    run_id: '20261127T114831Z-066b0600',
    run_directory: directory,
    command: 'load',
    started_at: '2026-11-27T11:48:31Z',
    vaults: ['SSN', 'NAM', 'BDAY', 'DL'],
    settled: 604,
    meant: 20_000,
    rows: 20_000,
    uploaded: 531,
    failed: 73,
    with_retries: null,
    deleted_since: {},
    state: 'interrupted',
    exit_code: 130,
    next: `skyflow-supervise retry ${directory}`,
  } as const;
  assert.equal(
    renderRun(run, { folder: '/data', columns: 80 }),
    '20261127T114831Z-066b0600  SSN, NAM, BDAY, DL: 604 of 20,000 rows, 73 failed;\n' +
      '                           interrupted\n' +
      '  skyflow-supervise retry runs/20261127T114831Z-066b0600\n',
  );
  assert.equal(
    renderRun(run, {}),
    `20261127T114831Z-066b0600  SSN, NAM, BDAY, DL: 604 of 20,000 rows, 73 failed; interrupted\n  ${run.next}\n`,
    'a pipe has a line for each',
  );
  const first = (of: Partial<typeof run | { meant: number; settled: number }>): string | undefined =>
    /: (.*?), 73/.exec(renderRun({ ...run, ...of }, {}))?.[1];
  assert.equal(first({ meant: 604 }), '604 of 604 rows (20,000 in the source)', 'a run with --max-records');
  assert.equal(first({ settled: 20_000 }), '20,000 rows');
  const retried = { ...run, next: null, with_retries: { uploaded: 531, remaining: 73, exact: true } };
  assert.match(renderRun(retried, {}), /interrupted; with its retries: uploaded 531, still failed 73\n$/);
  const deletedSince = { SSN: 'undone', NAM: 'undone', BDAY: 'undone', DL: 'undone' } as const;
  assert.match(renderRun({ ...retried, deleted_since: deletedSince }, {}), /interrupted; undone since\n$/);
});
