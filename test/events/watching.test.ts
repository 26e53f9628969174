import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { buildRunSummary } from '../../src/report/run-summary.js';
import type { RunSummary } from '../../src/report/summary-format.js';
import { runDirectoryAt } from '../../src/run-record/run-directory.js';
import type { VaultStatus } from '../../src/status/statuses.js';
import { parseMoment } from '../../supervisor/command-line/attendance-options.js';
import { beatUrl, isLoopbackBeat } from '../../supervisor/events/beat-url.js';
import { Heartbeat } from '../../supervisor/events/heartbeat.js';
import { EVENT_CODES, JsonLog, lineWriter } from '../../supervisor/events/json-log.js';
import { RunWatch, stalledMs } from '../../supervisor/events/run-watch.js';
import type { VaultState } from '../../supervisor/run/vault-state.js';
import { PlainView } from '../../supervisor/view/plain-view.js';
import { Steering } from '../../supervisor/run/steering.js';
import { projectFolder } from '../docs/pages.js';
import { runOutcome, snapshotOf, vaultOutcome } from '../report/snapshot-fixture.js';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { makePairs, Workspace } from '../support/workspace.js';
import { FakeClock, FakeTerminal } from '../view/fake-terminal.js';

const loading = (read: number, more: Partial<VaultState> = {}): VaultState => ({
  phase: 'loading',
  restarts: 0,
  snapshot: snapshotOf({ rows_total: 1_000, read, records_per_second: 1 }),
  ...more,
});

test('a load that stands still, waits, moves again, is restarted or falls behind is told of, each once', () => {
  let nowMs = 0;
  const told: string[] = [];
  const watch = new RunWatch({
    nowMs: () => nowMs,
    now: () => new Date(Date.UTC(2027, 0, 1) + nowMs),
    // 1,000 rows at one a second take until 00:16:40.
    finishBy: new Date(Date.UTC(2027, 0, 1, 0, 20)),
    tell: ({ event, reason }, vaults) => told.push(`${event} ${reason} ${vaults.join(',')}`),
  });
  const at = (ms: number, state: VaultState): string[] => {
    nowMs = ms;
    watch.changed('NAME', state);
    watch.look();
    return told.splice(0);
  };
  assert.deepEqual(at(0, loading(0)), []);
  assert.deepEqual(at(61_000, loading(61)), []);
  assert.deepEqual(
    at(61_000 + stalledMs - 1, loading(61)),
    ['behind pace NAME'],
    'nothing was settled in 5 minutes',
  );
  assert.deepEqual(at(61_000 + stalledMs, loading(61)), ['stalled no_progress NAME']);
  assert.deepEqual(at(62_000 + stalledMs, loading(61)), []);
  assert.deepEqual(at(63_000 + stalledMs, loading(900)), ['resumed stalled NAME']);
  assert.deepEqual(at(64_000 + stalledMs, loading(900, { waitsFor: 'go' })), ['paused asked NAME']);
  assert.deepEqual(
    at(64_000 + 3 * stalledMs, loading(900, { waitsFor: 'go' })),
    [],
    'who is paused has not stalled',
  );
  assert.deepEqual(at(65_000 + 3 * stalledMs, loading(901)), ['resumed asked NAME']);
  assert.deepEqual(at(66_000 + 3 * stalledMs, loading(901, { phase: 'restarting', restarts: 1 })), [
    'restarting crashed NAME',
  ]);
  assert.deepEqual(at(67_000 + 3 * stalledMs, { phase: 'finished', restarts: 1, status: 'complete' }), []);
});

test('a heartbeat beats while the run goes on, and not while it waits or stands still', async () => {
  await using workspace = await Workspace.create();
  let nowMs = 0;
  const beats = workspace.at('beats');
  const count = async (): Promise<number> => (await readFile(beats, 'utf8').catch(() => '')).length;
  const view = new PlainView({
    stream: new FakeTerminal(80, 24),
    style: { unicode: true, color: false },
    clock: new FakeClock(),
  });
  const heart = new Heartbeat({
    to: { command: `[ "$SUPERVISE_EVENT" = heartbeat ] && printf x >> '${beats}'` },
    view,
    environment: { PATH: process.env['PATH'] ?? '' },
    intervalMs: 3_600_000,
    nowMs: () => nowMs,
  });
  heart.begun({ vaults: ['NAME'], directory: runDirectoryAt(workspace.path, '20250102T030405Z-abcdefgh') });
  await waitUntil('it beats when the run begins', async () => (await count()) === 1);
  heart.changed('NAME', loading(1, { waitsFor: 'go' }));
  heart.beat();
  heart.changed('NAME', loading(1));
  nowMs = stalledMs;
  heart.beat();
  await heart.settled();
  assert.equal(await count(), 1, 'paused, and then standing still');
  heart.changed('NAME', loading(2));
  heart.beat();
  await heart.settled();
  assert.equal(await count(), 2);
});

test('a heartbeat may go to a URL of this machine, and to no other; one that nobody takes is said once', async () => {
  const heard: string[] = [];
  let status = 204;
  const server = createServer((request, response) => {
    heard.push(
      `${request.method ?? ''} ${request.url ?? ''} ${String(request.headers['x-supervise-run-id'])}`,
    );
    response.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const url = `http://127.0.0.1:${address.port}/beat`;
  const told: string[] = [];
  const view = new PlainView({
    stream: new FakeTerminal(80, 24),
    style: { unicode: true, color: false },
    clock: new FakeClock(),
  });
  view.notice = (_, text) => void told.push(text);
  const heart = new Heartbeat({ to: { url }, view, environment: {}, intervalMs: 3_600_000 });
  heart.begun({ vaults: ['NAME'], directory: runDirectoryAt('/runs', '20250102T030405Z-abcdefgh') });
  await heart.settled();
  assert.deepEqual(heard, ['POST /beat 20250102T030405Z-abcdefgh']);
  status = 500;
  for (let beat = 0; beat < 2; beat += 1) {
    heart.beat();
    await heart.settled();
  }
  server.close();
  assert.equal(heard.length, 3);
  assert.deepEqual(told, ['--heartbeat-url: it answered with HTTP 500'], 'once');
  assert.match((await beatUrl(url, 'run')) ?? '', /no answer \(ECONNREFUSED\)/);
  for (const good of ['http://127.0.0.1:1/x', 'http://localhost/', 'http://[::1]:8080/'])
    assert.ok(isLoopbackBeat(good), good);
  const foreign = [
    'https://127.0.0.1/',
    'http://example.com/',
    'http://127.0.0.1.example.com/',
    'http://u:p@127.0.0.1/',
  ];
  for (const bad of [...foreign, 'x']) assert.ok(!isLoopbackBeat(bad), bad);
});

test('nothing is sent before --not-before, and --stop-at stops once', async () => {
  let now = new Date('2027-01-01T05:00:00Z');
  const did: string[] = [];
  const steering = new Steering(
    {
      setRates: () => undefined,
      pause: () => Promise.resolve(void did.push('pause')),
      unpause: () => void did.push('unpause'),
    },
    {
      rates: {},
      windows: [],
      timeZone: undefined,
      notBefore: new Date('2027-01-01T06:00:00Z'),
      stopAt: new Date('2027-01-01T08:00:00Z'),
      now: () => now,
      onStop: () => void did.push('stop'),
      onNotice: () => undefined,
      onOrder: () => Promise.resolve(),
    },
  );
  await steering.begin();
  const at = async (time: string): Promise<string[]> => {
    now = new Date(time);
    await steering.look();
    return did.splice(0);
  };
  assert.deepEqual(await at('2027-01-01T05:59:59Z'), ['pause']);
  assert.deepEqual(await at('2027-01-01T06:00:00Z'), ['unpause']);
  assert.deepEqual(await at('2027-01-01T07:59:59Z'), []);
  assert.deepEqual(await at('2027-01-01T08:00:00Z'), ['stop']);
  assert.deepEqual(await at('2027-01-01T09:00:00Z'), []);
  await steering.end();
  const noon = new Date(2027, 0, 1, 12);
  assert.deepEqual(parseMoment('06:00', noon), new Date(2027, 0, 2, 6), 'the next one');
  assert.deepEqual(parseMoment('12:01', noon), new Date(2027, 0, 1, 12, 1));
  assert.deepEqual(parseMoment('2027-01-02T06:00Z', noon), new Date('2027-01-02T06:00:00Z'));
  for (const wrong of ['24:00', '6', 'tomorrow', '2027-01-02'])
    assert.equal(parseMoment(wrong, noon), undefined);
});

const summaryOf = (status: VaultStatus): RunSummary =>
  buildRunSummary(
    runOutcome(
      [vaultOutcome({ status })],
      status === 'interrupted' ? { interruptedBy: 'SIGTERM' as const } : {},
    ),
  );

const lineSchema = z.looseObject({
  time: z.iso.datetime(),
  level: z.enum(['info', 'warn', 'error']),
  code: z.enum(EVENT_CODES),
  run: z.string().optional(),
  host: z.string(),
  vault: z.string().optional(),
});

test('--log json writes a line for each event, with its code, and nothing of records; a load stops at its time', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["value 3"]', 'latency.fixedMs=100']);
  await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 5, max_concurrency: 1 } });
  await workspace.writePairs('NAME', makePairs(5_000));
  const stopAt = new Date(Date.now() + 4_000).toISOString();
  const argv = [
    '--all',
    '--log',
    'json:events.jsonl',
    '--stop-at',
    stopAt,
    '--finish-by',
    '2099-01-01T00:00',
  ];
  await workspace.run(argv, { status: 143 });
  const text = await readFile(workspace.at('events.jsonl'), 'utf8');
  assert.equal((await stat(workspace.at('events.jsonl'))).mode & 0o777, 0o600);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => lineSchema.parse(JSON.parse(line)));
  const codes = lines.map(({ code }) => code);
  assert.equal(codes[0], 'run_begun');
  assert.equal(codes.at(-1), 'run_ended');
  assert.ok(codes.includes('notice'));
  assert.equal(new Set(lines.map(({ run, host }) => `${run ?? ''} ${host}`)).size, 1);
  assert.doesNotMatch(text, /value \d|tok_p_|test-bearer-token/);
  assert.equal(lines.at(-1)?.['status'], 'interrupted');

  const page = await readFile(join(projectFolder, 'docs', 'operating.md'), 'utf8');
  for (const code of EVENT_CODES) assert.ok(page.includes(`\`${code}\``), `${code} is in docs/operating.md`);
  for (const argv of [
    ['load', '--log', 'text'],
    ['load', '--log', 'json:'],
    ['load', '--stop-at', 'soon'],
    ['load', '--heartbeat-url', 'https://example.com/'],
  ]) {
    const refused = await workspace.run(argv);
    assert.equal(refused.status, 2, argv.join(' '));
  }
});

test('what a run is told of in JSON has the codes of its events, whatever cannot be written', async () => {
  const written: string[] = [];
  const log = new JsonLog({ write: (line) => written.push(line) });
  log.begun({ vaults: ['NAME'], directory: undefined });
  log.changed('NAME', loading(1, { waitsFor: 'credential' }));
  log.changed('NAME', loading(1));
  log.changed('NAME', loading(1, { phase: 'restarting', restarts: 1 }));
  log.changed('NAME', { ...loading(1), phase: 'finished', status: 'failures' });
  log.settled();
  log.ended({ failure: { code: 'storage', message: 'full' } });
  const codes = written.map((line) => lineSchema.parse(JSON.parse(line)).code);
  assert.deepEqual(codes, [
    'run_begun',
    'run_paused',
    'vault_phase',
    'run_resumed',
    'vault_restarting',
    'vault_phase',
    'vault_phase',
    'vault_progress',
    'run_ended',
  ]);
  for (const [status, level] of [
    ['complete', 'info'],
    ['limited', 'warn'],
    ['failures', 'warn'],
    ['interrupted', 'warn'],
    ['incomplete', 'error'],
    ['not_started', 'error'],
  ] as const) {
    log.ended({ summary: summaryOf(status) });
    assert.equal(lineSchema.parse(JSON.parse(written.at(-1) ?? '')).level, level, status);
  }
  await using workspace = await Workspace.create();
  await writeFile(workspace.at('a'), '');
  assert.throws(() => lineWriter(workspace.at('a', 'b')), /ENOTDIR/);
});
