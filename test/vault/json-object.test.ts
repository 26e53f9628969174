import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from '../../src/vault/json.js';

const million = 1_000_000;

test('JSON of more parts than any answer has is not read: objects, values, lists in lists, members', () => {
  for (const text of [
    `{"records":[${'{},'.repeat(million)}{}]}`,
    `{"records":[${'0,'.repeat(million)}0]}`,
    `{"records":${'['.repeat(million)}${']'.repeat(million)}}`,
    `{${'"a":1,'.repeat(million)}"b":1}`,
  ])
    assert.equal(parseJson(text), undefined, text.slice(0, 40));
});

test('what stands in strings and between parts does not count', () => {
  const words = '{[,\\"'.repeat(million);
  assert.deepEqual(parseJson(JSON.stringify({ error: words, other: 1 })), { error: words, other: 1 });
  assert.deepEqual(parseJson(`[${' '.repeat(million)}1]`), [1]);
  assert.equal(parseJson(`"${'x'.repeat(million)}`), undefined);
});

test('the answer to ten thousand records is read', () => {
  const record = { skyflow_id: 'id', tokens: { ssn: [{ token: 'a,b' }] }, error: null };
  const answer = {
    responses: Array.from({ length: 10_000 }, () => ({ Status: 200, Body: { records: [record] } })),
  };
  assert.deepEqual(parseJson(JSON.stringify(answer)), answer);
});
