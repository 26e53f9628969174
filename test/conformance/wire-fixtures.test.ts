import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startVaultSandbox } from '../../src/sandbox/vault-sandbox.js';
import { createBulkWire } from '../../src/vault/v1/bulk-wire.js';
import { createRecordEncoder } from '../../src/vault/encode-records.js';
import { createRecordWire } from '../../src/vault/v1/record-wire.js';
import { v1Routes } from '../../src/vault/v1/v1-routes.js';
import type { Wire } from '../../src/vault/wire.js';
import {
  bulkInsert,
  bulkUpsert,
  conversation,
  detokenize,
  recordInsert,
  sent,
  target,
  type WireFixture,
} from './wire-fixtures.js';

const ID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

test('the sandbox answers the API’s requests text for text, each with a request id', async (t) => {
  const sandbox = await startVaultSandbox({ uniqueColumns: ['ssn'] });
  try {
    for (const { what, request, response } of conversation) {
      await t.test(what, async () => {
        const { method, path, body = null } = request;
        const headers = { authorization: 'Bearer any', 'content-type': 'application/json' };
        const answer = await fetch(sandbox.url + path, { method, headers, body });
        assert.equal((await answer.text()).replace(ID, 'ID'), response.body);
        assert.equal(answer.status, response.status);
        assert.equal(answer.headers.get('content-type'), 'application/json');
        assert.match(answer.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
      });
    }
  } finally {
    await sandbox.close();
  }
});

test('the client’s requests are those of the fixtures, byte for byte', () => {
  const options = { ...target, basePath: '', byot: 'ENABLE', upsert: false } as const;
  const says = (wire: Wire, { request }: WireFixture): void => {
    assert.deepEqual(
      [wire.path, createRecordEncoder(wire)(sent).body.toString()],
      [request.path, request.body],
    );
  };
  says(createBulkWire(options), bulkInsert);
  says(createBulkWire({ ...options, upsert: true }), bulkUpsert);
  says(createRecordWire(options), recordInsert);
  const { body } = v1Routes(options).lookup(['tok_2', 'tok_9'], 'value');
  assert.equal(JSON.stringify(body), detokenize.request.body);
});

test('the client reads the answers of the fixtures', () => {
  const options = { ...target, basePath: '', byot: 'ENABLE', upsert: false } as const;
  const judging = { records: sent, plainTokens: true, status: 200 };
  assert.deepEqual(createBulkWire(options).judge(bulkInsert.response.body, judging), {
    failures: [],
    doubtful: [],
    mismatched: [],
  });
  assert.deepEqual(createRecordWire(options).judge(recordInsert.response.body, judging), {
    failures: [0, 1].map((index) => ({
      index,
      reason: 'rejected',
      message: 'Insert failed. Column ssn: unique constraint violation',
      status: 400,
    })),
    doubtful: [],
    mismatched: [],
  });
});
