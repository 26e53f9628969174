import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { VaultSandboxOptions } from '../../src/sandbox/options.js';
import type { VaultSandbox } from '../../src/sandbox/vault-sandbox.js';
import { held, insert, bulk, sandboxFor, send, type Answer } from './sandbox-client.js';

type Entry = Readonly<Record<string, unknown>>;

const flowSandbox = (t: Parameters<typeof sandboxFor>[0], flow: VaultSandboxOptions['flow'] = {}) =>
  sandboxFor(t, { uniqueColumns: ['ssn'], poison: ['BAD'], flow });

const post = (sandbox: VaultSandbox, path: string, body: object): Promise<Answer> =>
  send(sandbox.url, 'POST', `/v2/${path}`, { body: { vaultID: 'v1', ...body } });

const entries = (answer: Answer, key = 'records'): Entry[] =>
  (JSON.parse(answer.text) as Record<string, Entry[]>)[key] ?? [];

const records = (...pairs: (readonly [value: string, tokens?: unknown])[]): object => ({
  tableName: 'persons',
  records: pairs.map(([ssn, tokens]) => ({
    data: { ssn },
    ...(tokens === undefined ? {} : { tokens: { ssn: tokens } }),
  })),
});

describe('Flow routes', () => {
  test('insert, get, update, delete and query work on the store of /v1', async (t) => {
    const sandbox = await flowSandbox(t);
    const taken = entries(await post(sandbox, 'records/insert', records(['a', 'tok_a'], ['b', 'tok_b'])));
    assert.deepEqual(
      { ...taken[0], skyflowID: 'ID' },
      {
        skyflowID: 'ID',
        tokens: { ssn: [{ token: 'tok_a', tokenGroupName: 'deterministic_string' }] },
        data: { ssn: 'a' },
        tableName: 'persons',
        httpCode: 200,
        error: null,
      },
    );
    assert.deepEqual(await held(sandbox), ['a=tok_a', 'b=tok_b']);
    await insert(sandbox, bulk(1));
    const count = await post(sandbox, 'query', { query: 'SELECT COUNT(*) FROM persons' });
    assert.deepEqual(entries(count), [{ data: { count: 3 } }]);
    const found = entries(
      await post(sandbox, 'records/get', {
        tableName: 'persons',
        uniqueValues: [{ data: { ssn: 'b' } }, { data: { ssn: 'x' } }],
      }),
    );
    assert.deepEqual(
      found.map(({ httpCode, skyflowID }) => [httpCode, skyflowID]),
      [
        [200, taken[1]?.['skyflowID']],
        [404, undefined],
      ],
    );
    const id = taken[0]?.['skyflowID'];
    await post(sandbox, 'records/update', {
      tableName: 'persons',
      records: [{ skyflowID: id, data: { ssn: 'aa' }, tokens: { ssn: 'tok_aa' } }],
    });
    const deleted = await post(sandbox, 'records/delete', {
      tableName: 'persons',
      skyflowIDs: [id, 'nobody'],
    });
    assert.deepEqual(
      entries(deleted).map(({ httpCode }) => httpCode),
      [200, 404],
    );
    assert.deepEqual(await held(sandbox), ['b=tok_b', 'value-0=token-0']);
    assert.equal((await post(sandbox, 'records/insert', { records: [] })).status, 400);
  });

  test('each record is judged alone, whatever the status of the whole, and upsert finds its record', async (t) => {
    for (const partialStatus of [200, 207, 400] as const) {
      const sandbox = await flowSandbox(t, { partialStatus });
      const some = await post(
        sandbox,
        'records/insert',
        records(['a', 'tok_a'], ['BAD', 'tok_b'], ['a', 'tok_c']),
      );
      assert.equal(some.status, partialStatus);
      assert.deepEqual(
        entries(some).map(({ httpCode }) => httpCode),
        [200, 400, 400],
      );
      const upsert = { updateType: 'UPDATE', uniqueColumns: ['ssn'] };
      const again = await post(sandbox, 'records/insert', { ...records(['a', 'tok_new']), upsert });
      assert.equal(entries(again)[0]?.['skyflowID'], entries(some)[0]?.['skyflowID']);
      assert.deepEqual(await held(sandbox), ['a=tok_new']);
    }
  });

  test('an upsert with UPDATE keeps the columns that it does not name, one with REPLACE clears them', async (t) => {
    for (const [updateType, kept] of [
      ['UPDATE', true],
      ['REPLACE', false],
    ] as const) {
      const tableName = 'persons';
      const sandbox = await flowSandbox(t);
      await post(sandbox, 'records/insert', { tableName, records: [{ data: { ssn: 'a', name: 'n' } }] });
      const upsert = { updateType, uniqueColumns: ['ssn'] };
      await post(sandbox, 'records/insert', {
        tableName,
        records: [{ data: { ssn: 'a', city: 'c' } }],
        upsert,
      });
      const got = await post(sandbox, 'records/get', { tableName, uniqueValues: [{ data: { ssn: 'a' } }] });
      const data = entries(got)[0]?.['data'] as Record<string, unknown>;
      assert.deepEqual([data['ssn'] !== undefined, data['city'] !== undefined], [true, true], updateType);
      assert.equal(data['name'] !== undefined && data['name'] !== null, kept, updateType);
    }
    const sandbox = await flowSandbox(t);
    const upsert = { updateType: 'OTHER', uniqueColumns: ['ssn'] };
    const refused = await post(sandbox, 'records/insert', { ...records(['a', 'tok_a']), upsert });
    assert.equal(entries(refused)[0]?.['httpCode'], 400);
  });

  test('tokens that are brought along are taken in the form that the option names, ignored or refused', async (t) => {
    const list = [{ token: 'tok', tokenGroupName: 'g2' }];
    const tokenGroups = ['g1', 'g2'];
    const both = await flowSandbox(t, { tokenGroups });
    const [entry] = entries(await post(both, 'records/insert', records(['a', list])));
    assert.deepEqual(entry?.['tokens'], {
      ssn: [
        { token: 'g1:tok', tokenGroupName: 'g1' },
        { token: 'tok', tokenGroupName: 'g2' },
      ],
    });
    const tokens = entries(await post(both, 'tokens/detokenize', { tokens: ['g1:tok', 'tok'] }), 'response');
    assert.deepEqual(
      tokens.map(({ value, tokenGroupName }) => [value, tokenGroupName]),
      [
        ['a', 'g1'],
        ['a', 'g2'],
      ],
    );
    const outcome = async (
      form: NonNullable<VaultSandboxOptions['flow']>['tokens'],
      cell: unknown,
    ): Promise<unknown> => {
      const sandbox = await flowSandbox(t, { tokens: form, tokenGroups });
      const [one] = entries(await post(sandbox, 'records/insert', records(['a', cell])));
      return one?.['error'] === null ? JSON.stringify(one['tokens']).includes('"tok"') : one?.['httpCode'];
    };
    assert.deepEqual([await outcome('value', 'tok'), await outcome('value', list)], [true, 400]);
    assert.deepEqual([await outcome('list', 'tok'), await outcome('list', list)], [400, true]);
    assert.deepEqual([await outcome('ignore', 'tok'), await outcome('refuse', 'tok')], [false, 400]);
  });

  test('tokenize takes a token, or makes its own, and tokens are deleted again', async (t) => {
    const sandbox = await flowSandbox(t);
    const data = [{ value: 'v', tokenGroupNames: ['deterministic_string'], token: 'own' }];
    const [one] = entries(await post(sandbox, 'tokens/tokenize', { data }), 'response');
    assert.deepEqual(one?.['tokens'], [
      { token: 'own', tokenGroupName: 'deterministic_string', error: null, httpCode: 200 },
    ]);
    assert.match((await post(sandbox, 'tokens/detokenize', { tokens: ['own'] })).text, /"value":"v"/u);
    await post(sandbox, 'tokens/delete', { tokens: ['own'] });
    assert.match((await post(sandbox, 'tokens/detokenize', { tokens: ['own'] })).text, /"httpCode":404/u);
    const other = await flowSandbox(t, { tokenize: 'ignore' });
    assert.doesNotMatch((await post(other, 'tokens/tokenize', { data })).text, /"own"/u);
  });

  test('what is uncertain goes either way: forms of errors, names of codes, records that are missing', async (t) => {
    for (const [errorForm, pattern] of [
      ['envelope', /^\{"error":\{"grpc_code":3,/u],
      ['bare', /^\{"code":3,"message":/u],
      ['text', /^\{"error":"Invalid request/u],
    ] as const) {
      const sandbox = await flowSandbox(t, { errorForm });
      assert.match((await post(sandbox, 'records/insert', {})).text, pattern);
    }
    const codes = await flowSandbox(t, { codeKey: 'http_code' });
    assert.match((await post(codes, 'records/insert', records(['BAD']))).text, /"http_code":400/u);
    const unknown = { tableName: 'persons', skyflowIDs: ['nobody'] };
    for (const [missing, status, count] of [
      ['entry', 200, 1],
      ['absent', 200, 0],
      ['refuse', 404, 0],
    ] as const) {
      const sandbox = await flowSandbox(t, { missing });
      const answer = await post(sandbox, 'records/get', unknown);
      assert.deepEqual([answer.status, answer.status === 200 ? entries(answer).length : 0], [status, count]);
    }
  });

  test('faults hit them as they hit the routes of /v1', async (t) => {
    const sandbox = await sandboxFor(t, { missingId: { next: 1 }, resetAfter: { next: 1 } });
    await assert.rejects(post(sandbox, 'records/insert', records(['lost', 'tok'])));
    assert.deepEqual(await held(sandbox), ['lost=tok']);
    const broken = await sandboxFor(t, { missingId: { next: 1 } });
    assert.doesNotMatch((await post(broken, 'records/insert', records(['a', 't']))).text, /skyflowID/u);
  });
});
