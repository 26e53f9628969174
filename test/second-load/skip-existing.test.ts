import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { Part } from '../../child/deliver/part.js';
import { RefusalGuard } from '../../child/deliver/refusal-guard.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { SkippedRow } from '../../src/record/batch.js';
import { printedCommand } from '../support/printed-commands.js';
import { loadingChild } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, Workspace } from '../support/workspace.js';

test('rows added to a loaded file go in once and nothing else does, also where only the vault remembers', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.configure(sandbox.url, ['SSN'], { performance: { batch_size: 100, max_concurrency: 2 } });
  const pairs = makePairs(3000);
  const changed = ['another value', 'tok_p_7'] as const;
  await workspace.writePairs('SSN', pairs.slice(0, 1000));
  await workspace.run(['load', '--quiet'], { status: 0 });

  // Another host, another folder, a lost run directory: the tokens tell.
  await rm(workspace.at('runs'), { recursive: true });
  await workspace.writePairs('SSN', pairs.slice(0, 1500));
  const refused = await workspace.run(['load'], { status: 2 });
  assert.match(refused.stdout, /SSN: \d+ of the \d+ records that were looked up are in the vault\s+already/);
  assert.equal((await workspace.summary()).vaults[0]?.error?.code, 'already_loaded');
  assert.doesNotMatch(refused.stdout, /Go on with/);
  assert.deepEqual(await sandbox.pairs('vault-ssn', 'ssn'), asMultiset(pairs.slice(0, 1000)));
  const onlyMissing = printedCommand(refused.stdout, '--skip-existing');

  await workspace.run([...onlyMissing, '--quiet'], { status: 0 });
  assert.deepEqual(await sandbox.pairs('vault-ssn', 'ssn'), asMultiset(pairs.slice(0, 1500)));
  const { totals } = await workspace.summary();
  assert.equal(totals.uploaded, 500);
  assert.deepEqual(totals.skipped_by_reason, { empty_value: 0, empty_token: 0, already_there: 1000 });
  assert.equal((await workspace.run(['verify', '--all', '--quiet'])).status, 0, 'both halves are proved');

  // A token that stands for another value by now is a failure; what is killed goes on.
  await sandbox.set({ latency: { fixedMs: 200 } });
  await workspace.writePairs('SSN', pairs.with(7, changed));
  const killed = workspace.start([...onlyMissing, '--new-run']);
  await loadingChild(workspace, 'SSN');
  killed.child.kill('SIGKILL');
  await killed.ended;
  await sandbox.set({ latency: { fixedMs: 0 } });
  await workspace.run(['resume', '--quiet'], { status: 1 });
  assert.deepEqual(await sandbox.pairs('vault-ssn', 'ssn'), asMultiset(pairs));
  const { vaults } = await workspace.summary();
  const { read, uploaded, failed, skipped_by_reason: skipped } = vaults[0] ?? assert.fail();
  assert.deepEqual({ read, failed }, { read: 3000, failed: 1 });
  assert.equal(uploaded + skipped.already_there, 2999);
});

test('a load whose vault cannot be asked says so and goes on, and --skip-existing sends nothing then', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await sandbox.set({ accessTokens: [{ token: 'test-bearer-token', access: 'insert' }] });
  await workspace.configure(sandbox.url, ['SSN']);
  const pairs = makePairs(20);
  await workspace.writePairs('SSN', pairs);

  const skipping = await workspace.run(['load', '--skip-existing', '--quiet'], { status: 3 });
  assert.match(skipping.stdout + skipping.stderr, /cannot be asked which records it holds/);
  assert.deepEqual(await sandbox.pairs('vault-ssn', 'ssn'), []);

  const loaded = await workspace.run(['load'], { status: 0 });
  assert.match(loaded.stdout + loaded.stderr, /cannot be asked whether it holds these records already/);
  assert.deepEqual(await sandbox.pairs('vault-ssn', 'ssn'), asMultiset(pairs));
});

test('ten thousand rows added to a loaded file are exactly what goes in, twice over', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.configure(sandbox.url, ['SSN'], { performance: { batch_size: 1_000, max_concurrency: 4 } });
  const pairs = makePairs(40_000);
  const insertedBy = async (argv: readonly string[], rows: number): Promise<unknown> => {
    await workspace.writePairs('SSN', pairs.slice(0, rows));
    const before = await sandbox.stats();
    await workspace.run([...argv, '--quiet'], { status: 0 });
    const after = await sandbox.stats();
    return Number(after['records_stored']) - Number(before['records_stored']);
  };
  assert.equal(await insertedBy(['load'], 20_000), 20_000);
  for (const rows of [30_000, 40_000]) {
    assert.equal(await insertedBy(['load', '--skip-existing'], rows), 10_000);
    const { totals } = await workspace.summary();
    assert.deepEqual([totals.uploaded, totals.skipped_by_reason.already_there], [10_000, rows - 10_000]);
  }
  assert.deepEqual(await sandbox.pairs('vault-ssn', 'ssn'), asMultiset(pairs));
});

test('where refused rows are all that is left, the rows are blamed, and not the configuration that found the others', () => {
  const hintOf = (reason: SkippedRow['reason']): string | undefined => {
    const guard = new RefusalGuard('SSN', { uploadedBefore: 0 });
    const refused = (start: number): Part =>
      new Part(
        { start, end: start + 2, values: ['bad'], tokens: ['tok'], skipped: [{ position: start, reason }] },
        { mayBeInVault: false },
      );
    const refuse = (start: number): void =>
      guard.hold([refused(start)], { message: 'a value is not acceptable' });
    refuse(0);
    refuse(2);
    try {
      refuse(4);
    } catch (error) {
      return error instanceof SuperviseError ? error.hint : undefined;
    }
    return undefined;
  };
  assert.match(hintOf('already_there') ?? '', /holds the rows between them already[^]*go on with `resume`/);
  assert.match(hintOf('empty_value') ?? '', /looks like the configuration/);
});
