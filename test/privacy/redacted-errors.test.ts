import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { test } from 'node:test';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import * as z from 'zod';

import { RedactionKey } from '../../src/privacy/redaction-key.js';
import { findTexts, readTree } from '../support/file-tree.js';
import type { ProgramEnd } from '../support/program.js';
import { loadingChild } from '../support/running-load.js';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const pace = { batch_size: 10, max_concurrency: 4, max_restarts: 0 };
const pairs = makePairs(600, 'NAME');
const logSchema = z.object({
  errors: z.array(
    z.looseObject({
      run: z.string(),
      records: z.array(z.strictObject({ Position: z.int(), Hmac: z.string().optional() })),
      redacted: z.object({ key_id: z.string().optional() }),
    }),
  ),
});

async function readLog(file: string): Promise<z.infer<typeof logSchema>> {
  return logSchema.parse(JSON.parse(await readFile(file, 'utf8')));
}

async function setUp(workspace: Workspace, sandbox: TestSandbox, performance: object = {}): Promise<void> {
  await workspace.configure(sandbox.url, ['NAME'], { performance: { ...pace, ...performance } });
  await workspace.writePairs('NAME', pairs);
  await writeFile(workspace.at('redact.key'), 'a key of the user’s own, 32 long\n', { mode: 0o600 });
}

async function assertNoRecord(workspace: Workspace, ...ends: readonly ProgramEnd[]): Promise<void> {
  const files = await readTree(workspace.at('runs'));
  assert.ok(files.length > 3, 'there is something to look into');
  assert.deepEqual(findTexts(files, ['NAME value', 'tok_NAME', 'key of the user']), []);
  for (const { stdout, stderr } of ends) assert.doesNotMatch(`${stdout}${stderr}`, /value \d|tok_NAME/);
}

test('redacted logs: killed, resumed, and retried twice out of the files, each record against its HMAC', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    'poison=["value 7","value 9"]',
    'latency.fixedMs=200',
  ]);
  await setUp(workspace, sandbox);
  const run = (...argv: string[]): Promise<ProgramEnd> => workspace.run(argv);
  const load = workspace.start(['--all', '--redact-errors', '--redact-key', 'redact.key']);
  process.kill(await loadingChild(workspace, 'NAME'), 'SIGKILL');
  await sandbox.set({ latency: { fixedMs: 0 } });
  assert.equal((await load.ended).status, 3);
  const resumed = await run('resume');
  assert.equal(resumed.status, 1, resumed.stderr);
  const { merged_error_log: merged = '', totals } = await workspace.summary();
  const poisoned = pairs.flatMap(([value], at) => (/value [79]/.test(value) ? [at] : []));
  assert.equal(totals.failed, poisoned.length);
  const key = await RedactionKey.read(workspace.at('redact.key'));
  const { errors } = await readLog(merged);
  const records = errors.flatMap((entry) => entry.records.map((record) => ({ ...record, run: entry.run })));
  assert.deepEqual(
    records.map(({ Position }) => Position).sort((a, b) => a - b),
    poisoned,
  );
  for (const { Position: position, Hmac = '', run: id } of records) {
    const place = { run: id, vaultId: vaults.NAME.id, table: 'name', position };
    const [value = '', token = ''] = pairs[position] ?? [];
    assert.ok(key.matches(Hmac, place, value, token), `row ${position}`);
    assert.ok(!key.matches(Hmac, { ...place, position: position + 1 }, value, token));
  }
  await assertNoRecord(workspace, resumed);

  const [first = { records: [] }] = errors;
  const moved = workspace.at('moved.json');
  const [{ Position: position } = { Position: 0 }] = first.records;
  await writeFile(
    moved,
    (await readFile(merged, 'utf8')).replace(`"Position":${position},`, '"Position":0,'),
  );
  await writeFile(workspace.at('other.key'), 'another key, which is not theirs', { mode: 0o600 });
  await writeFile(workspace.at('short.key'), 'short');
  const refuse = async (argv: string[], expected: RegExp): Promise<void> => {
    const end = await run('retry', ...argv, '--yes');
    assert.equal(end.status, 2, end.stdout + end.stderr);
    assert.match(end.stderr, expected);
  };
  const before = await sandbox.digest(vaults.NAME.id, 'name');
  await refuse([merged], /redacted under a key, and no key is given/);
  await refuse([merged, '--redact-key', 'other.key'], /redacted under another key/);
  await refuse([merged, '--redact-key', 'short.key'], /has 5 bytes; it needs 16/);
  await refuse(
    [moved, '--redact-key', 'redact.key', '--run-dir', 'elsewhere'],
    /which knows where they came from/,
  );
  await refuse([moved, '--redact-key', 'redact.key'], /row 0 of the source of run .* is not the record/);
  await workspace.writePairs('NAME', pairs.with(3, ['changed', 'tok_changed']));
  await refuse([merged, '--redact-key', 'redact.key'], /is not what run .* began with: its content differs/);
  await workspace.writePairs('NAME', pairs);
  assert.deepEqual(await sandbox.digest(vaults.NAME.id, 'name'), before, 'nothing was sent');

  await sandbox.set({ poison: ['value 7'] });
  const again = await run('retry', merged, '--redact-key', 'redact.key', '--yes');
  assert.equal(again.status, 1, again.stderr);
  const { merged_error_log: second = '' } = await workspace.summary();
  assert.ok((await readLog(second)).errors.length > 0, 'what failed again is redacted too');
  await sandbox.set({ poison: [], hangBefore: { rate: 1 } });
  const last = workspace.start(['retry', second, '--redact-key', 'redact.key', '--yes']);
  await waitUntil('the retry has a run', async () => (await workspace.runs()).length === 3);
  process.kill(await loadingChild(workspace, 'NAME'), 'SIGKILL');
  assert.equal((await last.ended).status, 3);
  await sandbox.set({ hangBefore: { rate: 0 } });
  const [, , directory = ''] = await workspace.runs();
  const end = await run('resume', basename(directory));
  assert.equal(end.status, 0, end.stderr + end.stdout);
  await assertNoRecord(workspace, again, end);
  assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(pairs));
});

test('without a key there are positions alone; a suffix is added again as it was sent', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["value 5"]']);
  await setUp(workspace, sandbox, { append_suffix: true });
  const load = await workspace.run(['--all', '--redact-errors'], { status: 1 });
  const { merged_error_log: merged = '' } = await workspace.summary();
  const { errors } = await readLog(merged);
  assert.ok(errors.every(({ records }) => records.every(({ Hmac }) => Hmac === undefined)));
  await sandbox.set({ poison: [] });

  const retry = await workspace.run(['retry', merged, '--yes'], { status: 0 });
  const held = await sandbox.pairs(vaults.NAME.id, 'name');
  const suffix = /_\d+_[a-z0-9]{16}(?=\t|$)/g;
  assert.ok(
    held.every((pair) => pair.match(suffix)?.length === 2),
    'values and tokens have their suffix',
  );
  assert.deepEqual(held.map((pair) => pair.replaceAll(suffix, '')).sort(), asMultiset(pairs));
  await assertNoRecord(workspace, load, retry);
});

test('a run keeps its failed records in one way to its end: a resume that would mix them is refused before anything is sent', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["value"]']);
  await setUp(workspace, sandbox);
  const identity = await generateIdentity();
  const redacted = ['--redact-errors', '--redact-key', 'redact.key'];
  const ways: readonly {
    readonly words: readonly string[];
    readonly said: RegExp;
    readonly others: string[][];
  }[] = [
    {
      words: [],
      said: /are in clear; those that fail now would be (?:redacted|encrypted)/,
      others: [['--encrypt-errors', await identityToRecipient(identity)], redacted],
    },
    {
      words: redacted,
      said: /are redacted with the key [0-9a-f]{16}; those that fail now would be redacted with the key/,
      others: [['--redact-key', 'other.key']],
    },
  ];
  await writeFile(workspace.at('other.key'), 'another key of the user, 32 long\n', { mode: 0o600 });
  for (const { words, said, others } of ways) {
    await workspace.run(['--all', '--new-run', '--max-records', '3', ...words, '--quiet'], { status: 1 });
    const directory = (await workspace.runs()).at(-1) ?? '';
    const resume = ['resume', directory, '--max-records', '6'];
    for (const other of others) {
      const refused = await workspace.run([...resume, ...other, '--quiet'], { status: 2 });
      assert.match(refused.stderr, said);
    }
    assert.equal((await workspace.run([...resume, '--quiet'])).status, 1);
  }
});

test('redacting and encrypting exclude each other', async () => {
  await using workspace = await Workspace.create();
  await workspace.configure('http://127.0.0.1:1', ['NAME'], { error_log: { redact: true } });
  const end = await workspace.run(['--all', '--encrypt-errors', 'age1abc'], { status: 2 });
  assert.match(
    end.stderr,
    /error_log\.redact .*together with error_log\.encrypt_to; allowed: one of the two/,
  );
  assert.deepEqual(await workspace.runs(), []);
});
