import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatLatency,
  formatPercent,
  formatSeconds,
  formatShortCount,
  groupThousands,
} from '../../src/report/format-numbers.js';

describe('numbers for people', () => {
  test('counts have thousands separators', () => {
    assert.deepEqual([0, 999, 1298, 500_000_000].map(formatCount), ['0', '999', '1,298', '500,000,000']);
    assert.deepEqual([0.05, 1234.5678, -4321].map(groupThousands), ['0.05', '1,234.5678', '-4,321']);
  });

  test('the axis of a chart has them too, and is short', () => {
    assert.deepEqual([0, 0.5, 1500, 9999, 10_000, 12_500, 2_500_000, 4e9].map(formatShortCount), [
      ...['0', '0.5', '1,500', '9,999', '10 k', '12.5 k', '2.5 M', '4,000 M'],
    ]);
  });

  test('durations name their two largest units', () => {
    const durationsMs = [0, 300, 32_400, 59_600, 125_000, 3_720_000, 3 * 86_400_000 + 4 * 3_600_000];
    assert.deepEqual(durationsMs.map(formatDuration), [
      '0s',
      '1s',
      '32s',
      '1m 00s',
      '2m 05s',
      '1h 02m',
      '3d 04h',
    ]);
    assert.equal(formatSeconds(77_100), '77.1');
  });

  test('latencies and bytes', () => {
    assert.deepEqual([0, 0.42, 128.4, 3800, 12_000].map(formatLatency), [
      '0 ms',
      '0.4 ms',
      '128 ms',
      '3,800 ms',
      '12.0 s',
    ]);
    assert.deepEqual([512, 1536, 1024 ** 2 - 1, 91_226_112].map(formatBytes), [
      '512 B',
      '1.5 KiB',
      '1.0 MiB',
      '87.0 MiB',
    ]);
  });

  test('percent is exact to the tenth and cut', () => {
    assert.equal(formatPercent(50_000, 100_000), '50.0%');
    assert.equal(formatPercent(29, 100), '29.0%');
    assert.equal(formatPercent(499_999_999, 500_000_000), '99.9%');
    assert.equal(formatPercent(0, 0), '100.0%');
  });

  test('percent is 100 when, and only when, everything is settled', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.nat(2 ** 40), (whole, part) => {
        assert.equal(formatPercent(part, whole) === '100.0%', part >= whole);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (whole) => {
        assert.equal(formatPercent(whole - 1, whole) === '100.0%', false);
      }),
    );
  });

  test('percent never overstates', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.nat(2 ** 40), (whole, part) => {
        const tenths = BigInt(formatPercent(part, whole).replace(/[.%]/g, ''));
        const exact = (BigInt(Math.min(part, whole)) * 1000n) / BigInt(whole);
        assert.equal(tenths, exact);
      }),
    );
  });
});
