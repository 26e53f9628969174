import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { VaultSandboxOptions } from '../../src/sandbox/options.js';
import { startVaultSandbox } from '../../src/sandbox/vault-sandbox.js';
import { chooseWire } from '../../src/vault/choose-wire.js';
import { createVaultClient, type VaultClientOptions } from '../../src/vault/create-vault-client.js';
import { StaticCredential } from '../../src/vault/credential/credential.js';
import { effectOf } from '../../src/vault/effect-table.js';
import { readUniqueValues } from '../../src/vault/flow/flow-routes.js';
import { createFlowWire } from '../../src/vault/flow/flow-wire.js';
import { openStoredRecords, type StoredRecords } from '../../src/vault/stored-records.js';
import type { InsertAnswer, VaultClient } from '../../src/vault/vault-client.js';
import { wireNames, wires, type WireName } from '../../src/vault/wires.js';
import { createRecordEncoder } from '../../src/vault/encode-records.js';

const signal = new AbortController().signal;

interface Vault {
  readonly client: VaultClient;
  readonly stored: StoredRecords;
  readonly insert: (pairs: readonly (readonly [value: string, token: string])[]) => Promise<InsertAnswer>;
}

async function vaultOf(
  t: TestContext,
  wire: WireName,
  options: VaultSandboxOptions = {},
  own: Partial<VaultClientOptions> = {},
): Promise<Vault> {
  const sandbox = await startVaultSandbox({ uniqueColumns: ['name'], poison: ['BAD'], ...options });
  const settings = {
    ...{ vaultUrl: sandbox.url, vaultId: 'v1', table: 'people', column: 'name', byot: 'ENABLE' as const },
    ...{ upsert: false, wire, connections: 2, httpVersion: '1.1' as const, proxy: {} },
    ...{ requestTimeoutMs: 20_000, connectTimeoutMs: 10_000, credential: new StaticCredential('any') },
    ...own,
  };
  const client = await createVaultClient(settings);
  const stored = await openStoredRecords(settings);
  t.after(async () => {
    await Promise.all([client.close(), stored.close()]);
    await sandbox.close();
  });
  return {
    client,
    stored,
    async insert(pairs) {
      const records = { values: pairs.map(([value]) => value), tokens: pairs.map(([, token]) => token) };
      return (await client.insert(client.encode(records), { signal })).answer;
    },
  };
}

const verdicts = (answer: InsertAnswer): unknown =>
  answer.kind === 'judged'
    ? {
        failed: answer.failures.map(({ index }) => index),
        doubtful: answer.doubtful,
        mismatched: answer.mismatched,
      }
    : answer.kind;
const CLEAN = { failed: [], doubtful: [], mismatched: [] };

for (const wire of wireNames) {
  const routes = wires[wire].routes({ basePath: '', vaultId: 'v1', table: 'people', column: 'name' });

  test(`the ${wire} wire inserts under the tokens sent, is asked by token, counts, pages and deletes`, async (t) => {
    const { client, stored, insert } = await vaultOf(t, wire);
    assert.deepEqual(
      verdicts(
        await insert([
          ['Ada', 't1'],
          ['Zoë "Q"\n', 'tök\\2'],
        ]),
      ),
      CLEAN,
    );
    const found = await client.lookup(['tök\\2', 'nobody', 't1'], { signal });
    assert.deepEqual(found, { kind: 'found', held: ['Zoë "Q"\n', undefined, 'Ada'], showsValues: true });
    const none = await client.lookup(['nobody'], { signal });
    assert.deepEqual(none, { kind: 'found', held: [undefined], showsValues: true });
    const count = await stored.count({ signal });
    assert.deepEqual(count, { kind: 'done', value: 2 });
    const pairs = { values: ['x', 'y'], tokens: ['tx', 'ty'] };
    const inserted = await stored.insert(pairs, { signal });
    assert.equal(inserted.kind === 'done' && inserted.value.length, 2);
    const page = await stored.page(0, { signal });
    assert.ok(page.kind === 'done' && page.value.length === 4);
    assert.equal((await stored.remove(page.value.slice(0, 3), { signal })).kind, 'done');
    assert.deepEqual(await stored.count({ signal }), { kind: 'done', value: 1 });
    const all = await stored.remove('all', { signal });
    assert.equal(all.kind, routes.remove('all') === undefined ? 'refused' : 'done');
    assert.equal(routes.byValue !== undefined, wires[wire].asksByValue === true);
  });

  test(`the ${wire} wire tells own tokens from others, and what was refused from what is not known`, async (t) => {
    const other = await vaultOf(t, wire, { wrongToken: { next: 1 } });
    const mixed = await other.insert([
      ['a', 't1'],
      ['b', 't2'],
    ]);
    assert.ok(mixed.kind === 'judged' && mixed.mismatched.length === 1);
    const broken = await vaultOf(t, wire, { missingId: { next: 1 } });
    const open = await broken.insert([
      ['a', 't1'],
      ['b', 't2'],
    ]);
    assert.ok(open.kind === 'judged' && open.doubtful.length === 1 && open.failures.length === 0);
    const lost = await vaultOf(t, wire, { resetAfter: { next: 1 } });
    const answer = await lost.insert([['a', 't1']]);
    assert.ok(answer.kind === 'unavailable' && answer.applied === 'unknown');
    const limited = await vaultOf(t, wire, { maxBatchRecords: 1 });
    assert.equal(
      (
        await limited.insert([
          ['a', 't1'],
          ['b', 't2'],
        ])
      ).kind,
      'too_large',
    );
    const throttled = await vaultOf(t, wire, { throttle: { next: 1 } });
    const turnedAway = await throttled.insert([['a', 't1']]);
    assert.ok(turnedAway.kind === 'throttled' && turnedAway.applied === 'no');
    const bad = await vaultOf(t, wire);
    const refused = await bad.insert([
      ['a', 't1'],
      ['BAD', 't2'],
    ]);
    assert.deepEqual(
      wire === 'bulk' ? refused.kind : verdicts(refused),
      wire === 'bulk' ? 'refused' : { ...CLEAN, failed: [1] },
    );
  });

  test(`the ${wire} wire updates the record of a known value with upsert`, async (t) => {
    const { stored, insert } = await vaultOf(t, wire, {}, { upsert: true });
    assert.deepEqual(verdicts(await insert([['a', 't1']])), CLEAN);
    assert.deepEqual(
      verdicts(
        await insert([
          ['a', 't1'],
          ['b', 't2'],
        ]),
      ),
      CLEAN,
    );
    assert.deepEqual(await stored.count({ signal }), { kind: 'done', value: 2 });
  });
}

test('a Flow vault is judged record by record whatever the status of its answer', async (t) => {
  for (const flow of [
    { partialStatus: 200 },
    { partialStatus: 207, codeKey: 'http_code' },
    { partialStatus: 400, codeKey: 'statusCode' },
  ] as const) {
    const { insert } = await vaultOf(t, 'flow', { flow });
    assert.deepEqual(
      verdicts(
        await insert([
          ['a', 't1'],
          ['BAD', 't2'],
          ['c', 't3'],
        ]),
      ),
      { ...CLEAN, failed: [1] },
    );
  }
});

test('the form of tokens and their group are settings; tokens that a Flow vault ignores or keeps elsewhere are found out', async (t) => {
  const tokenGroups = ['g1', 'g2'];
  const list = { token_form: 'list', token_group: 'g2' } as const;
  const grouped = await vaultOf(t, 'flow', { flow: { tokens: 'list', tokenGroups } }, { wireSettings: list });
  assert.deepEqual(verdicts(await grouped.insert([['a', 't1']])), CLEAN);
  const held = await grouped.client.lookup(['t1'], { signal });
  assert.deepEqual(held.kind === 'found' && held.held, ['a']);
  const wrongGroup = await vaultOf(
    t,
    'flow',
    { flow: { tokens: 'value', tokenGroups } },
    { wireSettings: { token_form: 'value', token_group: 'g2' } },
  );
  assert.deepEqual(verdicts(await wrongGroup.insert([['a', 't1']])), { ...CLEAN, mismatched: [0] });
  const ignoring = await vaultOf(t, 'flow', { flow: { tokens: 'ignore' } });
  assert.deepEqual(verdicts(await ignoring.insert([['a', 't1']])), { ...CLEAN, mismatched: [0] });
  const refusing = await vaultOf(t, 'flow', { flow: { tokens: 'list' } });
  assert.deepEqual(verdicts(await refusing.insert([['a', 't1']])), { ...CLEAN, failed: [0] });
});

test('tokens may be brought along by the route that tokenizes: judged by token, refused one by one, asked for as ever', async (t) => {
  const flow = { token_form: 'value', token_group: 'g', flow_byot: 'tokenize' } as const;
  const groups = { flow: { tokenGroups: ['g'] } };
  const { client, insert } = await vaultOf(t, 'flow', groups, { wireSettings: flow });
  assert.deepEqual(
    verdicts(
      await insert([
        ['Ada', 't1'],
        ['BAD', 't2'],
        ['Zoë "Q"\n', 'tök\\2'],
      ]),
    ),
    { ...CLEAN, failed: [1] },
  );
  const found = await client.lookup(['tök\\2', 't2', 't1'], { signal });
  assert.deepEqual(found.kind === 'found' && found.held, ['Zoë "Q"\n', undefined, 'Ada']);
  assert.deepEqual(verdicts(await insert([['another', 't1']])), { ...CLEAN, failed: [0] });
  const ignoring = await vaultOf(
    t,
    'flow',
    { flow: { tokenGroups: ['g'], tokenize: 'ignore' } },
    { wireSettings: flow },
  );
  assert.deepEqual(verdicts(await ignoring.insert([['a', 't1']])), { ...CLEAN, mismatched: [0] });
  const lost = await vaultOf(t, 'flow', { ...groups, resetAfter: { next: 1 } }, { wireSettings: flow });
  const answer = await lost.insert([['a', 't1']]);
  assert.ok(answer.kind === 'unavailable' && answer.applied === 'unknown');
});

test('a Flow vault may be asked for the records of unique values, whatever it says of those that are missing', async (t) => {
  for (const missing of ['entry', 'absent'] as const) {
    const { client, insert } = await vaultOf(t, 'flow', { flow: { missing } }, { lookup: 'unique_value' });
    await insert([
      ['Ada', 't1'],
      ['Bob', 'another'],
    ]);
    const values = ['Nobody', 'Ada', 'Bob'];
    const found = await client.lookup(['t0', 't1', 't2'], { signal, values });
    assert.deepEqual(found, { kind: 'found', held: [undefined, 'Ada', undefined], showsValues: true });
  }
  const refusing = await vaultOf(t, 'flow', { flow: { missing: 'refuse' } }, { lookup: 'unique_value' });
  await refusing.insert([['Ada', 't1']]);
  const none = await refusing.client.lookup(['t0'], { signal, values: ['Nobody'] });
  assert.deepEqual(none.kind === 'found' && none.held, [undefined]);
  const notUnique = await vaultOf(t, 'flow', { uniqueColumns: [] }, { lookup: 'unique_value' });
  await notUnique.insert([['Ada', 't1']]);
  assert.equal((await notUnique.client.lookup(['t1'], { signal, values: ['Ada'] })).kind, 'unanswered');

  const records = { values: ['a', 'b'], tokens: ['t1', 't2'] };
  const tokens = { name: [{ token: 't1', tokenGroupName: 'g' }] };
  const read = (...entries: object[]) =>
    readUniqueValues(JSON.stringify({ records: entries }), records, 'name');
  const a = { skyflowID: 'x', data: { name: 'a' }, tokens, error: null };
  assert.deepEqual(read(a, { error: 'slow down', httpCode: 429 }), { values: ['a', undefined], open: 1 });
  assert.deepEqual(
    read({ ...a, tokens: undefined }),
    { values: [undefined, undefined], open: 2 },
    'no token',
  );
  assert.equal(readUniqueValues('<html>', records, 'name'), undefined);
});

test('of a Flow vault’s refusals as a whole only its own envelope proves that nothing was taken', async (t) => {
  const answers: unknown[] = [];
  for (const errorForm of ['envelope', 'bare', 'text'] as const) {
    const { insert } = await vaultOf(t, 'flow', { flow: { errorForm }, vaults: ['another'] });
    const answer = await insert([['a', 't1']]);
    answers.push([answer.kind, answer.kind === 'judged' || answer.applied]);
  }
  assert.deepEqual(answers, [
    ['denied', 'no'],
    ['denied', 'unknown'],
    ['denied', 'unknown'],
  ]);
  const results = { status: 400, foreign: false, envelope: undefined, perRecord: true };
  assert.equal(effectOf({ written: true, answer: results }), 'per_record');
});

test('records that may pass, and answers that contradict themselves, are open', () => {
  const context = {
    ...{
      basePath: '',
      vaultId: 'v1',
      table: 'people',
      column: 'name',
      byot: 'ENABLE' as const,
      upsert: true,
    },
  };
  const wire = createFlowWire(context);
  const records = { values: ['a', 'b', 'c', 'd'], tokens: ['t1', 't2', 't3', 't4'] };
  assert.deepEqual(JSON.parse(createRecordEncoder(wire)(records).body.toString()), {
    vaultID: 'v1',
    tableName: 'people',
    records: records.values.map((name, at) => ({ data: { name }, tokens: { name: records.tokens[at] } })),
    upsert: { updateType: 'UPDATE', uniqueColumns: ['name'] },
  });
  const replacing = createFlowWire({
    ...context,
    wireSettings: { token_form: 'value', flow_update_type: 'REPLACE' },
  });
  const replaced: unknown = JSON.parse(createRecordEncoder(replacing)(records).body.toString());
  assert.deepEqual((replaced as { upsert: unknown }).upsert, {
    updateType: 'REPLACE',
    uniqueColumns: ['name'],
  });
  const tokens = { name: [{ token: 't4', tokenGroupName: 'g' }] };
  const answer = JSON.stringify({
    records: [
      { error: 'slow down', httpCode: 429 },
      { error: 'broken', httpCode: 500 },
      { error: 'a text without a code' },
      { skyflowID: 'x', tokens, error: 'both', httpCode: 400 },
    ],
  });
  const judging = { records, plainTokens: true, status: 200 };
  assert.deepEqual(wire.judge(answer, judging)?.doubtful, [0, 1, 2, 3]);
  assert.equal(wire.judge('{"records":[]}', { ...judging, status: 400 }), undefined);
  assert.equal(wire.judge('<html>', judging), undefined);
});

test('auto takes the Flow wire for the hosts of Flow vaults alone', () => {
  const wireOf = (host: string): WireName => chooseWire('auto', `https://${host}`);
  assert.deepEqual(
    [
      'abc.skyvault.skyflowapis.com',
      'abc.skyvault.skyflowapis-preview.com',
      'abc.vault.skyflowapis.com',
      'skyvault.example.com',
      'abc.skyvault.skyflowapis.com.example.com',
    ].map(wireOf),
    ['flow', 'flow', 'bulk', 'bulk', 'bulk'],
  );
  assert.equal(chooseWire('record', 'https://abc.skyvault.skyflowapis.com'), 'record');
});
