import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readdir, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { measureScratch } from './measure-scratch.js';
import {
  planMeasurements,
  recordsOf,
  readShape,
  nameOf,
  sweeps,
  describeSweep,
  estimateSweepMs,
} from '../../benchmarks/sweep/configurations.js';
import { fixedLatency, readLatencyProfile } from '../../benchmarks/target/latency-profile.js';
import { readResults } from '../../benchmarks/sweep/result-file.js';
import { helpOf } from '../../benchmarks/command-line/script.js';
import { scripts } from '../../benchmarks/scripts.js';
import { progressLine } from '../../benchmarks/sweep/run-sweep.js';
import { startSandbox } from '../support/sandbox.js';
import { Workspace } from '../support/workspace.js';

const script = fileURLToPath(new URL('../../benchmarks/main.js', import.meta.url));

/** Runs `bench:quick`; a line on stderr that matches `stopAt` is answered with SIGINT. */
async function sweep(
  workspace: Workspace,
  flags: readonly string[],
  stopAt?: RegExp,
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [script, 'quick', ...flags], {
    cwd: workspace.path,
    env: { PATH: process.env['PATH'], TMPDIR: workspace.path, LANG: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    stderr += `${line}\n`;
    if (stopAt?.test(line) === true) child.kill('SIGINT');
  });
  const [stdout, [status]] = await Promise.all([
    text(child.stdout),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { status, stdout, stderr };
}

/** Processes that were started in a workspace: its path is in their environment. */
async function processesOf(workspace: Workspace): Promise<string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')),
  );
  return pids.filter((_, at) => environments[at]?.includes(workspace.path));
}

test('the sweeps are the reference’s five configurations, and thirteen that include them', () => {
  assert.deepEqual(sweeps.quick.map(nameOf), ['32/100', '32/300', '50/100', '100/300', '200/50']);
  const full = sweeps.full.map(nameOf);
  assert.equal(new Set(full).size, 13);
  assert.deepEqual(full.slice(0, 5), sweeps.quick.map(nameOf));
  for (const wrong of ['32', '32/0', '0/300', '32-300', '2000/300', '32/300/1']) {
    assert.throws(() => readShape(wrong), /such as 32\/300/);
  }
});

test('repetitions go forwards and backwards in turn, and what has a row is not planned again', () => {
  const configurations = ['1/10', '2/20'].map(readShape);
  const plan = (rows: Parameters<typeof planMeasurements>[2]) =>
    planMeasurements(configurations, 3, rows).map(
      ({ configuration, repetition }) => `${nameOf(configuration)}#${repetition}`,
    );
  assert.deepEqual(plan([]), ['1/10#1', '2/20#1', '2/20#2', '1/10#2', '1/10#3', '2/20#3']);
  const rows = [
    { concurrency: 1, batch_size: 10, repetition: 1 },
    { concurrency: 2, batch_size: 20, repetition: 2 },
  ];
  assert.deepEqual(plan(rows), ['2/20#1', '1/10#2', '1/10#3', '2/20#3']);
  assert.equal(recordsOf({ concurrency: 8, batchSize: 50 }, { records: null, rounds: 20 }), 8000);
  assert.equal(recordsOf({ concurrency: 8, batchSize: 50 }, { records: 7, rounds: 20 }), 7);
});

test('a sweep says beforehand how many loads are left, for how long, and what that rests on', () => {
  const left = planMeasurements(sweeps.quick, 3, []);
  const size = { records: null, rounds: 20 };
  const lower = estimateSweepMs(left, size, 500);
  assert.ok(lower >= 15 * 20 * 500, 'every worker waits for 20 answers in each load');
  assert.equal(estimateSweepMs(left, size, 600) - lower, 15 * 20 * 100);
  assert.equal(estimateSweepMs([], size, 500), 0);
  assert.match(
    describeSweep(left, size, readLatencyProfile('realistic'), 'sandbox'),
    /^15 loads, about 3m \d\ds: the sandbox answers in 592 ms on average; longer where/,
  );
  assert.match(
    describeSweep(left.slice(0, 1), { records: 1, rounds: 4 }, fixedLatency(3000), 'vault'),
    /^1 load, about 5s: if the vault answers in 3,000 ms on average/,
  );
});

test('every benchmark says beforehand how long it takes, and so does its help', () => {
  assert.ok(scripts.length > 9);
  for (const script of scripts) {
    assert.match(
      script.lasts,
      /^about .*(?:second|minute)|^minutes to hours: how long/,
      `${script.name}: an estimate is said to be one`,
    );
    assert.ok(helpOf(script).replaceAll(/\s+/g, ' ').includes(`It takes ${script.lasts}.`), script.name);
  }
});

test('the line of a load that has ended groups thousands', () => {
  const row = {
    ...{ concurrency: 32, batch_size: 300, wall_s: 2 },
    ...{ records_per_second: 45_000, throttled: 1_200, exit_status: 0 },
  };
  assert.match(
    progressLine(row, 999, 1_300),
    /^ {2}999\/1,300 {2}32\/300 +45,000 records\/s, 2\.0 s, 1,200 x 429$/,
  );
});

test('a command’s CPU time is that of all its processes', async () => {
  // The grandchild does not end before it has used 300 ms; the child only waits for it.
  const { status, cpuMs, stdout } = await measureScratch(300);
  assert.equal(status, 0);
  assert.equal(stdout, 'burnt');
  if (process.platform === 'linux') assert.ok(cpuMs !== undefined && cpuMs >= 290, `only ${cpuMs} ms`);
});

test('a sweep that is stopped leaves a file, nothing else, and goes on with it to the end', async () => {
  await using workspace = await Workspace.create();
  const flags = ['--records', '200', '--repetitions', '1', '--latency', '20', '--output', 'results.csv'];
  // One worker with one record at a time takes seconds: long enough to be stopped.
  const stopped = await sweep(workspace, [...flags, '--configurations', '4/50,1/1'], /^1\/2/);
  assert.equal(stopped.status, 130, stopped.stderr);
  assert.match(stopped.stderr, /^2 loads, about \d+s: the sandbox answers in 20 ms[^]*^1\/2/m);
  assert.match(stopped.stderr, /Ended after 1 of 2 loads\. Go on with:\n.*--resume .*results\.csv\n/);
  const left = (await readdir(workspace.path)).filter((name) => !/^skyflow-supervise-(?!bench)/.test(name));
  assert.deepEqual(left.sort(), ['data', 'results.csv', 'results.json']);
  assert.deepEqual(await processesOf(workspace), []);
  await appendFile(workspace.at('results.csv'), '2026-01-02T03:04:05.000Z,sandb');

  const resumed = await sweep(workspace, ['--resume', 'results.csv', '--markdown']);
  assert.equal(resumed.status, 0, resumed.stderr);
  assert.match(resumed.stderr, /^2\/2 {2}1\/1/m);
  assert.match(resumed.stdout, /\| 4\/50 \| 1 \|.*\n\| 1\/1 \| 1 \|/);
  const rows = readResults(await readFile(workspace.at('results.csv'), 'utf8'), 'results.csv');
  assert.deepEqual(
    rows.map((row) => [row.concurrency, row.batch_size, row.uploaded, row.requests, row.exit_status]),
    [
      [4, 50, 200, 4, 0],
      [1, 1, 200, 200, 0],
    ],
  );
  for (const row of rows) {
    assert.equal(row.failed + row.unsettled + row.throttled, 0);
    assert.ok(row.latency_p50_ms >= 19 && row.load_s > 0 && row.wall_s >= row.load_s);
    assert.ok(row.records_per_second <= (row.concurrency * row.batch_size) / 0.019);
    if (process.platform === 'linux') assert.ok((row.cpu_s ?? 0) > 0);
  }
  const again = await sweep(workspace, [...flags]);
  assert.equal(again.status, 2);
  assert.match(again.stderr, /results\.csv\s+is\s+there\s+already/);
});

test('a vault is loaded only where records may be deleted, and only when somebody says so', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  const vaults = [
    { name: 'SSN', id: 'vault-ssn', column: 'ssn', allow_destructive: true },
    { name: 'DOB', id: 'vault-dob', column: 'dob' },
  ];
  await workspace.configure(sandbox.url, [], { skyflow: { vaults } });
  const flags = [
    '--target',
    'config.json',
    '--records',
    '50',
    '--repetitions',
    '1',
    '--configurations',
    '2/10',
  ];

  const protectedOne = await sweep(workspace, [...flags, '--yes']);
  assert.equal(protectedOne.status, 2);
  assert.match(protectedOne.stderr, /DOB\s+may\s+not\s+be\s+loaded\s+with\s+benchmark\s+records/);

  const unasked = await sweep(workspace, [...flags, '--vault', 'ssn']);
  assert.equal(unasked.status, 2);
  assert.match(
    unasked.stderr,
    /90 test records, in 2 loads[^]*SSN: table ssn of vault vault-ssn[^]*nobody can be asked/,
  );
  assert.equal((await sandbox.pairs('vault-ssn', 'ssn')).length, 0);

  const loaded = await sweep(workspace, [...flags, '--vault', 'ssn', '--yes']);
  assert.equal(loaded.status, 0, loaded.stderr);
  assert.match(loaded.stderr, /clear --config .*config\.json --vault SSN/);
  const stored = await sandbox.pairs('vault-ssn', 'ssn');
  assert.equal(stored.length, 90);
  assert.equal(new Set(stored).size, 90);
});
