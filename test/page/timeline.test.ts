import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { runDirectoryAt } from '../../src/run-record/run-directory.js';
import { chartSections } from '../../supervisor/page/chart-sections.js';
import { chartData, charts } from '../../supervisor/page/charts.js';
import { TimelineTail } from '../../supervisor/page/timeline-tail.js';
import { readTimeline } from '../../supervisor/timeline/read-timeline.js';
import { TimelineFile } from '../../supervisor/timeline/timeline-file.js';
import { finestMs, Timeline } from '../../supervisor/timeline/timeline.js';
import {
  Sampling,
  type TimelineSample,
  type VaultSample,
} from '../../supervisor/timeline/timeline-sample.js';
import { latencyOf, snapshotOf } from '../report/snapshot-fixture.js';
import { Workspace } from '../support/workspace.js';

const began = Date.parse('2026-01-02T03:04:05Z');

/** Where one vault stood so many seconds after the beginning. */
function sampleAt(seconds: number, changes: Partial<VaultSample> = {}, session = 1): TimelineSample {
  return {
    at: new Date(began + seconds * 1000).toISOString(),
    session,
    vaults: [
      {
        ...{ name: 'NAME', phase: 'loading', rows_total: 1e9, read: seconds, uploaded: seconds, failed: 0 },
        ...{ requests: seconds, refused: 0, in_flight: 1, allowed: 8, p50_ms: 10, p95_ms: 20, p99_ms: 30 },
        reasons: {},
        ...changes,
      },
    ],
  };
}

/** The values of one line of a chart. */
function line(id: string, label: string, samples: readonly TimelineSample[], vault?: string) {
  const chart = charts.find((one) => one.id === id);
  assert.ok(chart);
  return chartData(chart, samples, vault).lines.find((one) => one.label === label)?.values;
}

describe('the timeline of a run', () => {
  test('stays bounded however long the run is, over the whole of it, and keeps what was worst', () => {
    const timeline = new Timeline({ samples: [], intervalMs: finestMs });
    const days = 7;
    for (let at = 0; at < days * 86_400; at += 18)
      timeline.add(sampleAt(at, at === 86_418 ? { p99_ms: 9_999, in_flight: 77 } : {}));
    timeline.flush();
    const { samples } = timeline;
    assert.ok(samples.length > 400 && samples.length <= 960, String(samples.length));
    assert.ok(JSON.stringify(samples).length < 1 << 20);
    assert.equal(samples[0]?.at, sampleAt(0).at);
    assert.equal(samples.at(-1)?.vaults[0]?.uploaded, days * 86_400 - 18);
    const worst = samples.find(({ vaults }) => vaults[0]?.p99_ms === 9_999);
    assert.equal(worst?.vaults[0]?.in_flight, 77);
    // What is sent in a second is the same wherever it was thinned.
    const rates = line('throughput', 'all vaults', samples)?.slice(1);
    assert.deepEqual([...new Set(rates)], [1]);
  });

  test('with many vaults has fewer samples, not a larger file', () => {
    const timeline = new Timeline({ samples: [], intervalMs: finestMs });
    const [one] = sampleAt(0).vaults;
    assert.ok(one);
    const vaults = Array.from({ length: 400 }, (_, at) => ({ ...one, name: `V${at}` }));
    for (let at = 0; at < 400; at += 1) timeline.add({ ...sampleAt(at * 2), vaults });
    assert.ok(timeline.samples.length <= 20);
  });

  test('never makes one of two commands of a run, and shows nothing between them', () => {
    const first = Array.from({ length: 700 }, (_, at) => sampleAt(at * 2));
    const timeline = new Timeline({ samples: first, intervalMs: finestMs });
    // The second command counts its requests anew.
    for (let at = 0; at < 600; at += 1) timeline.add(sampleAt(5_000 + at * 2, { refused: at }, 2));
    timeline.flush();
    const sessions = timeline.samples.map(({ session }) => session);
    assert.deepEqual([...sessions].sort(), sessions);
    const rates = line('throughput', 'all vaults', timeline.samples) ?? [];
    assert.equal(
      rates.filter((rate) => rate === null).length,
      3,
      'the first one, the gap, and the one after',
    );
    const refusals = line('refusals', 'all vaults', timeline.samples) ?? [];
    assert.ok(refusals.every((rate) => rate === null || (rate >= 0 && rate <= 0.5)));
  });

  test('says of each interval how long its own answers took', () => {
    const sampling = new Sampling(1);
    const at = (latency: ReturnType<typeof latencyOf>) =>
      sampling.sample(
        [['NAME', { phase: 'loading', restarts: 0, snapshot: snapshotOf({ latency }) }]],
        new Date(),
      ).vaults[0];
    assert.equal(at(latencyOf(10, 10, 10))?.p50_ms, 10);
    assert.equal(at(latencyOf(10, 10, 10, 200, 200))?.p50_ms, 200);
    assert.equal(at(latencyOf(10, 10, 10, 200, 200))?.p50_ms, null, 'no answer since');
  });

  test('adds up failures by reason, takes the slowest vault, and one vault alone where it is chosen', () => {
    const [one] = sampleAt(0).vaults;
    assert.ok(one);
    const both = {
      ...sampleAt(2),
      vaults: [
        { ...one, uploaded: 40, reasons: { rejected: 2 }, p95_ms: 50 },
        { ...one, name: 'ID', uploaded: 20, reasons: { rejected: 1, unreachable: 4 }, p95_ms: 90 },
      ],
    };
    const samples = [{ ...sampleAt(0), vaults: [one, { ...one, name: 'ID' }] }, both];
    assert.deepEqual(line('errors', 'refused', samples), [0, 3]);
    assert.deepEqual(line('errors', 'no answer', samples), [0, 4]);
    assert.deepEqual(line('errors', 'no answer', samples, 'NAME'), undefined);
    assert.deepEqual(line('latency', '95% within', samples), [20, 90]);
    assert.deepEqual(line('latency', '95% within', samples, 'NAME'), [20, 50]);
    assert.deepEqual(line('throughput', 'all vaults', samples), [null, 30]);
    assert.deepEqual(line('throughput', 'ID', samples), [null, 10]);
  });
});

test('shows what each machine does of a run that several share, from when it joined', () => {
  const machines = (...rows: readonly number[]) => ({
    machines: rows.map((done, at) => ({ worker: `m${at}`, rows: done })),
  });
  const samples = [
    { ...sampleAt(0), ...machines(0) },
    { ...sampleAt(2), ...machines(10, 100) },
    { ...sampleAt(4), ...machines(30, 300) },
  ];
  assert.deepEqual(line('machines', 'm0', samples), [null, 5, 10]);
  assert.deepEqual(line('machines', 'm1', samples), [null, null, 100]);
  assert.equal(line('machines', 'm0', [sampleAt(0), sampleAt(2)]), undefined);
});

describe('timeline.jsonl', () => {
  test('is gone on with by a resume, passes over torn lines, and is not made where nobody may write', async () => {
    await using workspace = await Workspace.create();
    const directory = runDirectoryAt(workspace.path, '20250102T030405Z-abcdefgh');
    await mkdir(directory.path, { mode: 0o700 });
    const tail = new TimelineTail(directory.timelineFile);
    for (const uploaded of [10, 30]) {
      const file = new TimelineFile(directory);
      await file.begun({ vaults: ['NAME'], directory });
      file.changed('NAME', { phase: 'finished', restarts: 0, snapshot: snapshotOf({ uploaded }) });
      await file.settled();
    }
    assert.equal((await stat(directory.timelineFile)).mode & 0o777, 0o600);
    const { samples } = await readTimeline(directory.timelineFile);
    assert.deepEqual(
      samples.map(({ session, vaults }) => [session, vaults[0]?.uploaded]),
      [
        [1, 0],
        [1, 10],
        [2, 0],
        [2, 30],
      ],
    );
    const known = await tail.since({ generation: 0, count: 0 });
    assert.equal(known.samples.length, 4);
    const text = await readFile(directory.timelineFile, 'utf8');
    await writeFile(directory.timelineFile, `${text}{"at":"20`);
    assert.equal((await readTimeline(directory.timelineFile)).samples.length, 4);
    assert.deepEqual(await tail.since({ generation: known.generation, count: 4 }), {
      generation: known.generation,
      from: 4,
      samples: [],
    });

    const lost = new TimelineFile(runDirectoryAt(workspace.at('nowhere'), '20250102T030405Z-abcdefgh'));
    await lost.begun({ vaults: ['NAME'], directory });
    await lost.settled();
  });
});

test('says under every chart what it tells, in a live page and in a report alike', () => {
  for (const { id, meaning } of charts) {
    assert.match(meaning, /^[A-Z].{40,}\.$/, id);
    assert.ok(chartSections.includes(`<p class="soft meaning">${meaning}</p>`), id);
  }
});
