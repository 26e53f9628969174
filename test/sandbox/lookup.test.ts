import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bulk, bulkOf, held, insert, inserted, sandboxFor, send } from './sandbox-client.js';

const TABLE = '/v1/vaults/v1/persons';

interface Found {
  readonly fields: Readonly<Record<string, unknown>>;
}
const found = (text: string): Found[] => (JSON.parse(text) as { records: Found[] }).records;

describe('get', () => {
  test('pages through a table in the order of insertion, deleted records left out', async (t) => {
    const sandbox = await sandboxFor(t);
    const ids = inserted(await insert(sandbox, bulk(60))).map((record) => record?.skyflow_id ?? '');
    const body = { skyflow_ids: [ids[0], ids[30], ids[59]] };
    assert.equal((await send(sandbox.url, 'DELETE', TABLE, { body })).status, 200);
    const values: unknown[] = [];
    for (let offset = 0; ; offset += 25) {
      const answer = await send(
        sandbox.url,
        'GET',
        `${TABLE}?offset=${offset}&limit=25&redaction=PLAIN_TEXT`,
      );
      if (found(answer.text).length === 0) break;
      values.push(...found(answer.text).map(({ fields }) => fields['ssn']));
    }
    const expected = Array.from({ length: 60 }, (_, at) => `value-${at}`).filter(
      (_, at) => ![0, 30, 59].includes(at),
    );
    assert.deepEqual(values, expected);
  });

  test('finds by id and by a unique column, and is 404 for what is not there', async (t) => {
    const sandbox = await sandboxFor(t, { uniqueColumns: ['ssn'] });
    const id = inserted(await insert(sandbox, bulk(3)))[1]?.skyflow_id ?? '';
    const byId = await send(sandbox.url, 'GET', `${TABLE}?skyflow_ids=${id}&redaction=PLAIN_TEXT`);
    assert.deepEqual(found(byId.text)[0]?.fields, { skyflow_id: id, ssn: 'value-1' });
    const byValue = await send(sandbox.url, 'GET', `${TABLE}?column_name=ssn&column_values=value-1`);
    assert.equal(found(byValue.text)[0]?.fields['skyflow_id'], id);
    const tokens = await send(sandbox.url, 'GET', `${TABLE}?skyflow_ids=${id}&tokenization=true`);
    assert.equal(found(tokens.text)[0]?.fields['ssn'], 'token-1');
    for (const query of ['skyflow_ids=nobody', 'column_name=ssn&column_values=nobody']) {
      assert.equal((await send(sandbox.url, 'GET', `${TABLE}?${query}`)).status, 404);
    }
    const notUnique = await send(sandbox.url, 'GET', `${TABLE}?column_name=name&column_values=x`);
    assert.equal(notUnique.status, 400);
  });

  test('is 404 for a table that is empty or unknown', async (t) => {
    const sandbox = await sandboxFor(t, { tables: ['persons'] });
    assert.equal((await send(sandbox.url, 'GET', TABLE)).status, 404);
    assert.equal((await send(sandbox.url, 'GET', '/v1/vaults/v1/others')).status, 404);
  });

  test('refuses more than 25 records, or gives 25, as configured', async (t) => {
    const sandbox = await sandboxFor(t, { getAboveLimit: 'refuse' });
    await insert(sandbox, bulk(30));
    assert.equal((await send(sandbox.url, 'GET', `${TABLE}?limit=26`)).status, 400);
    assert.equal(found((await send(sandbox.url, 'GET', `${TABLE}?limit=25`)).text).length, 25);
    const clamping = await sandboxFor(t);
    await insert(clamping, bulk(30));
    assert.equal(found((await send(clamping.url, 'GET', `${TABLE}?limit=26`)).text).length, 25);
  });
});

describe('delete', () => {
  test('takes ids, all or none, and answers with them', async (t) => {
    const sandbox = await sandboxFor(t);
    const ids = inserted(await insert(sandbox, bulk(3))).map((record) => record?.skyflow_id ?? '');
    const wrong = await send(sandbox.url, 'DELETE', TABLE, { body: { skyflow_ids: [ids[0], 'nobody'] } });
    assert.equal(wrong.status, 404);
    const right = await send(sandbox.url, 'DELETE', TABLE, { body: { skyflow_ids: [ids[0]] } });
    assert.deepEqual(JSON.parse(right.text), { RecordIDResponse: [ids[0]] });
    assert.deepEqual(await held(sandbox), ['value-1=token-1', 'value-2=token-2']);
  });

  test('* takes every record of the table, and ids are never given again', async (t) => {
    const sandbox = await sandboxFor(t);
    const first = inserted(await insert(sandbox, bulk(3)));
    assert.equal((await send(sandbox.url, 'DELETE', TABLE, { body: { skyflow_ids: ['*'] } })).status, 200);
    assert.equal((await send(sandbox.url, 'GET', TABLE)).status, 404);
    const second = inserted(await insert(sandbox, bulk(3)));
    assert.equal(new Set([...first, ...second].map((record) => record?.skyflow_id)).size, 6);
    assert.equal((await held(sandbox)).length, 3);
  });
});

describe('detokenize', () => {
  const ask = (...tokens: string[]): object => ({
    detokenizationParameters: tokens.map((token) => ({ token, redaction: 'PLAIN_TEXT' })),
  });
  const PATH = '/v1/vaults/v1/detokenize';

  test('answers each token with its value in order, 207 when some are unknown', async (t) => {
    const sandbox = await sandboxFor(t);
    await insert(sandbox, bulk(3));
    const all = await send(sandbox.url, 'POST', PATH, { body: ask('token-2', 'token-0') });
    assert.equal(all.status, 200);
    assert.deepEqual(JSON.parse(all.text), {
      records: [
        { token: 'token-2', valueType: 'STRING', value: 'value-2', error: null },
        { token: 'token-0', valueType: 'STRING', value: 'value-0', error: null },
      ],
    });
    const some = await send(sandbox.url, 'POST', PATH, {
      body: { ...ask('nobody', 'token-1'), continueOnError: true },
    });
    assert.equal(some.status, 207);
    const { records } = JSON.parse(some.text) as { records: { value: string; error: string | null }[] };
    assert.ok(records[0]?.error);
    assert.equal(records[1]?.value, 'value-1');
  });

  test('without continueOnError an unknown token is 404; finding none is 207 or 404 as configured', async (t) => {
    const sandbox = await sandboxFor(t);
    await insert(sandbox, bulk(1));
    const strict = await send(sandbox.url, 'POST', PATH, { body: ask('token-0', 'nobody') });
    assert.equal(strict.status, 404);
    const body = { ...ask('nobody'), continueOnError: true };
    assert.equal((await send(sandbox.url, 'POST', PATH, { body })).status, 404);
    const other = await sandboxFor(t, { detokenizeNone: 207 });
    assert.equal((await send(other.url, 'POST', PATH, { body })).status, 207);
  });

  test('a replaced token no longer answers, the new one does, and a deleted one is unknown', async (t) => {
    const sandbox = await sandboxFor(t, { uniqueColumns: ['ssn'] });
    const id = inserted(await insert(sandbox, bulkOf([['a', 'old']])))[0]?.skyflow_id;
    assert.equal((await send(sandbox.url, 'POST', PATH, { body: ask('old') })).status, 200);
    await insert(sandbox, bulkOf([['a', 'new']], { upsert: 'ssn' }));
    assert.equal((await send(sandbox.url, 'POST', PATH, { body: ask('old') })).status, 404);
    assert.equal((await send(sandbox.url, 'POST', PATH, { body: ask('new') })).status, 200);
    await send(sandbox.url, 'DELETE', TABLE, { body: { skyflow_ids: [id] } });
    assert.equal((await send(sandbox.url, 'POST', PATH, { body: ask('new') })).status, 404);
  });

  test('redacts unless plain text is asked for, and limits the tokens of a request', async (t) => {
    const sandbox = await sandboxFor(t, { maxDetokenizeTokens: 1 });
    await insert(sandbox, bulk(2));
    const body = { detokenizationParameters: [{ token: 'token-0', redaction: 'REDACTED' }] };
    assert.doesNotMatch((await send(sandbox.url, 'POST', PATH, { body })).text, /value-0/u);
    assert.equal((await send(sandbox.url, 'POST', PATH, { body: ask('token-0', 'token-1') })).status, 400);
  });
});

test('query counts records, or those with a column, and refuses what is no SELECT COUNT', async (t) => {
  const sandbox = await sandboxFor(t);
  await insert(sandbox, bulk(3));
  const query = (text: string): ReturnType<typeof send> =>
    send(sandbox.url, 'POST', '/v1/vaults/v1/query', { body: { query: text } });
  const { text } = await query('SELECT COUNT(*) FROM persons');
  assert.deepEqual(JSON.parse(text), { records: [{ fields: { count: 3 } }] });
  assert.equal((await query('select count ( * ) from "persons";')).status, 200);
  assert.equal((await query('DROP TABLE persons')).status, 400);
  assert.equal((await query('SELECT ssn, COUNT(*) FROM persons GROUP BY ssn')).status, 501);
  assert.match((await query('SELECT COUNT(ssn) FROM persons')).text, /"count":3/);
  assert.match((await query('SELECT COUNT(dob) FROM persons')).text, /"count":0/);
  assert.match(
    (await query('SELECT COUNT(*) FROM nobody')).text,
    /"count":0/,
    'any table may come into being',
  );
  const strict = await sandboxFor(t, { tables: ['persons'] });
  const unknown = await send(strict.url, 'POST', '/v1/vaults/v1/query', {
    body: { query: 'SELECT COUNT(*) FROM nobody' },
  });
  assert.equal(unknown.status, 404);
});
