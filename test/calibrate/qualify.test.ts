import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import * as z from 'zod';
import { childrenOf } from '../support/children-of.js';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { makePairs, vaults, Workspace } from '../support/workspace.js';
import { runCheck } from '../check/check-report.js';

const { NAME } = vaults;
const resultSchema = z.looseObject({
  exit_code: z.int(),
  facts: z.array(
    z.strictObject({
      question: z.string(),
      answer: z.string(),
      settings: z.record(z.string(), z.unknown()).nullable(),
    }),
  ),
  settings: z.record(z.string(), z.unknown()),
  test_records: z.strictObject({ inserted: z.int(), deleted: z.int(), unaccounted: z.int() }),
  left_behind: z.strictObject({ deleted: z.int(), unaccounted: z.int() }),
});

/** Of one whose process was killed. */
const killedSchema = z.looseObject({ test_records: z.null(), left_behind: z.null() });

test('a test vault is asked by experiments, the settings that follow are told, and its own records stay alone', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    'uniqueColumns=["name"]',
    'maxBatchRecords=60',
    'tables=["name"]',
    'tokenConflict=409',
  ]);
  const configure = (allowed: boolean, skyflow: object = {}) =>
    workspace.configure(sandbox.url, ['NAME'], {
      skyflow: {
        vaults: [{ name: NAME.name, id: NAME.id, column: NAME.column, allow_destructive: allowed }],
        ...skyflow,
      },
    });
  await configure(false);
  const pairs = makePairs(10, 'name');
  await workspace.writePairs('NAME', pairs);
  await workspace.run(['--all'], { status: 0 });
  const kept = await sandbox.pairs(NAME.id, 'name');
  const words = ['qualify', '--vault', 'name', '--yes', '--poll-seconds', '3'];
  const forbidden = await workspace.run(words, { status: 2 });
  assert.match(forbidden.stderr, /allow_destructive/);
  assert.deepEqual(await sandbox.pairs(NAME.id, 'name'), kept);

  await configure(true);
  await sandbox.set({ lateCommit: { rate: 0, next: 0 }, latency: { fixedMs: 60 } });
  const qualified = await workspace.run([...words, '--json'], { status: 0 });
  const { facts, settings, test_records: counts } = resultSchema.parse(JSON.parse(qualified.stdout));
  const answers = facts.map(({ answer }) => answer).join('\n');
  for (const said of [
    /the bulk wire: kept/,
    /yes \(50 records\)/,
    /one token: HTTP 409 .*; the good one is held: no/,
    /HTTP 400 .*in the vault's envelope/,
    /50 were taken; the next size: HTTP 413/,
    /without: HTTP 400 .*; with: the new token is answered, 1 of the two is held; so an upsert changes tokens, and is refused unless --allow-token-change/,
    /20 of 20 cut requests were committed, the last one seen \d+ ms after its cut/,
    /none came/,
  ]) {
    assert.match(answers, said);
  }
  assert.equal(settings['performance.batch_size'], 50);
  assert.ok(Number(settings['skyflow.settle_ms']) >= 1_000);
  assert.ok(counts.inserted > 100 && counts.inserted <= 1_000);
  assert.deepEqual([counts.deleted, counts.unaccounted], [counts.inserted, 0]);
  assert.deepEqual(await sandbox.pairs(NAME.id, 'name'), kept);

  // Killed with a request on its way: the next one finds what it had sent, and deletes it before anything else.
  await sandbox.set({ latency: { fixedMs: 200, effectAt: 0 } });
  const killed = workspace.start([...words, '--json']);
  const held = async () => (await sandbox.count(NAME.id, 'name')) - pairs.length;
  await waitUntil('test records are in', async () => (await held()) > 50);
  for (const pid of await childrenOf(killed.child.pid ?? 0)) process.kill(pid, 'SIGKILL');
  const dead = await killed.ended;
  assert.equal(dead.status, 3, dead.stdout + dead.stderr);
  const told = killedSchema.parse(JSON.parse(dead.stdout));
  assert.deepEqual([told.test_records, told.left_behind], [null, null], 'nobody knows');
  const left = await held();
  assert.ok(left > 50);
  await sandbox.set({ latency: { fixedMs: 0 } });
  const probing = await runCheck(workspace, ['--probe']);
  assert.ok(
    probing.of('Probe').some((line) => line.includes(`${left} test records that a qualify before this one`)),
    probing.of('Probe').join('\n'),
  );
  assert.deepEqual(await sandbox.pairs(NAME.id, 'name'), kept);
  const state = await readdir(workspace.at('.state', 'skyflow-supervise'));
  assert.ok(!state.some((name) => name.endsWith('.qualification')), state.join());

  // The form that a Flow vault takes, found with one record for each and deleted again.
  await sandbox.set({ flow: { tokens: 'list', tokenGroups: ['g'] }, latency: { fixedMs: 0 } });
  await configure(true, { wire: 'flow', token_group: 'g' });
  const probed = await runCheck(workspace, ['--probe']);
  assert.match(
    probed.of('Probe').join(),
    /^good NAME .*token_form value: refused; token_form list: kept; flow_byot tokenize: kept/,
  );
  assert.match(
    probed.report.checks.find(({ group }) => group === 'Probe')?.hint ?? '',
    /skyflow\.token_form to "list"/,
  );
  assert.deepEqual(await sandbox.pairs(NAME.id, 'name'), kept);
  assert.deepEqual(await sandbox.pairs(NAME.id, '(tokens)'), []);
  await configure(false, { wire: 'flow' });
  const kind = await runCheck(workspace, ['--probe']);
  assert.match(kind.of('Probe').join(), /^bad .*may not be deleted/);
});
