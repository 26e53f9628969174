import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { configurationSchema } from '../../src/config/schema.js';
import { resolveSettings } from '../../src/config/resolve-settings.js';
import { planEffort } from '../../supervisor/commands/plan/plan-effort.js';
import { planDifferences } from '../../supervisor/commands/plan/assert-as-planned.js';
import { planSchema, type LoadPlan } from '../../supervisor/commands/plan/plan-format.js';
import { readRunRecord } from '../../src/run-record/run-record.js';
import { runDirectoryAt } from '../../src/run-record/run-directory.js';
import { VaultProcess } from '../../supervisor/process/vault-process.js';
import { jobFor } from '../support/job-for.js';
import { startSandbox } from '../support/sandbox.js';
import { makePairs, Workspace } from '../support/workspace.js';

async function readPlanFile(file: string): Promise<LoadPlan> {
  return planSchema.parse(JSON.parse(await readFile(file, 'utf8')));
}

test('a load keeps to its plan, or is refused with every difference by its name, and nothing was sent', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.configure(sandbox.url, ['NAME', 'SSN'], {
    performance: { max_requests_per_second: 100, batch_size: 10, max_errors: 5 },
  });
  const pairs = makePairs(3_000);
  await workspace.writePairs('NAME', pairs);
  await workspace.writePairs('SSN', makePairs(50, 'ssn'));

  const planned = await workspace.run(['plan', '--out', 'a.plan.json'], { status: 0 });
  const plan = await readPlanFile(workspace.at('a.plan.json'));
  assert.equal((await stat(workspace.at('a.plan.json'))).mode & 0o777, 0o600);
  const [name] = plan.load.vaults;
  assert.deepEqual([name?.id, name?.table, name?.column], ['vault-name', 'name', 'name']);
  assert.deepEqual(
    name?.inputs?.map(({ role, rows }) => [role, rows]),
    [
      ['data file', 3_000],
      ['token file', 3_000],
    ],
  );
  for (const { fingerprint } of plan.load.vaults.flatMap(({ inputs }) => inputs ?? []))
    assert.match(fingerprint ?? '', /^gmac-[0-9a-f]{16}:[0-9a-f]{64}$/);
  const { effort, total } = plan;
  assert.deepEqual(
    effort.map((one) => [one.effort?.records, one.effort?.requests, one.look_ups]),
    [
      [3_000, 300, { sample_records: 100, requests: 0 }],
      [50, 5, { sample_records: 50, requests: 0 }],
    ],
  );
  assert.equal(total?.requests, 305);
  assert.equal(total.hours, Number((3 / 3_600).toFixed(4)), '300 requests at 100 a second');
  assert.match(total.paced_by ?? '', /^max_requests_per_second 100/);
  assert.deepEqual(plan.load.settings['performance.batch_size'], { value: 10, origin: 'config.json' });
  assert.equal(plan.load.settings['performance.max_attempts']?.origin, 'default');
  assert.equal(plan.load.program_version, '0.1.0');
  const text = planned.stdout;
  for (const part of [/PLAN OF A LOAD/, /vault-ssn/, /3,000 in 300 requests/, /Ready to load/, /look-ups/])
    assert.match(text, part);
  assert.match(text, /performance\.batch_size = 10 \(config\.json\)/);
  assert.doesNotMatch(text + JSON.stringify(plan), /test-bearer-token|value \d|tok_p_/);
  const shown = await workspace.run(['plan', 'a.plan.json']);
  assert.ok(text.startsWith(shown.stdout), 'it is shown again as it was');
  const refuse = async (argv: readonly string[]): Promise<string> => {
    const { status, stderr, stdout } = await workspace.run(argv);
    assert.equal(status, 2, `${argv.join(' ')}: ${stdout}${stderr}`);
    return stderr;
  };
  assert.match(await refuse(['plan', '--out', 'a.plan.json']), /EEXIST/, 'a plan is never overwritten');
  assert.match(await refuse(['plan', 'a.plan.json', '--out', 'b']), /either made .* or shown/);
  assert.match(await refuse(['--plan', 'a.plan.json', '--dry-run']), /exclude each other/);
  const argv = ['load', '--plan', 'a.plan.json'];
  const flags = await refuse([...argv, '--vault', 'name', '--batch-size', '50', '--no-precount']);
  assert.match(flags, /performance\.batch_size: planned 10 \(config\.json\), now 50 \(flag --batch-size\)/);
  assert.match(flags, /--precount: planned true, now false/);
  assert.match(flags, /vault SSN: was planned, and is not to be loaded/);
  const data = await readFile(workspace.at('data', 'name_data.csv'), 'utf8');
  await writeFile(workspace.at('data', 'name_data.csv'), data.replace('value 2999', 'value 299x'));
  assert.match(await refuse(argv), /inputs of vault NAME: the data file \S+ .* its content differs/);
  await writeFile(
    workspace.at('data', 'name_data.csv'),
    data.slice(0, data.lastIndexOf('\n', data.length - 2) + 1),
  );
  assert.match(await refuse(argv), /inputs of vault NAME: .*2,999/);
  await writeFile(workspace.at('data', 'name_data.csv'), data);
  const document = JSON.stringify(plan, undefined, 2);
  await writeFile(workspace.at('edited.json'), document.replaceAll('vault-ssn', 'vault-xyz'));
  assert.match(await refuse(['load', '--plan', 'edited.json']), /was changed after it was made/);
  assert.match(await refuse(['load', '--plan', 'config.json']), /is not a plan/);
  assert.match(await refuse(['load', '--plan', 'none.json']), /cannot be read \(ENOENT\)/);
  assert.equal(await sandbox.count('vault-name', 'name'), 0);
  assert.deepEqual(await workspace.runs(), []);

  await workspace.run([...argv, '--quiet'], { env: { SKYFLOW_BEARER_TOKEN: 'renewed' }, status: 0 });
  assert.equal(await sandbox.count('vault-name', 'name'), pairs.length);
  const [run = ''] = await workspace.runs();
  const record = await readRunRecord(runDirectoryAt(join(run, '..'), run.split('/').at(-1) ?? ''));
  assert.deepEqual(record.plan, { file: workspace.at('a.plan.json'), checksum: plan.checksum });
  assert.match((await workspace.run(['report'])).stdout, new RegExp(plan.checksum));

  const refused = await workspace.run(['plan', '--out', 'c.json', '--json']);
  assert.equal(refused.status, 2, 'what was loaded already is refused, and the plan says so');
  const { checks } = planSchema.parse(JSON.parse(refused.stdout));
  assert.ok(checks.some(({ group, status }) => group === 'Run directory' && status === 'bad'));
  assert.match(refused.stderr, /REFUSED/);
  assert.match(await refuse(['load', '--plan', 'c.json']), /plans a load that is refused/);
});

test('the totals of a plan follow shared limits, the hours of the week, and how many vaults load at a time', () => {
  const lengths = { shortest: 9, longest: 11, mean: 10 };
  const skipped = { empty_value: 0, empty_token: 0 };
  const repeatedTokens = undefined;
  const shape = { records: 900_000, skipped, values: lengths, tokens: lengths, repeatedTokens };
  const size = { rows: 900_000, bytes: 50_000_000, shape };
  const vaults = ['SSN', 'NAME'].map((name) => ({ name, id: name, column: name.toLowerCase() }));
  const totalOf = (performance: object, maxParallelVaults?: number) => {
    const paced = { max_records: 0, max_records_per_second: 250, pace_time_zone: 'UTC', ...performance };
    const settings = resolveSettings(
      configurationSchema.parse({ skyflow: { vaults }, performance: paced }),
      '/',
    );
    const now = new Date('2026-11-30T08:00:00Z');
    const plan = planEffort({
      ...{
        settings,
        vaults: settings.skyflow.vaults,
        sizes: [size, size],
        newRun: false,
        maxParallelVaults,
        now,
      },
    });
    const { total } = plan;
    assert.ok(total !== null && total.disk.expected_bytes > 0);
    assert.ok(total.disk.worst_bytes >= total.disk.expected_bytes);
    return [total.hours, total.paced_by];
  };
  const by = 'max_records_per_second 250';
  assert.deepEqual(totalOf({}), [1, by], 'side by side');
  assert.deepEqual(totalOf({ share_limits: true }), [2, by], 'one budget');
  assert.deepEqual(totalOf({}, 1), [2, by], 'one after the other');
  assert.deepEqual(
    totalOf({ pace_windows: '08:00-08:30 25 records/s' }),
    [1.45, 'the rates of pace_windows'],
    'half an hour at a tenth',
  );
});

test('whatever is another one than planned is named: versions, credential, targets, queries, files and keys', () => {
  const input = { role: 'data file', name: '/data/ssn.csv', rows: 3, sizeBytes: 30, fingerprint: 'hmac-a:1' };
  const vault = { name: 'SSN', id: 'v1', table: 'ssn', column: 'ssn', sql: 'SELECT 1', inputs: [input] };
  const planned: LoadPlan['load'] = {
    program_version: '0.1.0',
    program_commit: 'a'.repeat(40),
    node_version: '20.19.0',
    asked: { precount: true, check_conflicts: false, new_run: false, max_parallel_vaults: null },
    credential: { kind: 'credentials_file', client_id: 'one', key_id: 'k' },
    vaults: [vault],
    settings: {
      'skyflow.bearer_token': { secret_length: 10, origin: 'config.json' },
      'performance.batch_size': { value: 300, origin: 'default' },
    },
  };
  const against = (now: Partial<LoadPlan['load']>): string[] =>
    planDifferences(planned, { ...planned, ...now });
  assert.deepEqual(against({}), []);
  assert.deepEqual(
    against({
      settings: {
        'skyflow.bearer_token': { secret_length: 11, origin: 'SKYFLOW_BEARER_TOKEN' },
        'performance.batch_size': { value: 300, origin: 'config.json' },
      },
    }),
    [],
    'a token may be another one, and a value may be written elsewhere',
  );
  const names = [
    ...against({ program_version: '0.2.0' }),
    ...against({ program_commit: undefined }),
    ...against({ node_version: '24.0.0' }),
    ...against({ asked: { ...planned.asked, max_parallel_vaults: 2 } }),
    ...against({ credential: { kind: 'credentials_file', client_id: 'two', key_id: 'k' } }),
    ...against({ settings: {} }),
    ...against({ vaults: [] }),
    ...against({ vaults: [vault, { ...vault, name: 'DOB' }] }),
    ...against({ vaults: [{ ...vault, id: 'v2', table: 'other', column: 'x', sql: 'SELECT 2' }] }),
    ...against({ vaults: [{ ...vault, inputs: [{ ...input, name: '/data/other.csv' }] }] }),
    ...against({ vaults: [{ ...vault, inputs: [{ ...input, fingerprint: 'hmac-a:2' }] }] }),
    ...against({ vaults: [{ ...vault, inputs: [{ ...input, fingerprint: 'hmac-b:1' }] }] }),
    ...against({ vaults: [{ ...vault, inputs: [{ ...input, role: 'token file' }] }] }),
  ].map((text) => text.slice(0, text.indexOf(':')));
  assert.deepEqual(names, [
    'program version',
    'program commit',
    'Node version',
    '--max-parallel-vaults',
    'credential',
    'skyflow.bearer_token',
    'performance.batch_size',
    'vault SSN',
    'vault DOB',
    'id of vault SSN',
    'table of vault SSN',
    'column of vault SSN',
    'sql of vault SSN',
    'data file of vault SSN',
    'inputs of vault SSN',
    'inputs of vault SSN',
    'inputs of vault SSN',
  ]);
});

test('whoever reads the files for a planned load looks for itself that they are the planned ones', async () => {
  await using workspace = await Workspace.create();
  await writeFile(workspace.at('data.csv'), 'value\n1\n');
  await writeFile(workspace.at('tokens.csv'), 'token\nt\n');
  const planned = { role: 'data file', name: workspace.at('data.csv'), rows: 1, fingerprint: '0'.repeat(64) };
  const child = new VaultProcess({
    job: { ...jobFor('NAME', workspace.path), plannedInputs: [planned] },
    heartbeatMs: 30_000,
    onMessage: () => undefined,
  });
  const end = await child.ended;
  assert.ok(end.kind === 'result');
  assert.equal(end.result.status, 'not_started');
  assert.equal(end.result.error?.code, 'input_changed');
  assert.match(end.result.error.message, /is not what the plan began with: its content differs/);
});
