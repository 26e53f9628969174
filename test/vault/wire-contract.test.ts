import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFlowWire } from '../../src/vault/flow/flow-wire.js';
import { wireNames, wires } from '../../src/vault/wires.js';
import { createRecordEncoder } from '../../src/vault/encode-records.js';
import { vaultOf, verdicts, CLEAN, signal } from './wire-fixture.js';

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
