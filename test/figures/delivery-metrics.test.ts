import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { averageMs, percentileMs } from '../../src/figures/latency-histogram.js';
import { snapshotSchema, type RecordFigures } from '../../src/figures/snapshot.js';
import { DeliveryMetrics } from '../../src/figures/delivery-metrics.js';
import { SlidingRate } from '../../src/figures/sliding-rate.js';

const RECORDS: RecordFigures = {
  rows_total: 1000,
  read: 10,
  uploaded: 7,
  failed: 1,
  skipped_by_reason: { empty_value: 2, empty_token: 0, already_there: 0 },
  confirmed: 0,
  in_doubt: 0,
  held: 0,
  unsettled: 5,
};

function metricsAt(clock: { nowMs: number }): DeliveryMetrics {
  return new DeliveryMetrics({
    workersConfigured: 8,
    nowMs: () => clock.nowMs,
    usage: () => ({ rss_bytes: 1000, cpu_ms: 20 }),
  });
}

describe('DeliveryMetrics', () => {
  test('a snapshot satisfies the protocol before anything has happened', () => {
    const snapshot = metricsAt({ nowMs: 0 }).snapshot(RECORDS);
    assert.deepEqual(snapshotSchema.parse(snapshot), snapshot);
    assert.equal(snapshot.timed_wall_ms, 0);
    assert.equal(snapshot.latency.count, 0);
  });

  test('record counts are those that are passed in, all others those that were counted', () => {
    const clock = { nowMs: 100 };
    const metrics = metricsAt(clock);
    metrics.begin();
    metrics.workerStarted();
    metrics.workerStarted();
    metrics.workerEnded();
    metrics.allowWorkers(99);
    metrics.requestStarted();
    metrics.requestStarted();
    metrics.requestStarted();
    metrics.requestEnded(12.5);
    metrics.requestEnded();
    metrics.count('retries');
    metrics.count('throttled');
    metrics.batchSettled('immediate', 4);
    metrics.batchSettled('retried', 3);
    metrics.batchSettled('failed', 0);
    metrics.spent('api', 12.5);
    metrics.spent('api', 7.5);
    clock.nowMs = 2100;
    metrics.begin();

    const snapshot = snapshotSchema.parse(metrics.snapshot(RECORDS));
    assert.equal(snapshot.uploaded, 7);
    assert.equal(snapshot.unsettled, 5);
    assert.equal(snapshot.workers.active, 1);
    assert.equal(snapshot.workers.allowed, 8, 'never more than configured');
    assert.equal(snapshot.requests, 3);
    assert.equal(snapshot.in_flight, 1);
    assert.equal(snapshot.retries, 1);
    assert.equal(snapshot.throttled, 1);
    assert.deepEqual(snapshot.batches, { immediate: 1, retried: 1, failed: 1 });
    assert.equal(snapshot.timing_ms.api, 20);
    assert.equal(snapshot.latency.count, 1, 'a request without an answer has no latency');
    assert.equal(snapshot.timed_wall_ms, 2000, 'only the first begin() counts');
    assert.equal(snapshot.records_per_second, 3.5);
    assert.equal(snapshot.requests_per_second, 1.5);
    assert.equal(snapshot.rss_bytes, 1000);
  });

  test('percentiles are those of the answers, and lie between the fastest and the slowest', () => {
    const metrics = metricsAt({ nowMs: 0 });
    for (let latencyMs = 1; latencyMs <= 1000; latencyMs += 1) {
      metrics.requestStarted();
      metrics.requestEnded(latencyMs);
    }
    const { latency } = metrics.snapshot(RECORDS);
    assert.equal(averageMs(latency), 500.5);
    assert.equal(latency.min_ms, 1);
    assert.equal(latency.max_ms, 1000);
    for (const percentile of [50, 95, 99])
      assert.ok(Math.abs(percentileMs(latency, percentile) - percentile * 10) <= percentile / 10);
    assert.ok(percentileMs(latency, 100) <= latency.max_ms);
  });

  test('a request longer than an hour and one of a fraction of a millisecond are counted and not refused', () => {
    const metrics = metricsAt({ nowMs: 0 });
    metrics.requestEnded(0.2);
    metrics.requestEnded(10_000_000);
    const { latency } = metrics.snapshot(RECORDS);
    assert.equal(latency.count, 2);
    assert.equal(latency.min_ms, 0.2);
    assert.equal(latency.max_ms, 10_000_000);
    assert.ok(percentileMs(latency, 50) >= latency.min_ms);
  });
});

describe('SlidingRate', () => {
  test('a steady stream has its own rate, at the beginning and after a long time', () => {
    const rate = new SlidingRate(1000);
    for (let nowMs = 1000; nowMs < 61_000; nowMs += 10) {
      rate.add(5, nowMs);
      const measured = rate.perSecond(nowMs + 10);
      if (nowMs > 3000) assert.ok(Math.abs(measured - 500) < 5, `${measured} at ${nowMs}`);
    }
  });

  test('what happened more than five seconds ago is forgotten, whole turns of the ring included', () => {
    for (const silenceMs of [5001, 10_000, 5_000_000]) {
      const rate = new SlidingRate(0);
      rate.add(1_000_000, 10);
      assert.ok(rate.perSecond(1000) > 0);
      assert.equal(rate.perSecond(10 + silenceMs), 0);
    }
  });
});
