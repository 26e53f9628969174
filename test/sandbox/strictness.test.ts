import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bulkOf, insert, inserted, messageOf, sandboxFor, send, type Answer } from './sandbox-client.js';

const VAULT = '/v1/vaults/v1';
const TABLE = `${VAULT}/persons`;

test('an update is held to the rules of an insert, by every route', async (t) => {
  const sandbox = await sandboxFor(t, { uniqueColumns: ['ssn'] });
  const pairs = [
    ['a', 't1'],
    ['b', 't2'],
  ] as const;
  const [, second] = inserted(await insert(sandbox, bulkOf(pairs))).map((one) => one?.skyflow_id);
  const put = (fields: object, more: object = {}, extra: object = {}): Promise<Answer> =>
    send(sandbox.url, 'PUT', `${TABLE}/${second}`, { body: { record: { fields, ...more }, ...extra } });
  const wire = (fields: object, more: object = {}): Promise<Answer> =>
    send(sandbox.url, 'POST', VAULT, {
      body: {
        records: [{ method: 'PUT', tableName: 'persons', ID: second, fields, ...more }],
        continueOnError: true,
      },
    });
  const flow = (data: object): Promise<Answer> =>
    send(sandbox.url, 'POST', '/v2/records/update', {
      body: { vaultID: 'v1', tableName: 'persons', records: [{ skyflowID: second, data }] },
    });
  const violation = /Update failed\. Column ssn: unique constraint violation/u;
  const duplicate = await put({ ssn: 'a' });
  assert.equal(duplicate.status, 400);
  assert.match(messageOf(duplicate), violation);
  assert.match((await wire({ ssn: 'a' })).text, violation);
  assert.match((await flow({ ssn: 'a' })).text, violation);
  const long = { ssn: 'x'.repeat(2501) };
  for (const answer of [await put(long), await wire(long), await flow(long)]) {
    assert.match(answer.text, /longer than 2500 characters/u);
  }
  const tokens = { tokens: { ssn: 'own' } };
  assert.match(messageOf(await put({ ssn: 'c' }, tokens)), /byot DISABLE/u);
  assert.match((await wire({ ssn: 'c' }, tokens)).text, /byot DISABLE/u);
  assert.match(messageOf(await put({ ssn: 'c' }, {}, { byot: 'ENABLE_STRICT' })), /needs a token/u);
  const kept = await send(sandbox.url, 'GET', `${TABLE}/${second}?redaction=PLAIN_TEXT`);
  assert.match(kept.text, /"ssn":"b"/u);
  assert.equal((await put({ ssn: 'b' })).status, 200, 'its own value is no other one');
});

test('records of one request exclude each other, with an upsert and without', async (t) => {
  const sandbox = await sandboxFor(t, { uniqueColumns: ['ssn'] });
  const post = { method: 'POST', tableName: 'persons', fields: { ssn: 'a' } };
  for (const records of [
    [{ ...post, upsert: 'ssn' }, post],
    [post, { ...post, upsert: 'ssn' }, post],
  ]) {
    const answer = await send(sandbox.url, 'POST', VAULT, { body: { records, continueOnError: true } });
    const { responses } = JSON.parse(answer.text) as { responses: { Status: number }[] };
    assert.equal(responses.at(-1)?.Status, 400, answer.text);
    await send(sandbox.url, 'DELETE', TABLE, { body: { skyflow_ids: ['*'] } });
  }
});

test('a get that names values without their column, or what is no redaction or order, is refused', async (t) => {
  const sandbox = await sandboxFor(t, { uniqueColumns: ['ssn'] });
  const [one] = inserted(await insert(sandbox, bulkOf([['a', 't1']])));
  for (const [query, says] of [
    ['column_name=&column_values=a', /column_name is missing/u],
    [`skyflow_ids=${one?.skyflow_id}&column_values=a`, /Both skyflow_ids and column_/u],
    ['redaction=BOGUS', /"BOGUS" is no redaction/u],
    ['redaction=plain_text', /"plain_text" is no redaction/u],
    ['order_by=SIDEWAYS', /SIDEWAYS is no order/u],
  ] as const) {
    const answer = await send(sandbox.url, 'GET', `${TABLE}?${query}`);
    assert.equal(answer.status, 400, query);
    assert.match(messageOf(answer), says);
  }
  const single = await send(sandbox.url, 'GET', `${TABLE}/${one?.skyflow_id}?redaction=BOGUS`);
  assert.equal(single.status, 400);
  const empty = `skyflow_ids=${one?.skyflow_id}&column_name=&column_values=&order_by=&redaction=`;
  assert.equal((await send(sandbox.url, 'GET', `${TABLE}?${empty}`)).status, 200);
  const fields = await send(sandbox.url, 'GET', `${TABLE}?fields=ssn,other`);
  assert.doesNotMatch(fields.text, /"ssn"/u, 'repeated parameters are not split at commas');
  const detokenize = (redaction: unknown): Promise<Answer> =>
    send(sandbox.url, 'POST', `${VAULT}/detokenize`, {
      body: { detokenizationParameters: [{ token: 't1', redaction }] },
    });
  assert.equal((await detokenize('BOGUS')).status, 400);
  assert.match((await detokenize(null)).text, /\*REDACTED\*/u);
});

test('a mask never shows a whole value, however short', async (t) => {
  const sandbox = await sandboxFor(t);
  const masks = { a: 'X', abcd: 'XXcd', 'abcdef🙂': 'XXXXef🙂', '123-45-6789': 'XXXXXXX6789' };
  const values = Object.keys(masks);
  await insert(sandbox, bulkOf(values.map((value) => [value, `t${value}`] as const)));
  const { text } = await send(sandbox.url, 'POST', `${VAULT}/detokenize`, {
    body: {
      detokenizationParameters: values.map((value) => ({ token: `t${value}`, redaction: 'MASKED' })),
    },
  });
  const { records } = JSON.parse(text) as { records: { value: string }[] };
  assert.deepEqual(
    records.map(({ value }) => value),
    Object.values(masks),
  );
});

test('what would be kept as nearly the same is not emulated: whole numbers that a double does not hold', async (t) => {
  const sandbox = await sandboxFor(t);
  const number = (text: string): Promise<Answer> =>
    send(sandbox.url, 'POST', TABLE, { body: `{"records":[{"fields":{"n":{"in":[${text}]}}}]}` });
  assert.equal((await number('9007199254740991')).status, 200);
  const inexact = await number('9007199254740993');
  assert.equal(inexact.status, 501);
  assert.match(messageOf(inexact), /^not emulated: /u);
});

test('names of routes are no tables for a record, a query or a file either', async (t) => {
  const sandbox = await sandboxFor(t);
  const form =
    '--b\r\nContent-Disposition: form-data; name="tableName"\r\n\r\nfiles\r\n' +
    '--b\r\nContent-Disposition: form-data; name="columnName"\r\n\r\nc\r\n' +
    '--b\r\nContent-Disposition: form-data; name="file"; filename="b"\r\n\r\nx\r\n--b--\r\n';
  const record = { method: 'POST', tableName: 'tokenize', fields: { ssn: 'a' } };
  for (const [path, body] of [
    [VAULT, { records: [record] }],
    [`${VAULT}/query`, { query: 'SELECT COUNT(*) FROM detokenize' }],
    ['/v2/vaults/v1/files/upload', form],
    ['/v2/records/insert', { vaultID: 'v1', tableName: 'query', records: [{ data: { ssn: 'a' } }] }],
  ] as const) {
    const answer = await send(sandbox.url, 'POST', path, { body });
    assert.equal(answer.status, 400, path);
    assert.match(messageOf(answer), /Table name \w+ is invalid\./u);
  }
});
