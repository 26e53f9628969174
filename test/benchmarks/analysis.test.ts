import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { analyseScaling } from '../../benchmarks/analyze/analyse-scaling.js';
import { assessExpiry, assessVaultRisk, worstLevel } from '../../benchmarks/analyze/assess-risk.js';
import { formatHours, renderSweepAnalysis } from '../../benchmarks/analyze/render-analysis.js';
import { renderReport, writeReport } from '../../benchmarks/analyze/render-report.js';
import { sweepColumns, readResults } from '../../benchmarks/sweep/result-file.js';
import { temporaryFolder } from '../support/temporary-folder.js';

type Cells = Readonly<Record<string, string | number>>;

const usual: Cells = {
  ...{
    measured_at: '2026-01-02T03:04:05.000Z',
    target: 'sandbox',
    vaults: 1,
    repetition: 1,
    records: 60_000,
  },
  ...{ uploaded: 60_000, failed: 0, unsettled: 0, exit_status: 0, wall_s: 11, load_s: 10, requests: 200 },
  ...{ retries: 0, throttled: 0, latency_avg_ms: 500, latency_p50_ms: 450, latency_p95_ms: 900 },
  ...{
    latency_p99_ms: 1200,
    latency_max_ms: 1500,
    average_concurrency: 30,
    cpu_s: '',
    cpu_us_per_record: '',
  },
  rss_mib: 100,
};

/** A CSV file as a sweep writes it. */
function csvOf(...rows: readonly Cells[]): string {
  const lines = rows.map((row) =>
    sweepColumns.map((column) => String(row[column] ?? usual[column])).join(','),
  );
  return [sweepColumns.join(','), ...lines, ''].join('\n');
}

const analyse = (records: number, ...rows: readonly Cells[]) =>
  analyseScaling(readResults(csvOf(...rows), 'made.csv'), records);

test('time is records over the median throughput of one vault, and efficiency is what latency allows', () => {
  const load = { concurrency: 32, batch_size: 100, vaults: 2 };
  const { configurations } = analyse(
    36_000_000,
    { ...load, repetition: 1, records_per_second: 9_000 },
    { ...load, repetition: 2, records_per_second: 10_000 },
    { ...load, repetition: 3, records_per_second: 10_500 },
  );
  const [only] = configurations;
  assert.equal(configurations.length, 1);
  assert.deepEqual(only?.recordsPerSecond, { count: 3, median: 5000, min: 4500, max: 5250 });
  assert.equal(only.projectedHours, 2);
  // 32 x 100 records in 500 ms are 6,400 a second.
  assert.equal(only.efficiency, 5000 / 6400);
  assert.equal(only.vaultRisk, 'low');
  assert.deepEqual(
    only.expiryRisks.map(({ kind }) => kind),
    ['token expiry'],
  );
});

test('the fastest is not recommended first when the vault does not bear it', () => {
  const { configurations, recommendations } = analyse(
    500_000_000,
    { concurrency: 128, batch_size: 300, records_per_second: 30_000, throttled: 20, latency_avg_ms: 1300 },
    { concurrency: 64, batch_size: 300, records_per_second: 28_000, latency_avg_ms: 550 },
    { concurrency: 32, batch_size: 300, records_per_second: 17_000 },
    { concurrency: 8, batch_size: 300, records_per_second: 4_500 },
  );
  assert.deepEqual(
    configurations.map(({ name, vaultRisk }) => [name, vaultRisk]),
    [
      ['128/300', 'high'],
      ['64/300', 'low'],
      ['32/300', 'low'],
      ['8/300', 'low'],
    ],
  );
  assert.deepEqual(
    recommendations.map(({ name, score }) => [name, score]),
    [
      ['64/300', 100],
      ['32/300', 61],
      ['128/300', 32],
    ],
  );
  assert.match(
    recommendations[0]?.reason ?? '',
    /93 % of 128\/300 without its throttling and latency growth/,
  );
  assert.match(
    recommendations[2]?.reason ?? '',
    /the fastest.*but 10\.0 % of requests were answered with 429/,
  );
});

test('latency is compared with fewer workers, and never held against a batch for being larger', () => {
  const { configurations } = analyse(
    1_000_000,
    { concurrency: 32, batch_size: 100, records_per_second: 9, latency_avg_ms: 400 },
    { concurrency: 32, batch_size: 500, records_per_second: 8, latency_avg_ms: 900 },
    { concurrency: 200, batch_size: 50, records_per_second: 7, latency_avg_ms: 1200 },
  );
  assert.deepEqual(
    configurations.map(({ name, latencyGrowth }) => [name, latencyGrowth]),
    [
      ['32/100', 1],
      ['32/500', 1],
      ['200/50', 3],
    ],
  );
});

test('each risk is judged by its own threshold', () => {
  const calm = { throttledShare: 0, errorShare: 0, unfinished: false, latencyGrowth: 1.4, spread: 0.2 };
  assert.deepEqual(assessVaultRisk(calm), []);
  const levels = (facts: Partial<typeof calm>) =>
    assessVaultRisk({ ...calm, ...facts }).map(({ kind, level }) => `${kind}: ${level}`);
  assert.deepEqual(levels({ throttledShare: 0.005 }), ['throttling: medium']);
  assert.deepEqual(levels({ throttledShare: 0.02 }), ['throttling: high']);
  assert.deepEqual(levels({ errorShare: 0.0005 }), ['errors: medium']);
  assert.deepEqual(levels({ errorShare: 0.01 }), ['errors: high']);
  assert.deepEqual(levels({ unfinished: true }), ['errors: high']);
  assert.deepEqual(levels({ latencyGrowth: 2 }), ['latency growth: medium']);
  assert.deepEqual(levels({ latencyGrowth: 3 }), ['latency growth: high']);
  assert.deepEqual(levels({ spread: 0.5 }), ['spread: medium']);
  assert.equal(worstLevel(assessVaultRisk({ ...calm, spread: 0.5, errorShare: 1 })), 'high');
});

test('tokens expire after an hour, results of Snowflake after a day', () => {
  const kinds = (hours: number) =>
    assessExpiry(hours * 3600, 1).map(({ kind, level }) => `${kind}: ${level}`);
  assert.deepEqual(kinds(0.9), []);
  assert.deepEqual(kinds(2), ['token expiry: medium']);
  assert.deepEqual(kinds(21), ['token expiry: medium', 'result expiry: medium']);
  assert.deepEqual(kinds(25), ['token expiry: medium', 'result expiry: high']);
});

test('a sweep that uploaded nothing recommends nothing, and no rows are an error', () => {
  const nothing = { concurrency: 8, batch_size: 10, records_per_second: 0, uploaded: 0, exit_status: 3 };
  const analysis = analyse(10, { ...nothing, unsettled: 60_000 });
  assert.deepEqual(analysis.recommendations, []);
  assert.equal(analysis.configurations[0]?.projectedHours, null);
  assert.equal(analysis.configurations[0].vaultRisk, 'high');
  assert.match(renderSweepAnalysis(analysis, { measured: [], form: 'text' }), /nothing was uploaded/);
  assert.throws(() => analyse(10), /no measured loads/);
});

test('a file that is no result of a sweep is refused with what is wrong and where', () => {
  assert.throws(() => readResults('', 'x.csv'), /x\.csv has no header line/);
  assert.throws(
    () => readResults('time,rate\n1,2\n', 'x.csv'),
    /lacks measured_at, target, vaults, concurrency and 22/,
  );
  const good = csvOf({ concurrency: 8, batch_size: 10, records_per_second: 1 });
  assert.throws(
    () => readResults(good.replace(',8,10,', ',8,ten,'), 'x.csv'),
    /x\.csv, line 2, column batch_size/,
  );
  assert.throws(
    () => readResults(good.replace(',8,10,', ',8,'), 'x.csv'),
    /line 2: 25 fields.*header has 26/,
  );
  assert.equal(readResults(`${good}2026-01-02T03,sand`, 'x.csv').length, 1);
  const quoted = good.split('\n').map((line) => line && `"${line.replaceAll(',', '","')}",more`);
  assert.deepEqual(readResults(quoted.join('\r\n'), 'x.csv'), readResults(good, 'x.csv'));
});

test('the text keeps to 80 columns, and the report holds everything and loads nothing', () => {
  const analysis = analyse(
    500_000_000,
    { concurrency: 32, batch_size: 300, records_per_second: 15_000, failed: 30, requests: 127 },
    { concurrency: 8, batch_size: 300, records_per_second: 4_000 },
  );
  const measured = [
    '2026-01-02; 2 x <Processor> & "friends", 24 GiB; Node 20, commit 0123456789; load average 0.1',
  ];
  const text = renderSweepAnalysis(analysis, { measured, form: 'text' });
  assert.deepEqual(
    text.split('\n').filter((line) => line.length > 80),
    [],
  );
  assert.match(text, /Loads of 32\/300 had fewer than 4 requests/);
  // Every column of the table is explained under it, with the limits that are judged by.
  const explained = (text.split('WHAT THE FIGURES MEAN:')[1] ?? '').replaceAll(/\s+/g, ' ');
  for (const column of [
    'Config',
    'Records/s',
    'p50 ms',
    'p99 ms',
    'Efficiency',
    '429',
    'Errors',
    'Time',
    'Risk',
  ])
    assert.ok(explained.includes(column), column);
  assert.match(explained, /429 above 0 % is medium, above 1 % high; errors above 0 % and 0\.1 %/);
  assert.match(text, /32\/300 +15,000 +450 +1,200 +78 % +0\.0 % +0\.1 % +9\.3 h +medium/);
  const library = '/* chart */ "</script>";\n//# sourceMappingURL=chart.umd.min.js.map\n';
  const page = renderReport({ analysis, source: 'made.csv', measured, chartLibrary: library });
  assert.ok(page.includes('2 x &lt;Processor&gt; &amp; &quot;friends&quot;'));
  assert.ok(page.includes("default-src 'none'"));
  assert.doesNotMatch(page, /https?:|\ssrc=|\shref=|sourceMappingURL/);
  assert.equal(page.match(/<script/g)?.length, page.match(/<\/script>/g)?.length);
  assert.match(page, /<td>32\/300<\/td>.*<td>9\.3 h<\/td><td>medium<\/td>/);
  assert.match(
    page,
    /<ol><li>32\/300: .*<h2>Risk seen at the vault<\/h2><ul><li>32\/300: .*429 above 0 % is medium/s,
  );
  assert.match(page, /"labels":\["32\/300","8\/300"\]/);
});

test('a written report holds chart.js itself, and no map of it to fetch', async (t) => {
  const folder = await temporaryFolder(t);
  const analysis = analyse(1000, { concurrency: 32, batch_size: 300, records_per_second: 15_000 });
  await writeReport(join(folder, 'report.html'), { analysis, source: 'made.csv', measured: [] });
  const page = await readFile(join(folder, 'report.html'), 'utf8');
  assert.match(page, /Chart\.js v\d/);
  assert.doesNotMatch(page, /sourceMappingURL|<(?:script|link|img)[^>]* (?:src|href)=/);
  const nowhere = writeReport(join(folder, 'none', 'report.html'), { analysis, source: '', measured: [] });
  await assert.rejects(nowhere, /report\.html cannot be written/);
});

test('hours are said as people say them', () => {
  assert.deepEqual([0.001, 0.5, 3.44, 71.9, 72, null].map(formatHours), [
    '1 min',
    '30 min',
    '3.4 h',
    '71.9 h',
    '3.0 days',
    'never',
  ]);
});
