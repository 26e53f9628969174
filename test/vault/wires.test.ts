import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PackedBatch } from '../../src/record/packed-batch.js';
import { createFlowWire } from '../../src/vault/flow/flow-wire.js';
import { createBulkWire } from '../../src/vault/v1/bulk-wire.js';
import { createRecordEncoder } from '../../src/vault/encode-records.js';
import { createRecordWire } from '../../src/vault/v1/record-wire.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';
import type { Judgement, Wire, WireOptions } from '../../src/vault/wire.js';
import { packCells } from '../record/pack-cells.js';

const OPTIONS: WireOptions = {
  basePath: '/base',
  vaultId: 'v/1',
  table: 'a table',
  column: 'na"me',
  byot: 'ENABLE_STRICT',
  upsert: true,
};
const bulk = createBulkWire(OPTIONS);
const record = createRecordWire(OPTIONS);

const TOKENS = ['t1', 't2', 't3'];

function judge(wire: Wire, answer: unknown, tokens = TOKENS, status = 200): Judgement | undefined {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  return wire.judge(text, {
    records: { values: tokens, tokens },
    plainTokens: true,
    status,
  });
}

const bodyOf = (wire: Wire, records: RecordColumns): string =>
  createRecordEncoder(wire)(records).body.toString();

test('a body made of bytes is the body made of strings, on every wire', () => {
  const flow = { token_form: 'list', token_group: 'g' } as const;
  const made = [
    bulk,
    record,
    createFlowWire({ ...OPTIONS, wireSettings: { ...flow } }),
    createFlowWire({ ...OPTIONS, wireSettings: { ...flow, flow_byot: 'tokenize' } }),
  ];
  const cell = fc.string({ unit: fc.constantFrom('a', 'é', '漢', '😀', ' '), minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 }), (pairs) => {
      const values = pairs.map(([value]) => value);
      const tokens = pairs.map(([, token]) => token);
      const packed = { values: packCells(values), tokens: packCells(tokens, 'é') };
      const batch = new PackedBatch({ start: 0, end: pairs.length }, packed);
      for (const wire of made) assert.equal(bodyOf(wire, batch), bodyOf(wire, { values, tokens }));
    }),
  );
});

const taken = (token: unknown, id: unknown = 'id') => ({ skyflow_id: id, tokens: { 'na"me': token } });

for (const column of ['name', 'na"me']) {
  test(`both payloads are JSON that says exactly what was asked for, whatever the strings hold (${column})`, () => {
    const [bulk, record] = [createBulkWire({ ...OPTIONS, column }), createRecordWire({ ...OPTIONS, column })];
    const anyString = fc.string({
      unit: fc.oneof(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
        fc.constantFrom('"', '\\', '\n', '\ud800', 'é', '😀'),
      ),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(anyString, anyString), { minLength: 1, maxLength: 5 }), (pairs) => {
        const records = { values: pairs.map(([value]) => value), tokens: pairs.map(([, token]) => token) };
        assert.deepEqual(JSON.parse(bodyOf(bulk, records)), {
          records: pairs.map(([value, token]) => ({
            fields: { [column]: value },
            tokens: { [column]: token },
          })),
          tokenization: true,
          upsert: column,
          byot: 'ENABLE_STRICT',
        });
        assert.deepEqual(JSON.parse(bodyOf(record, records)), {
          records: pairs.map(([value, token]) => ({
            method: 'POST',
            tableName: 'a table',
            fields: { [column]: value },
            tokens: { [column]: token },
            tokenization: true,
            upsert: column,
          })),
          continueOnError: true,
          byot: 'ENABLE_STRICT',
        });
      }),
    );
  });
}

test('a single character that needs an escape is found wherever in the body it stands', () => {
  const wire = createBulkWire({ ...OPTIONS, column: 'name' });
  const encode = createRecordEncoder(wire);
  const plain = ['', 'é', '😀', '\u007f', '\u2028', '\u0080'];
  for (const special of ['"', '\\', '\0', '\u001f', '\n', '\ud800', '\udc00', '"a', ...plain]) {
    for (let at = 0; at < 9; at += 1) {
      const cell = `${'x'.repeat(at)}${special}${'y'.repeat(8 - at)}`;
      for (const [value, token] of [
        [cell, 'tok'],
        ['value', cell],
      ] as const) {
        const { body, plainTokens } = encode({ values: ['v', value, 'v'], tokens: ['t', token, 't'] });
        const { records } = JSON.parse(body.toString()) as { records: unknown[] };
        assert.deepEqual(records[1], { fields: { name: value }, tokens: { name: token } });
        if (!plain.includes(special)) assert.equal(plainTokens, token !== cell);
      }
    }
  }
});

test('records whose source knows that they need no escapes make the same body', () => {
  const encode = createRecordEncoder(createBulkWire({ ...OPTIONS, column: 'na"më' }));
  const records = { values: ['Zoë', '😀', 'v'], tokens: ['t1', "t'2", 't 3'] };
  const known = encode({ ...records, plain: true });
  assert.equal(known.body.toString(), encode(records).body.toString());
  assert.equal(known.plainTokens, true);
});

test('without upsert no payload speaks of it, and the bulk wire never asks to continue on errors', () => {
  const plain = { ...OPTIONS, upsert: false };
  const records = { values: ['v'], tokens: ['t'] };
  assert.doesNotMatch(bodyOf(createBulkWire(plain), records), /upsert|continueOnError/);
  assert.doesNotMatch(bodyOf(createRecordWire(plain), records), /upsert/);
});

test('ids and tables are encoded into the path', () => {
  assert.equal(bulk.path, '/base/v1/vaults/v%2F1/a%20table');
  assert.equal(record.path, '/base/v1/vaults/v%2F1');
});

test('a record is uploaded only with an id and its own token', () => {
  const nothing = { failures: [], doubtful: [], mismatched: [] };
  assert.deepEqual(judge(bulk, { records: TOKENS.map((token) => taken(token)) }), nothing);
  assert.deepEqual(judge(bulk, { records: TOKENS.map((token) => taken([{ token }])) }), nothing);
  const bare = judge(bulk, { records: [taken('t1'), { skyflow_id: 'x', tokens: null }, taken(['t3'])] });
  assert.deepEqual(bare, { failures: [], doubtful: [], mismatched: [1, 2] });
  const other = judge(bulk, { records: [taken('t1'), taken('t9'), { tokens: { 'na"me': 't8' } }] });
  assert.deepEqual(other, { failures: [], doubtful: [], mismatched: [1, 2] });
});

test('tokens are matched, and no places: an answer in another order takes nothing from any record', () => {
  const order = fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 });
  fc.assert(
    fc.property(order, fc.subarray([0, 1, 2, 3, 4]), (places, gone) => {
      const tokens = ['a', 'b', 'c', 'd', 'e'];
      const records = places.map((at) => taken(gone.includes(at) ? undefined : tokens[at]));
      const judgement = judge(bulk, { records }, tokens);
      assert.ok(judgement !== undefined);
      assert.deepEqual([judgement.failures, judgement.doubtful, judgement.mismatched], [[], [], gone]);
    }),
  );
  const moved = judge(bulk, { records: [taken('t2'), { error: 'odd' }, taken('t3')] });
  assert.deepEqual(moved, { failures: [], doubtful: [0], mismatched: [] }, 'nobody knows who was refused');
});

test('an answer to another request says nothing of this one', () => {
  const answer = JSON.stringify({ records: [taken('o1'), taken('o2'), taken('o3')] });
  const judgement = bulk.judge(answer, {
    records: { values: TOKENS, tokens: TOKENS },
    plainTokens: true,
    status: 200,
    isOfAnother: (token) => token === 'o1',
  });
  assert.deepEqual(judgement, { failures: [], doubtful: [0, 1, 2], mismatched: [], isForeign: true });
});

test('an entry without an id is doubtful, one with an error is refused, one with both is doubtful', () => {
  const judgement = judge(bulk, {
    records: [{ tokens: { 'na"me': 't1' } }, { error: 'too odd' }, { ...taken('t3'), error: 'too odd' }],
  });
  assert.deepEqual(judgement, {
    failures: [{ index: 1, reason: 'rejected', message: 'too odd', status: 200 }],
    doubtful: [0, 2],
    mismatched: [],
  });
});

test('in an answer with too few or too many entries only returned tokens count', () => {
  assert.deepEqual(judge(bulk, { records: [taken('t3'), taken('t1')] }), {
    failures: [],
    doubtful: [1],
    mismatched: [],
  });
  assert.deepEqual(judge(bulk, { records: [] }), { failures: [], doubtful: [0, 1, 2], mismatched: [] });
  const more = [taken('t1'), taken('t2'), taken('t3'), taken('t4')];
  assert.deepEqual(judge(bulk, { records: more }), { failures: [], doubtful: [], mismatched: [] });
  // Two rows with one token and one entry for it: nobody knows which.
  assert.deepEqual(judge(bulk, { records: [taken('a'), taken('b')] }, ['a', 'a', 'b'])?.doubtful, [0, 1]);
});

test('an answer of another shape says nothing of any record', () => {
  for (const answer of ['', 'ok', '[]', 'null', '{}', '{"records":{}}', '{"records":[{"skyflow_id":"1"']) {
    assert.equal(judge(bulk, answer), undefined, answer);
    assert.equal(judge(record, answer), undefined, answer);
  }
});

test('on the record wire each response is judged on its own', () => {
  const inserted = (token: string) => ({ Status: 200, Body: { records: [taken(token)] } });
  const responses = [
    inserted('t1'),
    { Status: '201', Body: { records: [taken('t2')] } },
    { Status: 400, Body: { error: 'no such field' } },
    { Status: '409', Body: {} },
    null,
    { Status: 500, Body: { error: 'later' } },
    { Status: 429, Body: { error: 'slower' } },
    { Status: 200, Body: { records: [] } },
    { Body: { records: [taken('t9')] } },
    inserted('other'),
  ];
  const tokens = responses.map((_, index) => `t${index + 1}`);
  assert.deepEqual(judge(record, { vaultID: 'v', responses }, tokens, 207), {
    failures: [
      { index: 2, reason: 'rejected', message: 'no such field', status: 400 },
      { index: 3, reason: 'rejected', message: 'HTTP 409', status: 409 },
    ],
    doubtful: [4, 5, 6, 7, 8],
    mismatched: [9],
  });
});
