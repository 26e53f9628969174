import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Credential } from '../../src/vault/credential.js';
import {
  acceptAll,
  BEARER,
  clientFor,
  httpVault,
  insertAt,
  quiet,
  RECORDS,
  REQUEST_ID,
  type SeenRequest,
} from './scripted-vault.js';

test('a vault that takes all records makes an answer without failures, with times', async () => {
  const seen: SeenRequest[] = [];
  await using vault = await httpVault((request, response) => {
    seen.push(request);
    acceptAll(request, response);
  });
  const client = await clientFor(vault.url);
  for (const wire of ['bulk', undefined] as const) {
    const { answer, timing } = await client.insert(RECORDS, {
      signal: quiet(),
      ...(wire === undefined ? {} : { wire }),
    });
    assert.deepEqual(answer, {
      kind: 'judged',
      status: 200,
      requestId: undefined,
      failures: [],
      doubtful: [],
    });
    assert.ok(timing.apiMs > 0 && timing.payloadMs >= 0 && timing.serializationMs >= 0);
  }
  await client.close();
  const [first] = seen;
  assert.ok(first !== undefined);
  assert.equal(first.path, '/v1/vaults/v1/people');
  assert.equal(first.headers.authorization, `Bearer ${BEARER}`);
  assert.equal(first.headers['content-type'], 'application/json');
});

test('the record wire goes to its own path and is judged record by record', async () => {
  await using vault = await httpVault(({ path }, response) => {
    assert.equal(path, '/v1/vaults/v1');
    const first = {
      Status: 200,
      Body: { records: [{ skyflow_id: 'x', tokens: { name: RECORDS.tokens[0] } }] },
    };
    const second = { Status: 400, Body: { error: `value ${RECORDS.values[1] ?? ''} is odd` } };
    response.end(JSON.stringify({ vaultID: 'v1', responses: [first, second] }));
  });
  const client = await clientFor(vault.url);
  const { answer } = await client.insert(RECORDS, { signal: quiet(), wire: 'record' });
  await client.close();
  assert.ok(answer.kind === 'judged');
  assert.deepEqual(answer.doubtful, []);
  const [failure, ...others] = answer.failures;
  assert.deepEqual([others, failure?.index, failure?.reason, failure?.status], [[], 1, 'rejected', 400]);
  assert.doesNotMatch(JSON.stringify(answer), /Grace|odd/);
  assert.equal(failure?.said?.forErrorLog(), `value ${RECORDS.values[1] ?? ''} is odd`);
});

test('a refusal says what it means to everybody, and the words of the vault to the error log alone, without the bearer token', async () => {
  await using vault = await httpVault((request, response) => {
    const message = `bad ${RECORDS.values[1] ?? ''} / ${RECORDS.tokens[0] ?? ''} / ${request.headers.authorization ?? ''}`;
    response
      .writeHead(400, { 'x-request-id': REQUEST_ID })
      .end(JSON.stringify({ error: { grpc_code: 3, http_code: 400, message } }));
  });
  const answer = await insertAt(vault.url);
  assert.ok(answer.kind === 'refused');
  const [value = '', token = ''] = [RECORDS.values[1], RECORDS.tokens[0]];
  const words = `bad ${value} / ${token} / Bearer [redacted]`;
  const { said, ...shown } = answer;
  const message = `a message that is not among those known (${words.length} characters, which may quote a record) (gRPC 3)`;
  assert.deepEqual(shown, { kind: 'refused', status: 400, requestId: REQUEST_ID, message });
  assert.equal(said?.forErrorLog(), words);
  assert.doesNotMatch(JSON.stringify(answer), /bad|tok_|Grace/);
});

test('each kind of refusal reaches the caller as its own kind', async () => {
  const cases: [status: number, body: string, kind: string][] = [
    [409, 'duplicate', 'refused'],
    [413, '', 'too_large'],
    [400, '{"error":{"message":"too many records"}}', 'too_large'],
    [403, 'no', 'denied'],
    [404, 'no', 'denied'],
    [401, 'no', 'unauthorized'],
    [307, '', 'denied'],
  ];
  for (const [status, body, kind] of cases) {
    await using vault = await httpVault((_, response) => response.writeHead(status).end(body));
    assert.equal((await insertAt(vault.url)).kind, kind, String(status));
  }
});

test('429 and 503 are throttled with the pause asked for; 408 had no effect; 500 may have had one', async () => {
  let status = 429;
  await using vault = await httpVault((_, response) =>
    response.writeHead(status, { 'retry-after': '3' }).end('slower'),
  );
  for (status of [429, 503, 529]) {
    const expected = {
      kind: 'throttled',
      status,
      requestId: undefined,
      message: 'a message that is not among those known (6 characters, which may quote a record)',
      retryAfterMs: 3000,
    };
    const answer = await insertAt(vault.url);
    assert.deepEqual({ ...answer, said: undefined }, { ...expected, said: undefined });
  }
  for (status of [408, 425, 500, 502, 504]) {
    const answer = await insertAt(vault.url);
    assert.ok(answer.kind === 'unavailable');
    assert.equal(answer.applied, status < 500 ? 'no' : 'unknown');
    assert.equal(answer.status, status);
    assert.equal(answer.retryAfterMs, 3000);
  }
});

test('a 2xx that cannot be read leaves the effect unknown and quotes nothing', async () => {
  await using vault = await httpVault((_, response) => response.end(`oops ${RECORDS.tokens[0] ?? ''}`));
  const answer = await insertAt(vault.url);
  assert.ok(answer.kind === 'unavailable');
  assert.equal(answer.applied, 'unknown');
  assert.equal(answer.status, 200);
  assert.equal(answer.message, 'the answer cannot be read (17 bytes)');
});

test('under 32 concurrent requests a 401 is renewed once and every request goes through', async () => {
  let token = 'old-token';
  const renewals: string[] = [];
  let renewal: Promise<boolean> | undefined;
  const credential: Credential = {
    current: () => Promise.resolve(token),
    renew: (rejected) => {
      if (rejected !== token) return Promise.resolve(true);
      renewal ??= new Promise((resolve) => {
        setImmediate(() => {
          renewals.push(rejected);
          token = 'new-token';
          resolve(true);
        });
      });
      return renewal;
    },
  };
  let refused = 0;
  await using vault = await httpVault((request, response) => {
    if (request.headers.authorization === 'Bearer new-token') {
      acceptAll(request, response);
      return;
    }
    refused += 1;
    response.writeHead(401).end('{"error":{"message":"expired"}}');
  });
  const client = await clientFor(vault.url, { connections: 32, credential });
  const answers = await Promise.all(
    Array.from({ length: 32 }, () => client.insert(RECORDS, { signal: quiet() })),
  );
  await client.close();
  assert.ok(answers.every(({ answer }) => answer.kind === 'judged'));
  assert.ok(refused >= 1 && refused <= 32);
  assert.deepEqual(renewals, ['old-token']);
});

test('a 401 that stays is asked about once more at most', async () => {
  let requests = 0;
  await using vault = await httpVault((_, response) => {
    requests += 1;
    response.writeHead(401, { 'x-request-id': REQUEST_ID }).end('{"error":{"message":"invalid token"}}');
  });
  const credential: Credential = {
    current: () => Promise.resolve(`token-${requests}`),
    renew: () => Promise.resolve(true),
  };
  const client = await clientFor(vault.url, { credential });
  const { answer } = await client.insert(RECORDS, { signal: quiet() });
  await client.close();
  assert.ok(answer.kind === 'unauthorized');
  assert.deepEqual([answer.requestId, answer.message], [REQUEST_ID, 'the bearer token is not valid']);
  assert.equal(requests, 2);
});

test('a request without records is a defect of the caller', async () => {
  const client = await clientFor('http://127.0.0.1:9');
  await assert.rejects(client.insert({ values: [], tokens: [] }, { signal: quiet() }), RangeError);
  await client.close();
});

test('the client leaves nothing behind that keeps a process alive', async () => {
  await using vault = await httpVault(acceptAll);
  const client = await clientFor(vault.url);
  await client.insert(RECORDS, { signal: quiet() });
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const { answer } = await client.insert(RECORDS, { signal: quiet() });
  assert.equal(answer.kind, 'judged');
  assert.equal(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length, before);
  await client.close();
});
