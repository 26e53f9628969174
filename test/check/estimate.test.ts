import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configurationSchema } from '../../src/config/schema.js';
import { resolveSettings } from '../../src/config/resolve-settings.js';
import type { InputSize } from '../../src/source/source-kind.js';
import { kindOf } from '../../src/source/source-kinds.js';
import {
  describeEstimate,
  describeTogether,
  estimateLoad,
  foreseeLongValues,
} from '../../supervisor/commands/check/estimate-load.js';
import { planMostRecords } from '../../supervisor/run/plan-jobs.js';

const lengths = { shortest: 9, longest: 11, mean: 10 };
const shape = {
  records: 9_000_000,
  skipped: { empty_value: 600_000, empty_token: 400_000 },
  values: lengths,
  tokens: { ...lengths, mean: 30 },
  repeatedTokens: undefined,
};
const size: InputSize = { rows: 10_000_000, bytes: 500_000_000, shape };

/** A Monday in UTC. */
const monday = new Date('2026-11-30T08:00:00Z');

function estimate(performance: object, of: InputSize = size): string {
  const settings = resolveSettings(
    configurationSchema.parse({ performance: { max_records: 0, ...performance } }),
    '/',
  );
  const found = estimateLoad(of, settings.performance, monday);
  return found === undefined ? '' : describeEstimate('SSN', found).message;
}

test('hours, requests and disk of a load are told at the slowest of the configured paces', () => {
  assert.match(
    estimate({ batch_size: 100, max_records_per_second: 1_000, max_requests_per_second: 20 }),
    /^9,000,000 records in 90,000 requests of up to 100; at least 2h 30m at max_records_per_second 1,000; disk: 19\.5 MiB, with max_errors failures \d/,
  );
  assert.match(
    estimate({ batch_size: 100, max_requests_per_second: 5 }),
    /at least 5h 00m at max_requests_per_second 5;/,
  );
  assert.match(
    estimate({ max_bytes_per_second: 100_000 }),
    /at least 2h 30m at max_bytes_per_second 100,000;/,
  );
  assert.match(
    estimate({ batch_size: 100, base_delay_ms: 1_000, max_concurrency: 10 }),
    /at least 2h 30m at base_delay_ms 1000;/,
  );
  assert.match(estimate({}), /no pace is configured: at 1,000 records a second 2h 30m/);
});

test('a result that does not last for the load is refused, also where the pace is only a usual one', () => {
  const settingsOf = (snapshot: string, performance: object = {}) =>
    resolveSettings(
      configurationSchema.parse({
        source: 'snowflake',
        snowflake: { snapshot },
        performance: { max_records: 0, ...performance },
      }),
      '/',
    );
  const judge = (records: number, settings: ReturnType<typeof settingsOf>) => {
    const of = { ...size, rows: records, shape: { ...shape, records } };
    const found = estimateLoad(of, settings.performance, monday);
    assert.ok(found !== undefined);
    return describeEstimate('SSN', found, kindOf(settings).lifetime?.(settings));
  };
  const tooLong = judge(72_000_001, settingsOf('result'));
  assert.equal(tooLong.status, 'bad');
  assert.match(
    tooLong.message,
    /no pace is configured: at 1,000 records a second 20h 00m; .*\. What is read from lasts for 20h 00m$/,
  );
  assert.match(
    tooLong.hint ?? '',
    /Set snowflake\.snapshot to table, load slices .* or configure the pace .*max_records_per_second.*`calibrate`/,
  );
  assert.equal(judge(72_000_000, settingsOf('result')).status, 'good');
  assert.equal(judge(72_000_001, settingsOf('table')).status, 'good');
  const faster = { max_records_per_second: 2_000 };
  assert.equal(
    judge(144_000_000, settingsOf('result', faster)).status,
    'good',
    'a pace that is known counts',
  );
  assert.equal(judge(144_000_001, settingsOf('result', faster)).status, 'bad');
});

test('what check refuses for its length a load does not begin: it is told the most records that it gets through', () => {
  const most = (snowflake: object, performance: object = {}, more: object = {}) =>
    planMostRecords({
      configuration: resolveSettings(
        configurationSchema.parse({
          source: 'snowflake',
          snowflake,
          performance: { max_records: 0, ...performance },
        }),
        '/',
      ),
      ...{ errorLogs: undefined, task: undefined, startedAt: monday, ...more },
    });
  assert.deepEqual(most({}), { mostRecords: 72_000_000 });
  assert.deepEqual(most({}, { max_records_per_second: 2_000 }), { mostRecords: 144_000_000 });
  assert.deepEqual(most({}, { max_requests_per_second: 10, batch_size: 25 }), { mostRecords: 18_000_000 });
  // Monday 08:00 to Tuesday 04:00: 11 hours by day, 9 by night.
  const daily = { pace_windows: '08:00-19:00 100 records/s', pace_time_zone: 'UTC' };
  const { mostRecords = 0 } = most({}, { max_records_per_second: 3_000, ...daily });
  assert.ok(Math.abs(mostRecords - 3_600 * (11 * 100 + 9 * 3_000)) < 3_600 * 3_000, String(mostRecords));
  assert.deepEqual(most({ snapshot: 'table' }), {}, 'a table lasts');
  assert.deepEqual(most({}, { max_records: 72_000_000 }), {}, 'so many and no more are meant');
  assert.deepEqual(most({}, { max_records: 72_000_001 }), { mostRecords: 72_000_000 });
  assert.deepEqual(most({}, {}, { errorLogs: [] }), {}, 'a retry reads error logs');
  assert.deepEqual(most({}, {}, { task: { kind: 'verify' } }), {}, 'another task than a load');
});

test('an estimate goes by the rows that are meant, and by what fits into a request', () => {
  assert.match(estimate({ max_records: 1_000_000 }), /^900,000 records in 3,000 requests/);
  assert.match(estimate({ start_record: 4_000_000, end_record: 5_000_000 }), /^900,000 records/);
  assert.match(estimate({ start_record: 9_500_000, max_records: 1_000_000 }), /^450,000 records/);
  const large = { ...size, shape: { ...shape, values: { ...lengths, mean: 1_000_000 } } };
  const [, perRequest] = /of up to (\d+)/.exec(estimate({ batch_size: 100 }, large)) ?? [];
  assert.ok(Number(perRequest) >= 1 && Number(perRequest) < 100, perRequest);
  assert.equal(
    estimate({}, { ...size, shape: undefined }),
    '',
    'nothing is told of what nobody has looked at',
  );
});

test('an estimate follows the rates of the hours of the week, and limits that are shared add up', () => {
  const paced = (pace_windows: string, more: object = {}) =>
    estimate({
      batch_size: 100,
      max_records_per_second: 1_000,
      pace_time_zone: 'UTC',
      pace_windows,
      ...more,
    });
  // Without windows 2 h 30 min: the second hour and all after it at a tenth.
  assert.match(paced('09:00-24:00 100 records/s'), /at least 16h \d+m at the rates of pace_windows;/);
  assert.match(paced('00:00-24:00 1000 records/s'), /at least 2h 30m at the rates/);
  assert.match(paced('08:00-09:00 100 records/s'), /at least 3h 24m at the rates/);
  // 9,000,000 records, 864,000 of them a day at 10 a second: over more than a week.
  assert.match(paced('10 records/s'), /at least 10d 10h at the rates/);
  const settings = resolveSettings(
    configurationSchema.parse({
      performance: { max_records: 0, max_records_per_second: 1_000, share_limits: true },
    }),
    '/',
  );
  const one = estimateLoad(size, settings.performance, monday);
  assert.match(
    describeTogether([one, one, one], settings.performance)?.message ?? '',
    /share these limits \(share_limits\): together at least 7h 30m/,
  );
  assert.equal(describeTogether([one, one], { share_limits: false }), undefined);
  assert.equal(describeTogether([one, undefined], settings.performance), undefined);
});

test('values that a unique column does not take are foreseen', () => {
  const long = { ...shape, values: { ...lengths, longest: 2_501 } };
  const foresee = (isUnique: boolean, of = long) =>
    foreseeLongValues({ name: 'SSN', column: 'ssn', isUnique }, of)?.message;
  assert.match(
    foresee(true) ?? '',
    /2,501 characters.*takes 2,500 at most: ssn is unique \(skyflow\.upsert\)/,
  );
  assert.match(foresee(false) ?? '', /if ssn is unique, such records are refused one by one/);
  assert.equal(foresee(true, { ...shape, values: { ...lengths, longest: 2_500 } }), undefined);
});
