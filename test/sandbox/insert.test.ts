import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bulk, bulkOf, held, insert, inserted, messageOf, sandboxFor, send } from './sandbox-client.js';

const PAIRS = [
  ['Ana "Q"', 'tok\\1'],
  ['Zoë\n', 'tök-2'],
] as const;

describe('the bulk wire', () => {
  test('answers in request order with an id and the token that was sent, and stores the pairs', async (t) => {
    const sandbox = await sandboxFor(t);
    const answer = await insert(sandbox, bulkOf(PAIRS));
    assert.equal(answer.status, 200);
    assert.match(String(answer.headers['x-request-id']), /^[\da-f-]{36}$/u);
    assert.deepEqual(
      inserted(answer).map((record) => record?.tokens),
      [{ ssn: 'tok\\1' }, { ssn: 'tök-2' }],
    );
    const ids = inserted(answer).map((record) => record?.skyflow_id);
    assert.equal(new Set(ids).size, 2);
    for (const id of ids)
      assert.match(String(id), /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/u);
    assert.deepEqual(await held(sandbox), ['Ana "Q"=tok\\1', 'Zoë\n=tök-2']);
  });

  test('stores the same pair twice when it is sent twice, so that doubled inserts are seen', async (t) => {
    const sandbox = await sandboxFor(t);
    await insert(sandbox, bulk(2));
    await insert(sandbox, bulk(1));
    assert.deepEqual(await held(sandbox), ['value-0=token-0', 'value-1=token-1', 'value-0=token-0']);
    const { text } = await send(sandbox.controlUrl, 'GET', '/sandbox/duplicates');
    assert.deepEqual(JSON.parse(text), { duplicates: 1 });
  });

  test('answers without tokens when tokenization is not asked for', async (t) => {
    const sandbox = await sandboxFor(t);
    const answer = await insert(sandbox, bulk(1, { tokenization: false }));
    assert.equal(inserted(answer)[0]?.tokens, null);
  });

  test('makes tokens where none are sent', async (t) => {
    const sandbox = await sandboxFor(t);
    const answer = await insert(sandbox, { records: [{ fields: { ssn: 'a', age: 7 } }], tokenization: true });
    const tokens = inserted(answer)[0]?.tokens ?? {};
    assert.deepEqual(Object.keys(tokens), ['ssn', 'age']);
    assert.deepEqual(await held(sandbox), [`a=${tokens['ssn'] ?? ''}`, `7=${tokens['age'] ?? ''}`]);
  });

  const strange: readonly [string, unknown][] = [
    ['no JSON', '{"records":'],
    ['no records', {}],
    ['empty records', { records: [] }],
    ['a record without fields', { records: [{}] }],
    ['a record with empty fields', { records: [{ fields: {} }] }],
    ['a token that is no text', { records: [{ fields: { a: 'b' }, tokens: { a: 7 } }], byot: 'ENABLE' }],
    ['a token without a field', { records: [{ fields: { a: 'b' }, tokens: { c: 'd' } }], byot: 'ENABLE' }],
    ['an unknown byot', { records: [{ fields: { a: 'b' } }], byot: 'MAYBE' }],
    ['one bad record among good ones', { records: [{ fields: { a: 'b' } }, null] }],
  ];
  for (const [what, body] of strange) {
    test(`refuses ${what} with the error envelope and stores nothing`, async (t) => {
      const sandbox = await sandboxFor(t);
      const answer = await insert(sandbox, body);
      const { error } = JSON.parse(answer.text) as { error: Record<string, unknown> };
      assert.equal(answer.status, 400);
      assert.deepEqual(
        [error['http_code'], error['http_status'], error['details']],
        [400, 'Bad Request', []],
      );
      assert.ok(answer.headers['x-request-id']);
      assert.deepEqual(await held(sandbox), []);
    });
  }
});

describe('byot', () => {
  test('DISABLE refuses tokens, and is what a request without byot means', async (t) => {
    const sandbox = await sandboxFor(t);
    assert.equal((await insert(sandbox, bulk(1, { byot: 'DISABLE' }))).status, 400);
    assert.equal((await insert(sandbox, bulk(1, { byot: undefined }))).status, 400);
  });

  test('ENABLE_STRICT demands a token for every field', async (t) => {
    const sandbox = await sandboxFor(t);
    const half = { fields: { ssn: 'a', name: 'b' }, tokens: { ssn: 't' } };
    const answer = await insert(sandbox, { records: [half], byot: 'ENABLE_STRICT' });
    assert.equal(answer.status, 400);
    assert.equal((await insert(sandbox, bulk(1, { byot: 'ENABLE_STRICT' }))).status, 200);
  });
});

describe('unique columns and upsert', () => {
  test('a second equal value is refused, in the table and within one request', async (t) => {
    const sandbox = await sandboxFor(t, { uniqueColumns: ['persons.ssn'] });
    assert.equal((await insert(sandbox, bulk(2))).status, 200);
    assert.equal((await insert(sandbox, bulk(1))).status, 400);
    const twins = bulkOf([
      ['new', 't1'],
      ['new', 't2'],
    ]);
    assert.equal((await insert(sandbox, twins)).status, 400);
    const other = await sandboxFor(t, { uniqueColumns: ['*'], duplicateStatus: 409 });
    assert.equal((await insert(other, twins)).status, 409);
    assert.equal((await held(sandbox)).length, 2);
  });

  test('a unique value of 2,501 characters is refused', async (t) => {
    const sandbox = await sandboxFor(t, { uniqueColumns: ['ssn'] });
    assert.equal((await insert(sandbox, bulkOf([['x'.repeat(2501), 't']]))).status, 400);
    assert.equal((await insert(sandbox, bulkOf([['x'.repeat(2500), 't']]))).status, 200);
  });

  for (const [upsertToken, kept] of [
    ['replace', 'new'],
    ['keep', 'old'],
  ] as const) {
    test(`an upsert of a known value keeps its id and has the ${kept} token with ${upsertToken}`, async (t) => {
      const sandbox = await sandboxFor(t, { uniqueColumns: ['ssn'], upsertToken });
      const first = inserted(await insert(sandbox, bulkOf([['a', 'old']])))[0];
      const answer = await insert(
        sandbox,
        bulkOf(
          [
            ['a', 'new'],
            ['b', 'other'],
          ],
          { upsert: 'ssn' },
        ),
      );
      assert.deepEqual(inserted(answer)[0], { skyflow_id: first?.skyflow_id, tokens: { ssn: kept } });
      assert.deepEqual(await held(sandbox), [`a=${kept}`, 'b=other']);
    });
  }

  test('an upsert on a column that is not unique is refused, and one together with homogeneous', async (t) => {
    const sandbox = await sandboxFor(t, { uniqueColumns: ['name'] });
    assert.equal((await insert(sandbox, bulk(1, { upsert: 'ssn' }))).status, 400);
    assert.equal((await insert(sandbox, bulk(1, { upsert: 'name', homogeneous: true }))).status, 400);
  });

  test('a token of another value is refused when the option says so, and stored otherwise', async (t) => {
    const strict = await sandboxFor(t, { tokenConflict: 409 });
    await insert(strict, bulkOf([['a', 'same']]));
    assert.equal((await insert(strict, bulkOf([['a', 'same']]))).status, 200);
    assert.equal((await insert(strict, bulkOf([['b', 'same']]))).status, 409);
    const lenient = await sandboxFor(t);
    await insert(lenient, bulkOf([['a', 'same']]));
    assert.equal((await insert(lenient, bulkOf([['b', 'same']]))).status, 200);
  });
});

describe('refusals for content', () => {
  test('a poison value refuses the whole bulk request, with words that quote it only if asked', async (t) => {
    const sandbox = await sandboxFor(t, { poison: ['BAD'], poisonPattern: '^666', poisonStatus: 422 });
    const answer = await insert(sandbox, bulkOf([...PAIRS, ['x-BAD-x', 't']]));
    assert.equal(answer.status, 422);
    assert.doesNotMatch(messageOf(answer), /BAD/u);
    assert.equal((await insert(sandbox, bulkOf([['666-1', 't']]))).status, 422);
    assert.equal((await insert(sandbox, bulkOf([['1-666', 't']]))).status, 200);
    const quoting = await sandboxFor(t, { poison: ['BAD'], poisonQuotesValue: true });
    assert.match(messageOf(await insert(quoting, bulkOf([['x-BAD', 'tok']]))), /x-BAD.*tok/u);
  });

  test('too many records or bytes are refused with the status that is configured', async (t) => {
    const sandbox = await sandboxFor(t, { maxBatchRecords: 2, maxBatchBytes: 5000 });
    assert.equal((await insert(sandbox, bulk(2))).status, 200);
    assert.equal((await insert(sandbox, bulk(3))).status, 413);
    assert.equal((await insert(sandbox, bulkOf([['x'.repeat(5000), 't']]))).status, 413);
    const polite = await sandboxFor(t, { maxBatchRecords: 2, tooLargeStatus: 400 });
    assert.match(messageOf(await insert(polite, bulk(3))), /size/u);
  });

  test('refuseAll refuses everything alike', async (t) => {
    const sandbox = await sandboxFor(t, { refuseAll: true });
    const answers = [await insert(sandbox, bulk(1)), await insert(sandbox, bulk(2))];
    assert.deepEqual(new Set(answers.map(messageOf)).size, 1);
    assert.ok(answers.every(({ status }) => status === 400));
  });

  test('unknown vaults are 404 and unknown tables 400 when the known ones are listed', async (t) => {
    const sandbox = await sandboxFor(t, { vaults: ['v1'], tables: ['persons'] });
    const status = async (path: string): Promise<number> =>
      (await send(sandbox.url, 'POST', path, { body: bulk(1) })).status;
    assert.equal(await status('/v1/vaults/v1/persons'), 200);
    assert.equal(await status('/v1/vaults/v1/others'), 400);
    assert.equal(await status('/v1/vaults/v2/persons'), 404);
    assert.equal(await status('/v3/records/insert'), 404);
  });

  test('4xx carry error-from-client when asked for', async (t) => {
    const sandbox = await sandboxFor(t, { errorFromClient: true });
    assert.equal((await insert(sandbox, {})).headers['error-from-client'], 'true');
  });
});

describe('the record wire', () => {
  const record = (value: string, token: string, extra = {}): object => ({
    method: 'POST',
    tableName: 'persons',
    fields: { ssn: value },
    tokens: { ssn: token },
    tokenization: true,
    ...extra,
  });
  interface Entry {
    readonly Status: number | string;
    readonly Body: { readonly records?: readonly { tokens: object }[]; readonly error?: string };
  }
  const responses = (text: string): Entry[] => (JSON.parse(text) as { responses: Entry[] }).responses;

  test('with continueOnError each record stands alone', async (t) => {
    const sandbox = await sandboxFor(t, { poison: ['BAD'], poisonStatus: 409 });
    const records = [record('a', 't1'), record('BAD', 't2'), record('c', 't3')];
    const body = { records, continueOnError: true, byot: 'ENABLE' };
    const { status, text } = await send(sandbox.url, 'POST', '/v1/vaults/v1', { body });
    assert.equal(status, 200);
    assert.equal((JSON.parse(text) as { vaultID: string }).vaultID, 'v1');
    assert.deepEqual(
      responses(text).map((entry) => entry.Status),
      [200, 409, 200],
    );
    assert.deepEqual(responses(text)[0]?.Body.records?.[0]?.tokens, { ssn: 't1' });
    assert.equal(typeof responses(text)[1]?.Body.error, 'string');
    assert.deepEqual(await held(sandbox), ['a=t1', 'c=t3']);
  });

  test('without continueOnError one bad record refuses all', async (t) => {
    const sandbox = await sandboxFor(t, { poison: ['BAD'] });
    const body = { records: [record('a', 't1'), record('BAD', 't2')], byot: 'ENABLE' };
    assert.equal((await send(sandbox.url, 'POST', '/v1/vaults/v1', { body })).status, 400);
    assert.deepEqual(await held(sandbox), []);
  });

  test('a duplicate within one request is refused alone, and upsert works per record', async (t) => {
    const sandbox = await sandboxFor(t, { uniqueColumns: ['ssn'] });
    const records = [record('a', 't1'), record('a', 't2')];
    const body = { records, continueOnError: true, byot: 'ENABLE' };
    const { text } = await send(sandbox.url, 'POST', '/v1/vaults/v1', { body });
    assert.deepEqual(
      responses(text).map((entry) => entry.Status),
      [200, 400],
    );
    const again = { ...body, records: [record('a', 't3', { upsert: 'ssn' })] };
    await send(sandbox.url, 'POST', '/v1/vaults/v1', { body: again });
    assert.deepEqual(await held(sandbox), ['a=t3']);
  });

  test('Status is a string when asked for', async (t) => {
    const sandbox = await sandboxFor(t, { statusAsString: true });
    const body = { records: [record('a', 't1')], continueOnError: true, byot: 'ENABLE' };
    const { text } = await send(sandbox.url, 'POST', '/v1/vaults/v1', { body });
    assert.equal(responses(text)[0]?.Status, '200');
  });
});
