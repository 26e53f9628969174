import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FIGURES } from '../../src/figures/figures.js';
import { addLatencies, averageMs, NO_LATENCY, percentileMs } from '../../src/figures/latency-histogram.js';
import {
  after,
  NOTHING_YET,
  snapshotSchema,
  together,
  type VaultSnapshot,
} from '../../src/figures/snapshot.js';
import { pickFigures } from '../../src/report/summary-format.js';
import { latencyOf } from '../report/snapshot-fixture.js';

const latencies = fc.array(fc.double({ min: 0, max: 5_000_000, noNaN: true }), { maxLength: 60 });
const count = fc.nat(1_000_000);
const snapshots: fc.Arbitrary<VaultSnapshot> = fc
  .record({
    read: count,
    uploaded: count,
    rows_total: fc.option(count, { nil: null }),
    requests: count,
    retries: count,
    in_flight: count,
    batches: fc.record({ immediate: count, retried: count, failed: count }),
    latency: latencies.map((all) => latencyOf(...all)),
    timed_wall_ms: count,
    cpu_ms: count,
  })
  .map((known) => ({ ...NOTHING_YET, ...known, batches: { ...known.batches } }));

/** Sums of fractions depend on the order in which they are added up. */
function rounded({ latency, ...others }: VaultSnapshot) {
  return { ...others, latency: { ...latency, sum_ms: Math.round(latency.sum_ms) } };
}

describe('latencies', () => {
  test('of several processes added up are those of one that had seen them all, in any order', () => {
    fc.assert(
      fc.property(latencies, latencies, (some, others) => {
        const { sum_ms: sumMs, ...sum } = addLatencies(latencyOf(...some), latencyOf(...others));
        const { sum_ms: wholeMs, ...whole } = latencyOf(...others, ...some);
        assert.deepEqual(sum, whole);
        assert.ok(Math.abs(sumMs - wholeMs) <= 1e-6 * wholeMs);
      }),
    );
  });

  test('a percentile is at most 1/128, or a millisecond, from the latency that has that rank', () => {
    fc.assert(
      fc.property(latencies, fc.constantFrom(1, 50, 95, 99, 100), (all, percentile) => {
        const sorted = all.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil((all.length * percentile) / 100) - 1)] ?? 0;
        const toldMs = percentileMs(latencyOf(...all), percentile);
        // Longer than any request may take is one bucket.
        if (exact < 4_000_000)
          assert.ok(Math.abs(toldMs - exact) <= 1 + exact / 128, `${toldMs} for ${exact}`);
      }),
    );
    assert.deepEqual([averageMs(NO_LATENCY), percentileMs(NO_LATENCY, 95)], [0, 0]);
  });
});

describe('the figures of vaults', () => {
  test('add up whatever the order, and what was added satisfies the protocol', () => {
    fc.assert(
      fc.property(fc.array(snapshots, { minLength: 1, maxLength: 4 }), (all) => {
        const sum = together(all);
        assert.deepEqual(snapshotSchema.parse(JSON.parse(JSON.stringify(sum))), sum);
        assert.deepEqual(rounded(together(all.toReversed())), rounded(sum));
        const first = all[0] ?? NOTHING_YET;
        assert.equal(
          sum.requests,
          all.reduce((total, { requests }) => total + requests, 0),
        );
        assert.equal(
          sum.rows_total === null,
          all.some(({ rows_total: rows }) => rows === null),
        );
        assert.deepEqual(together([first]), first);
      }),
    );
  });

  test('of a process that follows another: rows are those of the ledger, what is counted goes on, momentary is now', () => {
    const before = {
      ...NOTHING_YET,
      ...{ read: 80, uploaded: 79, rows_total: 100, requests: 10, retries: 1, throttled: 3, in_flight: 4 },
      latency: latencyOf(10, 10, 10),
      batches: { immediate: 8, retried: 1, failed: 0 },
      rss_bytes: 5,
    };
    const opening = after(before, { ...NOTHING_YET, requests: 2, in_flight: 2 });
    assert.deepEqual(
      [opening.read, opening.uploaded, opening.rows_total, opening.requests, opening.in_flight],
      [80, 79, 100, 12, 2],
      'before it has opened the journal it knows of no row',
    );
    const working = after(before, {
      ...before,
      ...{ read: 90, uploaded: 88, requests: 20, retries: 0, throttled: 0, in_flight: 1 },
    });
    assert.deepEqual([working.read, working.uploaded], [90, 88]);
    assert.deepEqual(
      [working.requests, working.retries, working.throttled, working.in_flight],
      [30, 1, 3, 1],
    );
    assert.deepEqual(working.batches, { immediate: 16, retried: 2, failed: 0 });
    assert.equal(working.latency.count, 6);
    assert.equal(working.rss_bytes, 5);
  });

  test('a summary of an older version, which lacks a figure that processes count, is still read', () => {
    const { retries, timing_ms: timing, ...older } = NOTHING_YET;
    assert.deepEqual([retries, timing.api], [0, 0]);
    assert.equal(snapshotSchema.parse({ ...older, timing_ms: { source_read: 5 } }).timing_ms.source_read, 5);
    const { uploaded, ...broken } = NOTHING_YET;
    assert.equal(uploaded, 0);
    assert.ok(!snapshotSchema.safeParse(broken).success, 'rows are not made up');
  });

  test('each is shown somewhere: in the summary, as a metric, or while a run lasts', () => {
    const totals = Object.keys(pickFigures('totals', NOTHING_YET));
    assert.ok(
      ['read', 'uploaded', 'failed', 'in_doubt', 'rows_total'].every((name) => totals.includes(name)),
    );
    const names = FIGURES.flatMap(([, { metric }]) => metric?.name ?? []);
    assert.equal(new Set(names).size, names.length, 'no two metrics of one name');
  });
});
