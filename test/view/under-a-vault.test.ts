import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderRemarks } from '../../supervisor/view/render-vault-line.js';
import type { VaultState } from '../../supervisor/run/vault-state.js';
import { latencyOf, snapshotOf } from '../report/snapshot-fixture.js';

const workersOf = (allowed: number) => ({ active: 0, allowed, configured: allowed });

describe('what stands under a vault', () => {
  const style = { unicode: true, color: false };
  const under = (state: VaultState, nowMs = 1_000): string[] =>
    renderRemarks(state, { columns: 80, style, nowMs });
  const loading = { phase: 'loading', restarts: 0 } as const;

  test('is what it waits for, counted down in plain words, and gone when the time is over', () => {
    const wait = { untilMs: 24_000, then: 'asking the vault about 5,400 rows' };
    assert.deepEqual(under({ ...loading, wait }), [
      '  └ waiting 23 s, then asking the vault about 5,400 rows',
    ]);
    assert.deepEqual(under({ ...loading, wait }, 23_900), [
      '  └ waiting 1 s, then asking the vault about 5,400 rows',
    ]);
    assert.deepEqual(under({ ...loading, wait }, 24_001), []);
    assert.deepEqual(under({ ...loading, waitsFor: 'credential' }), [
      '  └ waiting for another credential: the vault refuses the present one',
    ]);
  });

  test('is not that it is slow where the wait is why, nor by a pace that nobody reaches', () => {
    const snapshot = snapshotOf({ requests_per_second_allowed: 2, throttled: 11, in_flight: 0 });
    const wait = { untilMs: 5_000, then: 'asking the vault about 600 rows' };
    assert.deepEqual(under({ ...loading, snapshot, wait }), [
      '  └ waiting 4 s, then asking the vault about 600 rows',
    ]);
    const grown = { ...snapshot, requests_per_second_allowed: 2_070, workers: workersOf(32) };
    assert.deepEqual(under({ ...loading, snapshot: grown }), []);
    assert.match(under({ ...loading, snapshot: { ...grown, requests_per_second: 1_900 } })[0] ?? '', /2,070/);
  });

  test('is that bad records are found one by one, that the machine is at its end, or that the source is slow', () => {
    const idle = { requests_per_second_allowed: null, in_flight: 0, workers: workersOf(32) };
    const batches = { immediate: 3, retried: 0, failed: 2 };
    const divided = snapshotOf({ ...idle, requests: 90, retries: 5, failed: 12, batches });
    assert.deepEqual(under({ ...loading, snapshot: divided }), [
      '  └ slow: bad records are found one by one: 85 requests for 5 batches',
    ]);
    const timed = { ...idle, requests: 5, batches, timed_wall_ms: 60_000 };
    const busy = snapshotOf({ ...timed, cpu_ms: 59_000 });
    assert.match(under({ ...loading, snapshot: busy })[0] ?? '', /as fast as this machine goes/);
    const waits = snapshotOf({ ...timed, cpu_ms: 1_000 });
    const timing_ms = { ...waits.timing_ms, source_read: 58_000 };
    assert.match(under({ ...loading, snapshot: { ...waits, timing_ms } })[0] ?? '', /waits for its source/);
    assert.deepEqual(under({ ...loading, snapshot: waits }), []);
  });

  test('is why it is slow, when it is, and that it was started again', () => {
    const snapshot = snapshotOf({ requests_per_second_allowed: 12, throttled: 1_234 });
    assert.deepEqual(under({ ...loading, snapshot }), [
      '  └ slow: the vault takes about 12 requests a second (it has refused 1,234)',
    ]);
    const away = snapshotOf({ away_status: 503, asks_again_ms: 11_200, requests_per_second_allowed: 12 });
    assert.deepEqual(under({ ...loading, snapshot: away }), [
      '  └ the vault is not available (HTTP 503); asking again in 12 s',
    ]);
    assert.deepEqual(under({ ...loading, snapshot: snapshotOf({ away_status: 0 }) }), [
      '  └ the vault does not answer',
    ]);
    const busy = snapshotOf({ workers: { active: 3, allowed: 3, configured: 32 } });
    assert.match(under({ ...loading, snapshot: busy })[0] ?? '', /slow: 3 of 32 requests at a time/);
    assert.deepEqual(under({ ...loading, snapshot: { ...busy, slowed_for_latency_ms: 250 } }), [
      '  └ slow: 3 of 32 requests at a time, to keep 95% of the answers within 250 ms',
    ]);
    const latency = latencyOf(7_200);
    assert.match(
      under({ ...loading, snapshot: snapshotOf({ latency }) })[0] ?? '',
      /slow: the vault takes 7,200 ms for an answer/,
    );
    assert.deepEqual(under({ ...loading, restarts: 2, lastDeath: 'the child was silent for 30 s' }), [
      '  └ restart 2: the child was silent for 30 s',
    ]);
  });
});
