import assert from 'node:assert/strict';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { runSummarySchema, type RunSummary } from '../../src/report/summary-format.js';
import { runRecordSchema } from '../../src/run-record/run-record.js';
import type { ProgramEnd } from '../support/program.js';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const pace = { performance: { batch_size: 20, max_concurrency: 4, max_attempts: 2 } };

async function run(workspace: Workspace, ...argv: string[]): Promise<ProgramEnd> {
  return workspace.run(argv);
}

function summaryOf(end: ProgramEnd): RunSummary {
  return runSummarySchema.parse(JSON.parse(end.stdout));
}

function mergedLog(summary: RunSummary): string {
  assert.ok(summary.merged_error_log, 'there is a merged error log');
  return summary.merged_error_log;
}

const logSchema = z.object({
  failed_records: z.int(),
  errors: z.array(z.object({ reason: z.string(), records: z.array(z.unknown()) })),
});
async function reasonsIn(file: string): Promise<string[]> {
  const { errors } = logSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  return [...new Set(errors.map(({ reason }) => reason))].sort();
}

test('what was refused goes in when the vault accepts it; until then each retry leaves a new log', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["NAME value 7","SSN value 1"]']);
  await workspace.configure(sandbox.url, ['NAME', 'SSN'], pace);
  for (const name of ['NAME', 'SSN'] as const) await workspace.writePairs(name, makePairs(200, name));
  const load = summaryOf(await run(workspace, '--all', '--json'));
  assert.deepEqual([load.exit_code, load.totals.uploaded, load.totals.failed], [1, 278, 122]);
  const [{ reason, message } = { reason: '' }] = load.vaults[0]?.failed_by_reason ?? [];
  assert.deepEqual([reason, message], ['rejected', 'a value is not acceptable']);

  await sandbox.set({ poison: ['NAME value 7'] });
  const both = load.vaults.map(({ error_log: log = '' }) => log);
  const first = await run(workspace, 'retry', ...both, '--yes', '--json');

  const { totals, exit_code: exitCode, ...firstSummary } = summaryOf(first);
  assert.deepEqual([exitCode, totals.read, totals.uploaded, totals.failed], [1, 122, 111, 11]);
  assert.notEqual(firstSummary.run_id, load.run_id, 'a retry is a run of its own');
  await sandbox.set({ poison: [] });
  const second = await run(
    workspace,
    '-source',
    'error-log',
    '-error-log',
    mergedLog(summaryOf(first)),
    '-yes',
    '--json',
  );

  const end = summaryOf(second);
  assert.deepEqual([end.exit_code, end.totals.uploaded, end.totals.failed], [0, 11, 0]);
  for (const name of ['NAME', 'SSN'] as const) {
    assert.deepEqual(
      await sandbox.pairs(vaults[name].id, vaults[name].column),
      asMultiset(makePairs(200, name)),
    );
  }
  const record = runRecordSchema.parse(
    JSON.parse(await readFile(join(end.run_directory, 'run.json'), 'utf8')),
  );
  assert.equal(record.sessions[0]?.command, 'retry');
  assert.deepEqual(
    record.error_logs?.map(({ run: writer, vaults: taken }) => [
      writer,
      taken.map(({ name, records }) => [name, records]),
    ]),
    [[firstSummary.run_id, [['NAME', 11]]]],
  );
  assert.match(record.vaults[0]?.inputs?.[0]?.fingerprint ?? '', /^hmac-[0-9a-f]{16}:[0-9a-f]{64}$/);

  const again = await run(workspace, 'retry', mergedLog(load), '--yes');
  assert.equal(again.status, 0, again.stderr);
  assert.match(again.stdout, /were sent again by\s+the retry/);
  assert.match(again.stdout, /nothing to do/);
  assert.equal(await sandbox.count(vaults.NAME.id, 'name'), 200, 'and nothing was sent twice');
});

test('records of which nobody knows whether the vault has them are looked up, and none is doubled', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    'accessTokens=[{"token":"test-bearer-token","access":"insert"}]',
    'resetAfter.rate=0.25',
    'resetBefore.rate=0.25',
    'poison=["value 1"]',
  ]);
  await workspace.configure(sandbox.url, ['NAME'], pace);
  const pairs = makePairs(600, 'NAME');
  await workspace.writePairs('NAME', pairs);
  const load = summaryOf(await run(workspace, '--all', '--json'));
  assert.equal(load.exit_code, 1);
  const log = mergedLog(load);
  assert.deepEqual(
    await reasonsIn(log),
    ['in_doubt', 'rejected'],
    'the vault could not be asked during the load',
  );
  const before = await sandbox.count(vaults.NAME.id, 'name');
  assert.ok(
    before > load.totals.uploaded && before < 600,
    'some of what is in doubt is in the vault, some is not',
  );

  await sandbox.set({
    accessTokens: [],
    poison: [],
    resetAfter: { rate: 0.1 },
    resetBefore: { rate: 0 },
  });
  const end = await run(workspace, 'retry', log, '--yes', '--json');

  const { totals } = summaryOf(end);
  assert.equal(end.status, 0, end.stderr);
  assert.deepEqual(
    [totals.read, totals.uploaded, totals.unsettled],
    [load.totals.failed, load.totals.failed, 0],
  );
  assert.ok(totals.confirmed > 0 && totals.resent > 0, 'some were found by looking, others were sent');
  assert.match(end.stderr, /may be in the vault already/);
  assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(pairs));
});

test('a retry that was interrupted refuses to begin again; resume finishes it, with the log that was approved and no other', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['refuseAll=true']);
  await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 5, max_concurrency: 2 } });
  const pairs = makePairs(400, 'NAME');
  const log = workspace.at('go.json');
  await writeFile(log, goLog({ records: pairs, status: 400 }));
  await sandbox.set({ refuseAll: false, latency: { fixedMs: 25 } });
  const retry = workspace.start(['retry', log, '--yes']);
  await waitUntil('some records are in', async () => (await sandbox.count(vaults.NAME.id, 'name')) > 50);
  retry.child.kill('SIGINT');
  assert.equal((await retry.ended).status, 130);

  const again = await run(workspace, 'retry', log, '--yes');
  assert.equal(again.status, 2);
  assert.match(again.stderr, /unfinished retry[^]*skyflow-supervise resume /);

  const before = await sandbox.digest(vaults.NAME.id, 'name');
  const approved = workspace.at('approved.json');
  await rename(log, approved);
  await writeFile(log, goLog({ records: makePairs(400, 'q'), status: 400 }));
  const changed = await run(workspace, 'resume');
  assert.equal(changed.status, 3);
  assert.match(changed.stdout, /is not what this run began with/);
  assert.deepEqual(await sandbox.digest(vaults.NAME.id, 'name'), before);

  await rename(approved, log);
  const resumed = await run(workspace, 'resume', '--json');

  assert.equal(resumed.status, 0, resumed.stderr);
  const { totals } = summaryOf(resumed);
  assert.deepEqual([totals.read, totals.uploaded, totals.unsettled], [400, 400, 0]);
  assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(pairs));
});

test('a log that an unfinished run may still add to is retried only after it, or when that is asked for', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["value 1"]']);
  await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 20, max_errors: 5 } });
  const pairs = makePairs(200, 'NAME');
  await workspace.writePairs('NAME', pairs);
  const load = summaryOf(await run(workspace, '--all', '-concurrency', '1', '--json'));
  assert.equal(load.exit_code, 3);
  assert.ok(load.totals.unsettled > 0, 'too many errors ended it');
  await sandbox.set({ poison: [] });

  const refused = await run(workspace, 'retry', mergedLog(load), '--yes');

  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /is unfinished[^]*skyflow-supervise resume [^]*--new-run/);
  const asked = summaryOf(await run(workspace, 'retry', mergedLog(load), '--yes', '--new-run', '--json'));
  assert.deepEqual([asked.exit_code, asked.totals.uploaded], [0, load.totals.failed]);
});

test('a pretty-printed log of the replaced loader is shown and sent, values as they stand', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.configure(sandbox.url, ['NAME'], { performance: { append_suffix: true, batch_size: 50 } });
  const pairs = makePairs(120, 'NAME');
  const log = workspace.at('error_log_NAME_20251009_153045.json');
  await writeFile(log, goLog({ records: pairs, status: 400 }));

  const unasked = await run(workspace, 'retry', log);

  assert.equal(unasked.status, 2);
  assert.match(unasked.stderr, /no terminal to ask on[^]*--yes/);
  assert.ok(unasked.stdout.includes(log), 'the path is shown uncut');
  assert.match(unasked.stdout, /HTTP 400 +120 records in 2 errors/);
  // What was refused for certain is not there.
  assert.match(unasked.stdout, /^ {2}Upsert is off: every record is inserted\.$/m);
  assert.match(unasked.stdout, /2025-10-09 15:30:45 UTC/);
  for (const line of unasked.stdout.split('\n')) {
    assert.ok(line.length <= 80 || line.trim() === log, `too wide: ${line}`);
  }
  assert.deepEqual(await workspace.runs(), [], 'nothing was begun');

  const end = await run(workspace, '-error-log', log, '--yes');
  assert.equal(end.status, 0, end.stderr);
  assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(pairs));
});

test('a log of the replaced loader after server errors is looked up first, since its batch may have gone in', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.configure(sandbox.url, ['NAME'], pace);
  const pairs = makePairs(120, 'NAME');
  await workspace.writePairs('NAME', pairs.slice(0, 70));
  assert.equal((await run(workspace, '--all')).status, 0);
  const log = workspace.at('go.json');
  await writeFile(log, goLog({ records: pairs, status: 500 }));

  const end = await run(workspace, 'retry', log, '--yes', '--json');

  assert.equal(end.status, 0, end.stderr);
  assert.deepEqual([summaryOf(end).totals.confirmed, summaryOf(end).totals.resent], [70, 50]);
  assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(pairs));
});

test('a log of another vault, of an unknown one, or of none is refused', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["value 1"]']);
  await workspace.configure(sandbox.url, ['NAME'], pace);
  await workspace.writePairs('NAME', makePairs(40, 'NAME'));
  const other = workspace.at('other.json');
  const refusal = async (...files: string[]): Promise<string> => {
    const argv = ['retry', ...files, '--yes'];
    const { stderr, stdout } = await workspace.run(argv, { status: 2 });
    assert.doesNotMatch(stderr + stdout, /NAME value|tok_NAME/, 'no record is quoted');
    return stderr;
  };
  await writeFile(other, goLog({ records: makePairs(3), status: 400, id: 'another-id' }));
  assert.match(await refusal(other), /"another-id"; the configured id is "vault-name"/);
  await writeFile(other, goLog({ records: makePairs(3), status: 400, name: 'PHONE' }));
  assert.match(await refusal(other), /vault "PHONE", which is not configured/);
  await writeFile(other, 'full_name\nNAME value 1\n');
  assert.match(await refusal(other), /at byte 0/);
  assert.match(await refusal(workspace.at('missing.json')), /ENOENT/);
  await writeFile(other, goLog({ records: [], status: 400 }));
  const empty = await run(workspace, 'retry', other);
  assert.equal(empty.status, 0, empty.stderr);
  assert.match(empty.stdout, /nothing to do/);
  assert.equal((await workspace.runs()).length, 0, 'nothing was begun');
});

/** A log as the replaced loader writes it: indented, no format, no reasons, batches of 100. */
function goLog(content: {
  records: readonly (readonly [string, string])[];
  status: number;
  name?: string;
  id?: string;
}): string {
  const { records, status, name = 'NAME', id = vaults.NAME.id } = content;
  const batches = Array.from({ length: Math.ceil(records.length / 100) }, (_, at) =>
    records.slice(at * 100, at * 100 + 100),
  );
  const document = {
    vault_name: name,
    vault_id: id,
    column: 'name',
    timestamp: '2025-10-09T15:30:45Z',
    total_errors: batches.length,
    failed_records: records.length,
    errors: batches.map((batch, at) => ({
      batch_number: at + 1,
      records: batch.map(([Value, Token]) => ({ Value, Token })),
      error: `API request failed with status ${status} after 5 retries`,
      status_code: status,
      timestamp: '2025-10-09T15:30:12Z',
    })),
  };
  return JSON.stringify(document, undefined, 2);
}
