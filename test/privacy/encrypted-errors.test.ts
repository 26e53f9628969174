import assert from 'node:assert/strict';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { test } from 'node:test';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import * as z from 'zod';
import { runSummarySchema } from '../../src/report/summary-format.js';
import { proveReadable } from '../../supervisor/commands/retry/prove-readable.js';
import { findTexts, readTree } from '../support/file-tree.js';
import type { ProgramEnd } from '../support/program.js';
import { loadingChild } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const pace = { performance: { batch_size: 10, max_concurrency: 4, max_restarts: 0 } };
const logSchema = z.object({
  total_errors: z.int(),
  failed_records: z.int(),
  errors: z.array(
    z.looseObject({
      reason: z.string(),
      records: z.array(z.strictObject({ Position: z.int() })),
      encrypted: z.object({ key: z.string() }),
    }),
  ),
});

async function readLog(file: string): Promise<z.infer<typeof logSchema>> {
  return logSchema.parse(JSON.parse(await readFile(file, 'utf8')));
}

/** Neither value nor token of any record is in a file below `runs`, whatever it is, nor on a stream. */
async function assertNoRecord(workspace: Workspace, ...ends: readonly ProgramEnd[]): Promise<void> {
  const files = await readTree(workspace.at('runs'));
  assert.ok(files.length > 3, 'there is something to look into');
  assert.deepEqual(findTexts(files, ['NAME value', 'tok_NAME', 'AGE-SECRET-KEY']), []);
  for (const { stdout, stderr } of ends)
    assert.doesNotMatch(`${stdout}${stderr}`, /value \d|tok_NAME|SECRET/);
}

test('encrypted error logs: killed, resumed, merged, retried twice, and no record ever stood there', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    'poison=["value 7","value 9"]',
    'latency.fixedMs=150',
  ]);
  await workspace.configure(sandbox.url, ['NAME'], pace);
  const pairs = makePairs(1_200, 'NAME');
  await workspace.writePairs('NAME', pairs);
  const [identity, foreign] = [await generateIdentity(), await generateIdentity()];
  await writeFile(workspace.at('key.txt'), `# mine\n${identity}\n`, { mode: 0o600 });
  await writeFile(workspace.at('other.txt'), `${foreign}\n`, { mode: 0o600 });
  const recipient = await identityToRecipient(identity);

  const load = workspace.start(['--all', '--encrypt-errors', recipient]);
  const child = await loadingChild(workspace, 'NAME');
  const [directory = ''] = await workspace.runs();
  await waitUntil('something has failed', async () => {
    const log = (await readTree(directory)).find(({ name }) => /^error_log_.*\.json$/.test(name));
    return log !== undefined && (await stat(log.path)).size > 4_000;
  });
  process.kill(child, 'SIGKILL');
  await sandbox.set({ latency: { fixedMs: 0 } });
  const killed = await load.ended;
  assert.equal(killed.status, 3, killed.stdout);
  // What a crash in the middle of a write leaves behind the settled part.
  const log = (await readTree(directory)).find(({ name }) => name.startsWith('error_log_'))?.path ?? '';
  await writeFile(log, `${(await readFile(log, 'utf8')).trimEnd().slice(0, -30)},\n{"batch_number": 9, "rec`);

  const resumed = await workspace.run(['resume', '--json']);

  const summary = runSummarySchema.parse(JSON.parse(resumed.stdout));
  assert.equal(resumed.status, 1, resumed.stderr);
  assert.deepEqual([summary.totals.read, summary.totals.unsettled], [1_200, 0]);
  const poisoned = pairs.flatMap(([value], at) => (/value [79]/.test(value) ? [at] : []));
  const merged = summary.merged_error_log ?? '';
  for (const file of [log, merged]) {
    const { errors, total_errors: total, failed_records: failed } = await readLog(file);
    assert.deepEqual([errors.length, failed], [total, poisoned.length]);
    assert.deepEqual(
      errors.flatMap(({ records }) => records.map(({ Position }) => Position)).sort((a, b) => a - b),
      poisoned,
    );
    assert.equal(new Set(errors.map(({ encrypted }) => encrypted.key)).size, 2, 'a key for each child');
  }
  await assertNoRecord(workspace, killed, resumed);
  const report = await workspace.run(['report', basename(directory)], { status: 0 });
  assert.ok(report.stdout.includes(recipient), 'the report says for whom it is encrypted');

  const tampered = workspace.at('tampered.json');
  await writeFile(
    tampered,
    (await readFile(merged, 'utf8')).replace('"reason":"rejected"', '"reason":"in_doubt"'),
  );
  const changed = async (name: string, change: (errors: unknown[]) => void): Promise<string> => {
    const document = JSON.parse(await readFile(merged, 'utf8')) as { errors: unknown[] };
    change(document.errors);
    await writeFile(workspace.at(name), JSON.stringify(document), { mode: 0o600 });
    return workspace.at(name);
  };
  const clear = { batch_number: 9, records: [{ Value: '666', Token: 'evil' }], error: 'x', status_code: 400 };
  const names = { vault_name: 'NAME', vault_id: vaults.NAME.id, table: 'name', column: 'name' };
  const added = await changed('added.json', (errors) => errors.push({ ...clear, ...names }));
  const repeated = await changed('repeated.json', (errors) => errors.push(errors[0]));
  const missing = await changed('missing.json', (errors) => errors.shift());
  const cutOff = await changed('cut.json', (errors) => errors.pop());
  await writeFile(workspace.at('config.identity'), 'nothing');
  // What a retry does before it sends anything.
  const opened: [file: string, identity: string, expected: RegExp][] = [
    [merged, 'missing.txt', /cannot be read \(ENOENT\)/],
    [merged, 'config.identity', /a line that is no identity/],
    [tampered, 'key.txt', /tampered\.json is damaged: the encrypted records of batch \d+/],
    [repeated, 'key.txt', /some are missing, repeated or moved/],
    [missing, 'key.txt', /some are missing, repeated or moved/],
    [cutOff, 'key.txt', /number of its entries is \d+, and its total_errors says \d+/],
  ];
  const wanted = { name: 'NAME', id: vaults.NAME.id, table: 'name' };
  for (const [file, identity, expected] of opened) {
    await assert.rejects(
      proveReadable(
        [{ file, vaults: [wanted] }],
        { identityFile: workspace.at(identity) },
        { runsDirectory: workspace.at('runs'), configured: new Set() },
      ),
      expected,
    );
  }
  const refusals: [argv: string[], expected: RegExp][] = [
    [[merged], /are encrypted, and no identity is given\n.*--identity KEYFILE/],
    [[merged, '--identity', 'other.txt'], /does not open .*another recipient/],
    [[added, '--identity', 'key.txt'], /holds encrypted entries and others/],
    [[merged, '--identity', 'key.txt', '--encrypt-errors', 'age1wrong'], /is not a recipient of age/],
  ];
  const before = await sandbox.digest(vaults.NAME.id, 'name');
  for (const [argv, expected] of refusals) {
    const end = await workspace.run(['retry', ...argv, '--yes'], { status: 2 });
    assert.match(end.stderr, expected);
    if (!argv.includes('age1wrong')) assert.match(end.stdout, /Values: {5}encrypted, of \d+ records/);
  }
  assert.deepEqual(await sandbox.digest(vaults.NAME.id, 'name'), before, 'nothing was sent');
  assert.equal((await workspace.runs()).length, 1, 'and nothing was begun');

  await sandbox.set({ poison: ['value 7'] });
  await chmod(workspace.at('key.txt'), 0o644);
  const first = await workspace.run(['retry', merged, '--identity', 'key.txt', '--yes', '--json'], {
    status: 1,
  });
  assert.match(first.stderr, /others on this machine may read \S*key.txt \(error_log.identity_file/);
  const again = runSummarySchema.parse(JSON.parse(first.stdout));
  assert.equal((await readLog(again.merged_error_log ?? '')).failed_records, again.totals.failed);
  await sandbox.set({ poison: [] });
  const second = await workspace.run(
    ['retry', again.merged_error_log ?? '', '--identity', 'key.txt', '--yes'],
    { status: 0 },
  );
  await assertNoRecord(workspace, first, second);
  assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(pairs));
});

test('a retry of an encrypted log that is killed goes on with the same identity, and not without it', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["value 1"]']);
  const identity = await generateIdentity();
  await writeFile(workspace.at('key.txt'), identity, { mode: 0o600 });
  await workspace.configure(sandbox.url, ['NAME'], {
    ...pace,
    error_log: { encrypt_to: await identityToRecipient(identity) },
  });
  const pairs = makePairs(400, 'NAME');
  await workspace.writePairs('NAME', pairs);
  await workspace.run(['--all'], { status: 1 });
  const { merged_error_log: merged = '' } = await workspace.summary();
  await sandbox.set({ poison: [], hangBefore: { rate: 1 } });
  const retry = workspace.start(['retry', merged, '--identity', 'key.txt', '--yes']);
  await waitUntil('the retry has a run', async () => (await workspace.runs()).length === 2);
  const [, directory = ''] = await workspace.runs();
  process.kill(await loadingChild(workspace, 'NAME'), 'SIGKILL');
  assert.equal((await retry.ended).status, 3);
  await sandbox.set({ hangBefore: { rate: 0 } });
  await writeFile(workspace.at('key.txt'), await generateIdentity());
  const refused = await workspace.run(['resume'], { status: 2 });
  assert.match(refused.stderr, /does not open/);
  await writeFile(workspace.at('moved.txt'), identity, { mode: 0o600 });

  const resumed = await workspace.run(['resume', basename(directory), '--identity', 'moved.txt'], {
    status: 0,
  });
  assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(pairs));
  await assertNoRecord(workspace, resumed);
});

test('a recipient that is none starts nothing', async () => {
  await using workspace = await Workspace.create();
  await workspace.configure('http://127.0.0.1:1', ['NAME'], pace);
  await workspace.writePairs('NAME', makePairs(3));
  const identity = await generateIdentity();
  for (const wrong of ['age1abc', identity]) {
    const end = await workspace.run(['--all', '--encrypt-errors', wrong], { status: 2 });
    assert.match(end.stderr, /error_log\.encrypt_to/);
    assert.ok(!end.stderr.includes(identity), 'a private key is not repeated');
  }
  assert.deepEqual(await workspace.runs(), []);
});
