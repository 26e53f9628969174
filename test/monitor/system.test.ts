import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { NOTHING_YET } from '../../src/figures/snapshot.js';
import { displayWidth } from '../../src/report/screen-text.js';
import { runDirectoryAt } from '../../src/run-record/run-directory.js';
import { findLimits, type Observation } from '../../supervisor/commands/monitor/find-limits.js';
import { readInstance } from '../../supervisor/commands/monitor/instance-facts.js';
import { readCounters } from '../../supervisor/commands/monitor/read-counters.js';
import { readProcess } from '../../supervisor/commands/monitor/read-process.js';
import { renderSample } from '../../supervisor/commands/monitor/render-sample.js';
import { LiveRegion } from '../../supervisor/view/live-region.js';
import { snapshotOf } from '../report/snapshot-fixture.js';
import { FakeTerminal } from '../view/fake-terminal.js';
import { Workspace } from '../support/workspace.js';

async function put(
  workspace: Workspace,
  files: Readonly<Record<string, string>>,
): Promise<{ proc: string; sys: string }> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(workspace.at(name)), { recursive: true });
    await writeFile(workspace.at(name), text);
  }
  return { proc: workspace.at('proc'), sys: workspace.at('sys') };
}

test('CPU, memory, network and disks are read as the kernel tells them, a container’s limit included', async () => {
  await using workspace = await Workspace.create();
  const roots = await put(workspace, {
    'proc/stat':
      'cpu  30 0 30 130 10 0 0 0 0 0\ncpu0 10 0 10 70 10 0 0 0 0 0\ncpu1 20 0 20 60 0 0 0 0 5 0\nintr 5\n',
    'proc/meminfo': 'MemTotal:       8000 kB\nMemFree: 100 kB\nMemAvailable:   6000 kB\n',
    'proc/net/dev':
      'Inter-|   Receive  |  Transmit\n face |bytes packets\n    lo: 900 1 0 0 0 0 0 0 900 1 0\n  eth0: 100 1 0 0 0 0 0 0 50 1 0\n ens5:7 1 0 0 0 0 0 0 3 1 0\n',
    'proc/diskstats':
      ' 259 0 nvme0n1 1 0 4 0 1 0 2 0\n 259 1 nvme0n1p1 1 0 4 0 1 0 2 0\n 7 0 loop0 1 0 9 0 1 0 9 0\n',
    'sys/fs/cgroup/memory.max': '4096000\n',
    'sys/fs/cgroup/memory.current': '1000000\n',
    'sys/block/nvme0n1/size': '1',
    'sys/block/loop0/size': '1',
  });
  const machine = await readCounters(workspace.path, roots);
  assert.deepEqual(machine.cores, [
    { busy: 20, total: 100 },
    { busy: 40, total: 100 },
  ]);
  assert.deepEqual(machine.cpu, { busy: 60, total: 200 });
  assert.deepEqual(machine.memory, { totalBytes: 4_096_000, availableBytes: 3_096_000 });
  assert.deepEqual(machine.network, { receivedBytes: 107, sentBytes: 53 });
  assert.deepEqual(machine.diskIo, { readBytes: 2048, writtenBytes: 1024 });
  assert.ok((machine.disk?.freeBytes ?? 0) > 0);

  const elsewhere = { proc: workspace.at('no-proc'), sys: workspace.at('no-sys') };
  const told = await readCounters(workspace.path, elsewhere);
  assert.ok(told.cores.length > 0 && told.memory.totalBytes > 0, 'Node knows that much everywhere');
  assert.deepEqual([told.network, told.diskIo], [undefined, undefined]);
  assert.equal(await readProcess(process.pid, elsewhere), undefined);
});

test('an instance of EC2 is asked with a session token, another machine is not, and silence is not waited for', async () => {
  await using workspace = await Workspace.create();
  const asked: string[] = [];
  let answers = true;
  const service = createServer((request: IncomingMessage, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
    if (!answers) return;
    if (request.method === 'PUT')
      response.end(request.headers['x-aws-ec2-metadata-token-ttl-seconds'] && 'session');
    else if (request.headers['x-aws-ec2-metadata-token'] !== 'session') response.writeHead(401).end();
    else
      response.end(
        JSON.stringify({
          instanceType: 'c6i.4xlarge',
          availabilityZone: 'eu-west-1b',
          architecture: 'x86_64',
        }),
      );
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const metadataUrl = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  try {
    const other = await put(workspace, { 'sys/class/dmi/id/sys_vendor': 'QEMU\n' });
    assert.equal(await readInstance({ roots: other, metadataUrl }), undefined);
    assert.deepEqual(asked, [], 'nobody is asked');

    const roots = await put(workspace, {
      'sys/class/dmi/id/sys_vendor': 'Amazon EC2\n',
      'sys/class/net/ens5/speed': '12500\n',
      'sys/drivers/ena/bind': '',
    });
    await mkdir(workspace.at('sys/class/net/ens5/device'));
    await symlink(workspace.at('sys/drivers/ena'), workspace.at('sys/class/net/ens5/device/driver'));
    const facts = await readInstance({ roots, metadataUrl, timeoutMs: 60_000 });
    assert.deepEqual(asked, ['PUT /latest/api/token', 'GET /latest/dynamic/instance-identity/document']);
    assert.ok(facts !== undefined && facts.cores > 0 && facts.memory_bytes > 0);
    assert.deepEqual(facts, {
      cores: facts.cores,
      memory_bytes: facts.memory_bytes,
      instance_type: 'c6i.4xlarge',
      availability_zone: 'eu-west-1b',
      architecture: 'x86_64',
      network_mbps: 12_500,
      ena: true,
    });

    answers = false;
    const silent = await readInstance({ roots, metadataUrl, timeoutMs: 30 });
    assert.deepEqual([silent?.instance_type, silent?.ena], [null, true]);
  } finally {
    service.closeAllConnections();
    service.close();
  }
});

const workers = { active: 0, configured: 8, allowed: 8 };
const snapshot = { ...NOTHING_YET, workers, in_flight: 2, timed_wall_ms: 10_000 };
const writtenAt = '2026-01-02T03:04:05.000Z';

/** A load on a machine that has everything, with these figures of its only vault. */
function observe(vault: Partial<typeof NOTHING_YET>, more: Partial<Observation> = {}) {
  const observation: Observation = {
    run: {
      directory: runDirectoryAt('/runs', '20260102T030405Z-1a2b3c4d'),
      state: 'active',
      summary: undefined,
      status: {
        format_version: 1,
        run_id: '20260102T030405Z-1a2b3c4d',
        pid: 10,
        updated_at: writtenAt,
        vaults: [
          { name: 'SSN', pid: 11, phase: 'loading', restarts: 0, snapshot: { ...snapshot, ...vault } },
        ],
      },
    },
    before: undefined,
    machine: {
      cores: 2,
      cpuShare: 0.2,
      busiestCoreShare: 0.4,
      memory: { totalBytes: 8e9, availableBytes: 4e9 },
      networkPerSecond: { receivedBytes: 1e6, sentBytes: 1e6 },
      diskPerSecond: undefined,
      disk: { totalBytes: 1e12, freeBytes: 5e11 },
    },
    processes: [],
    instance: undefined,
    now: new Date(writtenAt),
    ...more,
  };
  return observation;
}

const kindsOf = (observation: Observation): string[] => findLimits(observation).map(({ kind }) => kind);

test('what limits a load is named: the machine, a core, descriptors, the rate limit, the source, the vault', () => {
  assert.deepEqual(kindsOf(observe({})), [], 'nothing, while workers are free for no visible reason');
  const { machine } = observe({});
  const poor = {
    ...machine,
    cpuShare: 0.95,
    memory: { totalBytes: 8e9, availableBytes: 1e8 },
    disk: { totalBytes: 1e12, freeBytes: 1e6 },
  };
  assert.deepEqual(kindsOf(observe({}, { machine: poor })), ['cpu', 'memory', 'disk']);
  const late = new Date(Date.parse(writtenAt) + 60_000);
  assert.deepEqual(kindsOf(observe({}, { now: late })), ['stale']);
  const process = {
    ...{ vault: 'SSN', pid: 11, rssBytes: 1, threads: 11, connections: 8, cpuShare: 1.4 },
    ...{ mainThreadShare: 0.97, openFiles: 900, openFilesLimit: 1024 },
  };
  assert.deepEqual(kindsOf(observe({}, { processes: [process] })), ['core', 'files']);
  assert.deepEqual(kindsOf(observe({ workers: { ...workers, allowed: 2 } })), ['rate_limit']);
  assert.deepEqual(kindsOf(observe({ requests_per_second_allowed: 12 })), ['rate_limit']);
  const courteous = { workers: { ...workers, allowed: 2 }, slowed_for_latency_ms: 200 };
  assert.deepEqual(kindsOf(observe(courteous)), ['latency_ceiling']);
  const reading = { ...snapshot.timing_ms, source_read: 9_000 };
  assert.deepEqual(kindsOf(observe({ timing_ms: reading })), ['source']);
  assert.deepEqual(kindsOf(observe({ in_flight: 8, timing_ms: reading })), ['vault']);
  const instance = {
    ...{ instance_type: 'x', availability_zone: 'y', architecture: 'z', cores: 2, memory_bytes: 1 },
    ...{ network_mbps: 8, ena: true },
  };
  assert.deepEqual(kindsOf(observe({}, { instance })), ['network']);
});

test('a sample fits any terminal: no line is wider, and there are no more lines than rows', () => {
  const { run, machine } = observe({ workers: { ...workers, allowed: 2 } });
  const process = {
    ...{ vault: 'SSN', pid: 1_234_567, rssBytes: 1e9, threads: 11, connections: 8, cpuShare: 1.4 },
    ...{ mainThreadShare: 0.2, openFiles: 900, openFilesLimit: 1024 },
  };
  const sample = {
    run,
    machine,
    processes: [process],
    instance: undefined,
    limits: findLimits(observe({ workers: { ...workers, allowed: 2 } })),
  };
  const style = { unicode: true, color: false };
  for (const columns of [30, 60, 80, 200]) {
    for (const rows of [1, 5, 24, Infinity]) {
      const lines = renderSample(sample, {
        columns,
        rows,
        style,
        frame: 0,
        footer: 'q ends the watching; the run goes on.',
      });
      assert.ok(lines.length <= rows);
      for (const line of lines) assert.ok(displayWidth(line) <= columns, `${columns}: ${line}`);
    }
  }
});

test('on a screen of 80 by 24 all vaults come first, what limits them next, and the rest as far as there is room', () => {
  const draw = (count: number, state: 'active' | 'abandoned' = 'active'): string[] => {
    const status = observe({ ...snapshotOf({ read: 40_000 }), workers: { ...workers, allowed: 2 } }).run
      .status;
    const [vault] = status?.vaults ?? [];
    const names = Array.from({ length: count }, (_, at) => `V${at}`);
    const seen = vault === undefined ? [] : names.map((name, at) => ({ ...vault, name, pid: 100 + at }));
    const { run, machine } = observe({});
    const process = {
      ...{ vault: 'V0', pid: 100, rssBytes: 1e9, threads: 11, connections: 8, cpuShare: 1.4 },
      ...{ mainThreadShare: 0.2, openFiles: 90, openFilesLimit: 1024 },
    };
    const processes =
      state === 'active' ? seen.map(({ name, pid }) => ({ ...process, vault: name, pid })) : [];
    const now = { ...run, state, status: status === undefined ? undefined : { ...status, vaults: seen } };
    const limits = findLimits(observe({}, { run: now, processes }));
    const terminal = new FakeTerminal(80, 24);
    const region = new LiveRegion(terminal);
    const layout = { columns: 80, rows: 23, style: { unicode: true, color: false }, frame: 0 };
    const sample = { run: now, machine, processes, instance: undefined, limits };
    region.open();
    for (const footer of ['before', 'q ends the watching'])
      region.draw(renderSample(sample, { ...layout, footer }));
    assert.deepEqual([terminal.history, terminal.wrapped, terminal.cut], [[], 0, 0]);
    const lines = terminal.lines.slice(0, -1);
    region.close([]);
    assert.equal(lines.at(-1), 'q ends the watching');
    return lines.slice(0, -1);
  };
  const namesIn = (lines: readonly string[]): (string | undefined)[] =>
    lines.map((line) => /^\S (V\d+)/.exec(line)?.[1]);
  const kinds = (lines: readonly string[]): string =>
    [/^ {2}TOTAL .*rec\/s {2}ETA/, /^⚠ V0, V1.*rate limit/, /^ {2}CPU/, /^ {2}Process/, /^ {2}V0 +100/]
      .map((pattern) => lines.findIndex((line) => pattern.test(line)))
      .join(' ');

  const four = draw(4);
  assert.deepEqual(namesIn(four).slice(1, 5), ['V0', 'V1', 'V2', 'V3']);
  assert.equal(kinds(four), '5 6 9 14 15', four.join('\n'));
  assert.match(four.join('\n'), /\n {2}V3 +103 [^]*$/);

  const eight = draw(8);
  assert.deepEqual(namesIn(eight).slice(1, 9), ['V0', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6', 'V7']);
  assert.equal(kinds(eight), '9 10 13 18 19', eight.join('\n'));
  assert.match(eight.at(-1) ?? '', /^… \d more lines in a higher window$/);

  const thirty = draw(30);
  assert.equal(namesIn(thirty).filter((name) => name !== undefined).length, 19);
  assert.deepEqual(
    thirty.slice(-2).map((line) => line.slice(0, 15)),
    ['… 11 more vault', '  TOTAL  40.0% '],
  );

  // Nobody works on it: what was written last is no rate, no time that is left, and nothing holds it back.
  assert.deepEqual(draw(2, 'abandoned'), [
    'Run 20260102T030405Z-1a2b3c4d: nobody works on it any more; it was killed.',
    '✖ V0  incomplete  100,000 uploaded  0 failed  60,000 left  0 skipped  1m 17s',
    '✖ V1  incomplete  100,000 uploaded  0 failed  60,000 left  0 skipped  1m 17s',
    '  TOTAL  40.0%  80,000/200,000',
  ]);
});
