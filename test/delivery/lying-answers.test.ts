import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonsOf } from '../support/logged-failures.js';
import type { ProgramEnd } from '../support/program.js';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const pairs = makePairs(600, 'name');

async function load(
  workspace: Workspace,
  sandbox: TestSandbox,
  { skyflow = {}, rows = pairs }: { readonly skyflow?: object; readonly rows?: typeof pairs } = {},
): Promise<ProgramEnd> {
  await workspace.writePairs('NAME', rows);
  await workspace.configure(sandbox.url, ['NAME'], {
    performance: { batch_size: 50, max_concurrency: 4 },
    skyflow: { settle_ms: 50, ...skyflow },
  });
  return workspace.run(['--all']);
}

const held = (sandbox: TestSandbox): Promise<string[]> => sandbox.pairs(vaults.NAME.id, 'name');

test('whatever a gateway answers after the effect, nothing is sent again without looking', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  for (const errorAfter of [
    { status: 503, form: 'text' },
    { status: 503, form: 'envelope', grpcCode: 14 },
    { status: 408, form: 'text' },
    { status: 499, form: 'empty' },
    { status: 400, form: 'html' },
    { status: 400, form: 'envelope', grpcCode: 1 },
    { status: 403, form: 'html' },
    { status: 307, form: 'empty' },
    { status: 529, form: 'empty' },
    { status: 202, form: 'html' },
    { status: 200, form: 'empty' },
  ]) {
    // The first request of a vault goes unharmed: a refusal of it ends the vault.
    await sandbox.set({ errorAfter: { ...errorAfter, next: 0, rate: 0.4 }, faultRoutes: ['insert'] });
    const start = (await held(sandbox)).length;
    const rows = makePairs(300, `at${start}`);
    const end = await load(workspace, sandbox, { rows, skyflow: { in_doubt: 'hold' } });
    const name = JSON.stringify(errorAfter);
    const { totals } = await workspace.summary();
    const inVault = (await held(sandbox)).filter((pair) => pair.startsWith(`at${start} `));
    assert.equal(new Set(inVault).size, inVault.length, `${name}: nothing is doubled`);
    if (end.status === 3) {
      assert.ok(totals.unsettled > 0, name);
      await sandbox.set({ errorAfter: { rate: 0 } });
      const resumed = await workspace.run(['resume']);
      assert.equal(resumed.status, 0, `${name}: ${resumed.stdout}${resumed.stderr}`);
    } else assert.equal(end.status, 0, `${name}: ${end.stdout}${end.stderr}`);
    const after = (await held(sandbox)).filter((pair) => pair.startsWith(`at${start} `));
    assert.deepEqual(after, asMultiset(rows), name);
  }
});

test('a gateway that dislikes one value in a way that proves nothing costs that one record', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    'poison=["poison"]',
    'textError.rate=1',
    // A look-up that finds none is no error here: said in plain text it would prove nothing either.
    'detokenizeNone=207',
  ]);
  const rows = pairs.map(([value, token], at) => [at === 333 ? 'poison' : value, token] as const);

  const end = await load(workspace, sandbox, { rows });

  assert.equal(end.status, 1, end.stderr + end.stdout);
  assert.deepEqual(await reasonsOf(workspace), { rejected: 1 });
  assert.deepEqual(await held(sandbox), asMultiset(rows.filter((_, at) => at !== 333)));
});

test('entries in another order, and the answer to the batch before, take nothing from any record', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['shuffled.rate=1', 'staleAnswer.rate=0.2']);

  const end = await load(workspace, sandbox);

  assert.equal(end.status, 0, end.stderr + end.stdout);
  assert.deepEqual(await held(sandbox), asMultiset(pairs));
});

test('answers that come twice, and answers that nobody waits for, put no later request out of step', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    'doubledAnswer.rate=0.2',
    'unsolicited.rate=0.3',
    'unsolicited.delayMs=1',
    'latency.jitterMs=4',
    'poison=["poison"]',
  ]);
  const rows = pairs.map(([value, token], at) => [at % 97 === 5 ? `poison ${at}` : value, token] as const);

  const end = await load(workspace, sandbox, { rows });

  const sound = rows.filter(([value]) => !value.startsWith('poison'));
  assert.deepEqual(await held(sandbox), asMultiset(sound), end.stderr + end.stdout);
  assert.equal((await workspace.summary()).totals.failed, rows.length - sound.length);
});

test('a refusal that belongs to the request before takes no record for refused that the vault holds', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    'staleAnswer.rate=0.4',
    'faultRoutes=["insert_records"]',
    'poison=["poison"]',
  ]);
  const rows = pairs
    .slice(0, 120)
    .map(([value, token], at) => [at % 3 === 1 ? `poison ${at}` : value, token] as const);
  await workspace.writePairs('NAME', rows);
  await workspace.configure(sandbox.url, ['NAME'], {
    performance: { batch_size: 1, max_concurrency: 1 },
    skyflow: { settle_ms: 0, wire: 'record' },
  });

  await workspace.run(['--all'], { status: 1 });

  const sound = rows.filter(([value]) => !value.startsWith('poison'));
  assert.deepEqual(await reasonsOf(workspace), { rejected: rows.length - sound.length });
  assert.deepEqual(await held(sandbox), asMultiset(sound));
});

for (const kept of ['own', 'none'] as const) {
  test(`a vault that keeps none of the tokens takes one request of them (answers ${kept})`, async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, [`keptTokens=${kept}`]);

    const end = await load(workspace, sandbox);

    assert.equal(end.status, 3, end.stderr + end.stdout);
    assert.equal((await held(sandbox)).length, 50);
    assert.match(end.stdout, /the vault does not keep the tokens that were sent/);
    assert.match(end.stdout, /skyflow\.byot and the tokenization of column name/);
    assert.doesNotMatch(end.stdout + end.stderr, /skyflow-supervise retry/);
    const { totals } = await workspace.summary();
    assert.deepEqual([totals.read, totals.failed, totals.unsettled], [50, 50, 550]);
    assert.deepEqual(await reasonsOf(workspace), { token_mismatch: 50 });
    const log = await workspace.errorLog();
    await workspace.run(['retry', log, '--yes', '--new-run'], { status: 1 });
    assert.equal((await held(sandbox)).length, 50);
  });
}

test('one record under another token is looked up, fails alone and is not sent by a retry', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await sandbox.set({ wrongToken: { next: 0, rate: 0.3 } });

  const end = await load(workspace, sandbox);

  assert.equal(end.status, 1, end.stderr + end.stdout);
  const { token_mismatch: mismatched = 0, ...others } = await reasonsOf(workspace);
  assert.ok(mismatched > 0);
  assert.deepEqual(others, {});
  const inVault = await held(sandbox);
  assert.equal(inVault.length, 600);
  const log = await workspace.errorLog();
  await sandbox.set({ wrongToken: { rate: 0 } });
  const retried = await workspace.run(['retry', log, '--yes'], { status: 1 });
  assert.match(
    (retried.stdout + retried.stderr).replaceAll(/\s+/g, ' '),
    /records stand in the vault under tokens of its own, or may: it is asked for their tokens, and they are not sent/,
  );
  assert.deepEqual(await held(sandbox), inVault);
  await workspace.run(['retry', log, '--yes', '--new-run', '--resend-mismatched'], { status: 0 });
  assert.equal((await held(sandbox)).length, 600 + mismatched);
  assert.deepEqual(
    (await held(sandbox)).filter((pair) => asMultiset(pairs).includes(pair)),
    asMultiset(pairs),
  );
});

test('where the vault may not be asked, a record whose token did not come back is held', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await sandbox.set({
    accessTokens: [{ token: 'test-bearer-token', access: 'insert' }],
    wrongToken: { next: 0, rate: 0.3 },
  });

  const end = await load(workspace, sandbox);

  assert.equal(end.status, 1, end.stderr + end.stdout);
  const { totals } = await workspace.summary();
  const { token_unproven: unproven = 0, ...others } = await reasonsOf(workspace);
  assert.deepEqual([totals.held, totals.failed, others], [unproven, unproven, {}]);
});
