import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseWire } from '../../src/vault/choose-wire.js';
import { effectOf } from '../../src/vault/effect-table.js';
import { readUniqueValues } from '../../src/vault/flow/flow-routes.js';
import type { WireName } from '../../src/vault/wires.js';
import { vaultOf, verdicts, CLEAN, signal } from './wire-fixture.js';

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
