import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  bulk,
  bulkOf,
  insert,
  inserted,
  messageOf,
  sandboxFor,
  send,
  type Answer,
} from './sandbox-client.js';

const TABLE = '/v1/vaults/v1/persons';
const json = (answer: Answer): unknown => JSON.parse(answer.text);

interface Found {
  readonly fields: Readonly<Record<string, unknown>>;
}
const found = (answer: Answer): Found[] => (json(answer) as { records: Found[] }).records;

describe('what foreign clients found: reading', () => {
  test('an empty column_name is none, and values of repeated parameters may hold commas', async (t) => {
    const sandbox = await sandboxFor(t, { uniqueColumns: ['ssn'] });
    const ids = inserted(
      await insert(
        sandbox,
        bulkOf([
          ['a,b', 't1'],
          ['c', 't2'],
        ]),
      ),
    ).map((one) => one?.skyflow_id);
    const byIds = await send(
      sandbox.url,
      'GET',
      `${TABLE}?skyflow_ids=${ids[1]}&skyflow_ids=${ids[0]}&column_name=`,
    );
    assert.deepEqual(
      found(byIds).map(({ fields }) => fields['skyflow_id']),
      [ids[1], ids[0]],
    );
    const query = 'column_name=ssn&column_values=a%2Cb&column_values=c&redaction=PLAIN_TEXT';
    const byValues = await send(sandbox.url, 'GET', `${TABLE}?${query}`);
    assert.deepEqual(
      found(byValues).map(({ fields }) => fields['ssn']),
      ['a,b', 'c'],
    );
  });

  test('fields, order_by, offset and limit hold with and without column_name', async (t) => {
    const sandbox = await sandboxFor(t, { uniqueColumns: ['ssn'] });
    const records = Array.from({ length: 4 }, (_, at) => ({ fields: { ssn: `v${at}`, name: 'n' } }));
    await insert(sandbox, { records, tokenization: true });
    const get = async (query: string): Promise<Found[]> =>
      found(await send(sandbox.url, 'GET', `${TABLE}?redaction=PLAIN_TEXT&${query}`));
    assert.deepEqual(Object.keys((await get('fields=ssn'))[0]?.fields ?? {}), ['skyflow_id', 'ssn']);
    const ordered = (await get('order_by=ASCENDING')).map(({ fields }) => String(fields['skyflow_id']));
    assert.deepEqual(ordered, [...ordered].sort());
    const values = 'column_name=ssn&column_values=v0&column_values=v1&column_values=v2';
    assert.deepEqual(
      (await get(`${values}&offset=1&limit=1`)).map(({ fields }) => fields['ssn']),
      ['v1'],
    );
  });

  test('ids come in no order, are never repeated, and still find their records', async (t) => {
    const sandbox = await sandboxFor(t);
    const ids = inserted(await insert(sandbox, bulk(200))).map((one) => one?.skyflow_id ?? '');
    assert.equal(new Set(ids).size, 200);
    assert.notDeepEqual(ids, [...ids].sort());
    const one = await send(sandbox.url, 'GET', `${TABLE}/${ids[77]}?redaction=PLAIN_TEXT`);
    assert.deepEqual(json(one), { fields: { skyflow_id: ids[77], ssn: 'value-77' } });
    assert.equal(
      (await send(sandbox.url, 'GET', `${TABLE}?skyflow_ids=${ids[7]?.replace(/.$/u, 'x')}`)).status,
      404,
    );
  });

  test('a redaction left out is DEFAULT, the column’s, and MASKED shows the end of a value', async (t) => {
    const sandbox = await sandboxFor(t);
    const [one] = inserted(await insert(sandbox, bulkOf([['123-45-6789', 't']])));
    const shown = async (query: string): Promise<unknown> =>
      found(await send(sandbox.url, 'GET', `${TABLE}?skyflow_ids=${one?.skyflow_id}${query}`))[0]?.fields[
        'ssn'
      ];
    assert.deepEqual(
      [await shown(''), await shown('&redaction=MASKED'), await shown('&redaction=PLAIN_TEXT')],
      ['*REDACTED*', 'XXXXXXX6789', '123-45-6789'],
    );
    const open = await sandboxFor(t, { defaultRedaction: 'PLAIN_TEXT' });
    await insert(open, bulk(1));
    assert.match((await send(open.url, 'GET', TABLE)).text, /value-0/u);
  });

  test('detokenize answers texts with the type of the value, and words for what it does not know', async (t) => {
    const sandbox = await sandboxFor(t, { valueTypes: { born: 'DATE' } });
    const cells = { n: 7, f: 1.5, b: true, o: { a: 1 }, l: [1, 2], born: '2001-02-03' };
    const tokens = Object.fromEntries(Object.keys(cells).map((name) => [name, `tok_${name}`]));
    await insert(sandbox, { records: [{ fields: cells, tokens }], byot: 'ENABLE' });
    const ask = (names: readonly string[], extra: object = {}): Promise<Answer> =>
      send(sandbox.url, 'POST', '/v1/vaults/v1/detokenize', {
        body: {
          detokenizationParameters: names.map((name) => ({ token: `tok_${name}`, redaction: 'PLAIN_TEXT' })),
          ...extra,
        },
      });
    const { records } = json(await ask(Object.keys(cells))) as { records: Record<string, unknown>[] };
    assert.deepEqual(
      records.map(({ value, valueType }) => [value, valueType]),
      [
        ['7', 'INTEGER'],
        ['1.5', 'FLOAT'],
        ['true', 'BOOL'],
        ['{"a":1}', 'JSON'],
        ['[1,2]', 'ARRAY'],
        ['2001-02-03', 'DATE'],
      ],
    );
    const some = await ask(['n', 'nobody'], { continueOnError: true });
    assert.equal(some.status, 207);
    assert.match(some.text, /"error":"Token Not Found"/u);
    const strict = await ask(['n', 'nobody']);
    assert.deepEqual(
      [strict.status, messageOf(strict).includes('Tokens not found for tok_nobody')],
      [404, true],
    );
    const none = await ask(['nobody'], { continueOnError: true });
    assert.equal(none.status, 404);
    assert.equal(messageOf(none), 'Detokenize failed. All tokens are invalid. Specify valid tokens.');
    const id = await send(sandbox.url, 'GET', `${TABLE}?skyflow_ids=nobody`);
    assert.match(messageOf(id), /^Get failed\. \[nobody\] isn't a valid Skyflow ID\./u);
  });

  test('queries read rows with a condition and a limit; what is not emulated says so', async (t) => {
    const sandbox = await sandboxFor(t);
    await insert(sandbox, bulk(40));
    const query = (text: string): Promise<Answer> =>
      send(sandbox.url, 'POST', '/v1/vaults/v1/query', { body: { query: text } });
    const one = await query("SELECT ssn FROM persons WHERE ssn = 'value-7'");
    assert.deepEqual(
      found(one).map(({ fields }) => fields),
      [{ ssn: 'value-7' }],
    );
    assert.equal(found(await query('SELECT * FROM persons')).length, 25);
    assert.equal(found(await query('select * from persons limit 3 offset 39')).length, 1);
    const joined = await query('SELECT * FROM persons JOIN others USING (id)');
    assert.equal(joined.status, 501);
    assert.match(messageOf(joined), /^not emulated/u);
  });
});

describe('what foreign clients found: writing', () => {
  test('one record is read, updated and deleted by its path, the deletion without a body', async (t) => {
    const sandbox = await sandboxFor(t);
    const path = `${TABLE}/${inserted(await insert(sandbox, bulk(1)))[0]?.skyflow_id}`;
    const put = await send(sandbox.url, 'PUT', path, {
      body: {
        record: { fields: { ssn: 'new' }, tokens: { ssn: 'tok_new' } },
        tokenization: true,
        byot: 'ENABLE',
      },
    });
    assert.deepEqual((json(put) as { tokens: unknown }).tokens, { ssn: 'tok_new' });
    assert.match((await send(sandbox.url, 'GET', `${path}?redaction=PLAIN_TEXT`)).text, /"ssn":"new"/u);
    const file =
      '--x\r\nContent-Disposition: form-data; name="photo"; filename="face.png"\r\n\r\nbytes\r\n--x--\r\n';
    assert.equal((await send(sandbox.url, 'POST', `${path}/files`, { body: file })).status, 200);
    assert.match(
      (await send(sandbox.url, 'GET', `${path}?redaction=PLAIN_TEXT`)).text,
      /"photo":"face\.png"/u,
    );
    assert.equal((await send(sandbox.url, 'DELETE', path)).status, 200);
    assert.equal((await send(sandbox.url, 'DELETE', path)).status, 404);
  });

  test('tokenize gives equal values of one group equal tokens, which detokenize knows; such names are no tables', async (t) => {
    const sandbox = await sandboxFor(t);
    const parameters = ['a', 'b', 'a'].map((value) => ({ value, columnGroup: 'g' }));
    const answer = await send(sandbox.url, 'POST', '/v1/vaults/v1/tokenize', {
      body: { tokenizationParameters: parameters },
    });
    const [a, b, again] = (json(answer) as { records: { token: string }[] }).records.map(
      ({ token }) => token,
    );
    assert.equal(a, again);
    assert.notEqual(a, b);
    const values = await send(sandbox.url, 'POST', '/v1/vaults/v1/detokenize', {
      body: { detokenizationParameters: [{ token: b, redaction: 'PLAIN_TEXT' }] },
    });
    assert.match(values.text, /"value":"b"/u);
    for (const name of ['tokenize', 'detokenize', 'query']) {
      assert.equal((await send(sandbox.url, 'GET', `/v1/vaults/v1/${name}`)).status, 405, name);
    }
    assert.equal((await send(sandbox.url, 'POST', '/v1/vaults/v1/files', { body: {} })).status, 501);
  });

  test('the record wire knows PUT, GET and DELETE, and ids of records of the same request', async (t) => {
    const sandbox = await sandboxFor(t);
    const batch = (records: object[], extra: object = {}): Promise<Answer> =>
      send(sandbox.url, 'POST', '/v1/vaults/v1', { body: { records, ...extra } });
    const ID = '$responses.0.records.0.skyflow_id';
    const both = await batch([
      { method: 'POST', tableName: 'persons', fields: { ssn: 'v' } },
      { method: 'GET', tableName: 'persons', ID, tokenization: true },
    ]);
    const { responses } = json(both) as { responses: Record<string, unknown>[] };
    assert.deepEqual(Object.keys(responses[0] ?? {}), ['records']);
    const stored = (responses[0]?.['records'] as { skyflow_id: string }[])[0];
    assert.deepEqual(
      Object.keys(stored ?? {}),
      ['skyflow_id'],
      'without tokenization there is no key tokens',
    );
    assert.match((responses[1]?.['fields'] as { ssn: string }).ssn, /^[\da-f-]{36}$/u);
    const changed = await batch(
      [
        { method: 'PUT', tableName: 'persons', ID: stored?.skyflow_id, fields: { ssn: 'w' } },
        { method: 'DELETE', tableName: 'persons', ID: stored?.skyflow_id },
        { method: 'DELETE', tableName: 'persons', ID: stored?.skyflow_id },
      ],
      { continueOnError: true },
    );
    const after = (json(changed) as { responses: { Status: number }[] }).responses;
    assert.deepEqual(
      after.map(({ Status }) => Status),
      [200, 200, 404],
    );
  });

  test('a duplicate is 400 in the words of the vault, an unknown table too, and homogeneous is enforced', async (t) => {
    const sandbox = await sandboxFor(t, { uniqueColumns: ['ssn'], tables: ['persons'] });
    await insert(sandbox, bulk(1));
    const record = { method: 'POST', tableName: 'persons', fields: { ssn: 'value-0' } };
    const again = await send(sandbox.url, 'POST', '/v1/vaults/v1', {
      body: { records: [record], continueOnError: true },
    });
    assert.match(again.text, /"Status":400,"Body":\{"error":"[^"]*unique constraint violation"\}/u);
    const unknown = await send(sandbox.url, 'POST', '/v1/vaults/v1/others', { body: bulk(1) });
    assert.equal(unknown.status, 400);
    assert.deepEqual((json(unknown) as { error: object }).error, {
      grpc_code: 3,
      http_code: 400,
      http_status: 'Bad Request',
      message: 'Insert failed. Table name others is invalid. Specify a valid table name.',
      details: [],
    });
    const mixed = [{ fields: { ssn: 'x' } }, { fields: { ssn: 'y', name: 'n' } }];
    assert.equal((await insert(sandbox, { records: mixed, homogeneous: true })).status, 400);
    assert.equal((await insert(sandbox, { records: mixed })).status, 200);
  });

  test('a client’s own x-request-id comes back, unless the option says no', async (t) => {
    const sandbox = await sandboxFor(t);
    const headers = { 'x-request-id': 'mine-1' };
    const echoed = await send(sandbox.url, 'POST', TABLE, { body: bulk(1), headers });
    assert.equal(echoed.headers['x-request-id'], 'mine-1');
    const own = await sandboxFor(t, { echoRequestId: false });
    const other = await send(own.url, 'POST', TABLE, { body: bulk(1), headers });
    assert.match(String(other.headers['x-request-id']), /^[\da-f-]{36}$/u);
  });
});
