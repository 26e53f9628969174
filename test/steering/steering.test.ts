import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { parsePaceWindows, ratesAt } from '../../src/rates/pace-windows.js';
import type { Rates } from '../../src/rates/rates.js';
import { runRecordSchema } from '../../src/run-record/run-record.js';
import { PaceGate } from '../../child/pace/pace-gate.js';
import { VirtualClock } from '../../benchmarks/simulated/virtual-clock.js';
import { loadingChild } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, Workspace } from '../support/workspace.js';

const night: Rates = { max_requests_per_second: 200 };

test('windows of the pace: days, hours over midnight, the first that fits, else what is configured', () => {
  const windows = parsePaceWindows('Sat,sun 100 requests/s; fri 22:00-06:00 200 requests/s, 9 bytes/s');
  assert.ok(windows !== undefined);
  const rates = { max_requests_per_second: 20, max_records_per_second: 5 };
  const at = (time: string, timeZone = 'UTC') => ratesAt(new Date(time), { rates, windows, timeZone });
  // 2027-01-01 is a Friday.
  assert.deepEqual(at('2027-01-01T21:59:59Z'), rates);
  assert.deepEqual(at('2027-01-01T22:00:00Z'), { ...rates, ...night, max_bytes_per_second: 9 });
  assert.deepEqual(
    at('2027-01-02T05:59:00Z'),
    { ...rates, max_requests_per_second: 100 },
    'the first counts',
  );
  assert.deepEqual(at('2027-01-01T21:59:59Z', 'Europe/Berlin').max_requests_per_second, 200);
  assert.deepEqual(
    parsePaceWindows('fri 22:00-06:00 7 requests/s')?.map(({ days }) => [...days]),
    [[5]],
  );
  const over = { rates, windows: parsePaceWindows('fri 22:00-06:00 7 requests/s') ?? [], timeZone: 'UTC' };
  assert.equal(ratesAt(new Date('2027-01-02T05:59:00Z'), over).max_requests_per_second, 7);
  assert.equal(
    ratesAt(new Date('2027-01-01T05:59:00Z'), over).max_requests_per_second,
    20,
    'began on no Friday',
  );
  for (const wrong of [
    '20',
    'noon 20 requests/s',
    '08:00-08:00 1 requests/s',
    '08:00-25:00 1 requests/s',
    'mon 0 requests/s',
    '1 requests/s, 2 requests/s',
  ])
    assert.equal(parsePaceWindows(wrong), undefined, wrong);
});

test('a rate that is raised counts at once, also for whoever waits already', async () => {
  const clock = new VirtualClock();
  const gate = new PaceGate(
    { concurrency: 9, baseDelayMs: 0, rates: { max_requests_per_second: 0.01 } },
    { clock },
  );
  const entered: number[] = [];
  const { signal } = new AbortController();
  for (let request = 0; request < 3; request += 1)
    void gate.enter({ records: 1, bytes: 1 }, signal).then(() => entered.push(clock.now()));
  await clock.advanceTo(1_000);
  assert.deepEqual(entered, [0], 'the next one would be due after 100 s');
  gate.setRates({ max_requests_per_second: 1 });
  await clock.advanceTo(3_100);
  assert.equal(entered.length, 3);
  gate.setRates({});
  void gate.enter({ records: 1, bytes: 1 }, signal).then(() => entered.push(clock.now()));
  await clock.advanceTo(3_101);
  assert.equal(entered.length, 4, 'without a rate nobody waits');
});

test('a load is paused, given another pace, gone on with and stopped from another terminal, while children wait for a look-up too', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=20']);
  await workspace.configure(sandbox.url, ['NAME', 'ID'], {
    skyflow: { settle_ms: 1_000 },
    performance: { batch_size: 2, max_concurrency: 2, max_requests_per_second: 40, share_limits: true },
  });
  const pairs = { NAME: makePairs(800, 'name'), ID: makePairs(4, 'id') };
  for (const name of ['NAME', 'ID'] as const) await workspace.writePairs(name, pairs[name]);
  const note = 'echo "$SUPERVISE_EVENT $SUPERVISE_REASON" >> told';
  const steer = async (...argv: string[]) => {
    const end = await workspace.run([...argv, '--json'], { status: 0 });
    return z.looseObject({ status: z.string(), paused: z.boolean() }).parse(JSON.parse(end.stdout));
  };
  // Every insert of ID has its effect, and its answer is lost: its rows wait to be looked up.
  await sandbox.set({ faultRoutes: ['insert'], resetAfter: { next: 2 } });
  const load = workspace.start(['--all', '--on-event', note]);
  const child = await loadingChild(workspace, 'NAME');

  const { status, paused } = await steer('pause');
  assert.deepEqual({ status, paused }, { status: 'followed', paused: true });
  const requests = async () => (await sandbox.stats())['requests'];
  const before = await sandbox.requestsAtRest();
  process.kill(child, 'SIGKILL');
  const second = await loadingChild(workspace, 'NAME', { after: [child] });
  // Longer than a row in doubt waits for its look-up.
  const [run = ''] = await workspace.runs();
  const answeredMs = Date.now();
  const statusOf = async () =>
    z
      .looseObject({
        updated_at: z.string(),
        vaults: z.array(z.looseObject({ waitsFor: z.string().optional() })),
      })
      .parse(JSON.parse(await readFile(join(run, 'status.json'), 'utf8')));
  await waitUntil(
    'the settling time is over',
    async () => Date.parse((await statusOf()).updated_at) > answeredMs + 1_500,
  );
  assert.equal(await requests(), before, 'a process that was started meanwhile is paused too');
  assert.ok((await statusOf()).vaults.some(({ waitsFor }) => waitsFor === 'go'));
  assert.ok(second > 0);

  assert.equal((await steer('pace', '--max-requests-per-second', '30')).status, 'followed');
  assert.equal(await requests(), before, 'another pace is no go');
  await steer('go');
  await waitUntil('requests are made again', async () => (await requests()) !== before);
  await steer('pause');
  await workspace.run(['stop'], { status: 0 });
  const { status: stopStatus, stdout: ending } = await load.ended;
  assert.equal(stopStatus, 143, 'a paused run can be stopped');
  assert.match(
    ending.replace(/\n +/g, ' '),
    /the run stays paused \(.*`skyflow-supervise go \S+`, also after a resume/,
  );

  const resume = workspace.start(['resume']);
  await resume.outputMatches(/still paused .*`skyflow-supervise go \S+`/);
  await resume.outputMatches(/the pace is now at most 30 requests\/s/);
  await steer('pace', '--max-requests-per-second', '1000');
  await steer('go');
  const end = await resume.ended;
  assert.equal(end.status, 0, end.stdout + end.stderr);
  assert.deepEqual(await sandbox.pairs('vault-name', 'name'), asMultiset(pairs.NAME));
  assert.deepEqual(await sandbox.pairs('vault-id', 'id'), asMultiset(pairs.ID));
  assert.deepEqual((await readFile(workspace.at('told'), 'utf8')).trimEnd().split('\n'), [
    'paused asked',
    'restarting crashed',
    'resumed asked',
    'paused asked',
    'paused interrupted',
  ]);
  const record = runRecordSchema.parse(JSON.parse(await readFile(join(run, 'run.json'), 'utf8')));
  assert.deepEqual(
    record.sessions.map(({ orders = [] }) =>
      orders.map(({ paused, rates }) => [paused, rates.max_requests_per_second]),
    ),
    [
      [
        [true, undefined],
        [true, 30],
        [false, 30],
        [true, 30],
      ],
      [
        [true, 1000],
        [false, 1000],
      ],
    ],
  );
  assert.match(await readFile(join(run, 'run.log'), 'utf8'), /"msg":"order"/);
  for (const [argv, why] of [
    [['pace'], /pace needs a rate/],
    [['go'], /nobody works on a run/],
    [['pause', run], /is finished/],
    [['stop', run], /nobody works on run/],
    [['load', '--pace-windows', 'at night'], /performance\.pace_windows/],
  ] as const) {
    const refused = await workspace.run(argv, { status: 2 });
    assert.match(refused.stderr, why);
  }
});
