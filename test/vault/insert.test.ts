import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StaticCredential, type Credential } from '../../src/vault/credential/credential.js';
import {
  acceptAll,
  BEARER,
  clientFor,
  envelope,
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
    const request = client.encode(RECORDS, wire);
    const { answer, apiMs } = await client.insert(request, { signal: quiet() });
    assert.deepEqual(answer, {
      kind: 'judged',
      status: 200,
      requestId: undefined,
      failures: [],
      doubtful: [],
      mismatched: [],
    });
    assert.ok(apiMs > 0 && request.payloadMs >= 0 && request.serializationMs >= 0);
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
  const { answer } = await client.insert(client.encode(RECORDS, 'record'), { signal: quiet() });
  await client.close();
  assert.ok(answer.kind === 'judged');
  assert.deepEqual([answer.doubtful, answer.mismatched], [[], []]);
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
  assert.deepEqual(shown, { kind: 'refused', applied: 'no', status: 400, requestId: REQUEST_ID, message });
  assert.equal(said?.forErrorLog(), words);
  assert.doesNotMatch(JSON.stringify(answer), /bad|tok_|Grace/);
});

test('a credential that is an ordinary word hides nothing of what an answer means, and does not stand in the error log', async () => {
  const answers = [
    [404, envelope(404, 'Detokenize failed. All tokens are invalid. Specify valid tokens.', 5)],
    [400, envelope(400, 'a token is already in use')],
    [
      200,
      JSON.stringify({
        records: RECORDS.tokens.map((token, at) =>
          at === 0
            ? { skyflow_id: 'x', tokens: { name: token } }
            : { error: 'token insertion error for token' },
        ),
      }),
    ],
  ] as const;
  await using vault = await httpVault((_, response, number) => {
    const [status, body] = answers[number] ?? [500, ''];
    response.writeHead(status).end(body);
  });
  const client = await clientFor(vault.url, { credential: new StaticCredential('token') });
  const insert = async () => (await client.insert(client.encode(RECORDS), { signal: quiet() })).answer;
  const found = await client.lookup(RECORDS.tokens, { signal: quiet() });
  assert.deepEqual(found, { kind: 'found', held: [undefined, undefined], showsValues: true });
  const refused = await insert();
  assert.ok(refused.kind === 'refused');
  assert.equal(refused.message, 'a token is already in use (gRPC 3)');
  assert.equal(refused.said?.forErrorLog(), 'a [redacted] is already in use');
  const judged = await insert();
  await client.close();
  assert.ok(judged.kind === 'judged');
  const [failure] = judged.failures;
  assert.equal(failure?.message, 'a token is already in use');
  assert.equal(failure.said?.forErrorLog(), '[redacted] insertion error for [redacted]');
});

test('each kind of refusal reaches the caller as its own kind, and says whether it had no effect', async () => {
  const html = '<html><title>Sign in</title></html>';
  const cases: [status: number, body: string, kind: string, applied: string][] = [
    [409, envelope(409, 'duplicate'), 'refused', 'no'],
    [409, 'duplicate', 'refused', 'unknown'],
    [413, '', 'too_large', 'no'],
    [400, envelope(400, 'too many records'), 'too_large', 'no'],
    [400, '{"error":{"message":"too many records"}}', 'too_large', 'unknown'],
    [400, html, 'refused', 'unknown'],
    [400, envelope(400, 'transport is closing', 14), 'unavailable', 'unknown'],
    [400, envelope(409, 'other status'), 'refused', 'unknown'],
    [403, envelope(403, 'no'), 'denied', 'no'],
    [403, html, 'denied', 'unknown'],
    [404, envelope(404, 'no', 5), 'denied', 'no'],
    [401, envelope(401, 'no', 16), 'unauthorized', 'no'],
    [401, 'no', 'unauthorized', 'unknown'],
    [307, '', 'denied', 'unknown'],
    [429, 'slower', 'throttled', 'no'],
    [503, envelope(503, 'busy', 14), 'throttled', 'unknown'],
    [529, 'busy', 'throttled', 'unknown'],
    [408, envelope(408, 'stream timeout', 4), 'unavailable', 'unknown'],
    [425, '', 'unavailable', 'unknown'],
    [499, '', 'unavailable', 'unknown'],
    [500, envelope(500, 'internal', 13), 'unavailable', 'unknown'],
    [502, html, 'unavailable', 'unknown'],
  ];
  for (const [status, body, kind, applied] of cases) {
    await using vault = await httpVault((_, response) =>
      response.writeHead(status, { 'retry-after': '3' }).end(body),
    );
    const answer = await insertAt(vault.url);
    assert.equal(answer.kind, kind, `${status} ${body}`);
    assert.ok(answer.kind !== 'judged');
    assert.equal(answer.applied, applied, `${status} ${body}`);
    if (answer.kind === 'throttled' || answer.kind === 'unavailable') assert.equal(answer.retryAfterMs, 3000);
  }
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
    response.writeHead(401).end(envelope(401, 'expired', 16));
  });
  const client = await clientFor(vault.url, { connections: 32, credential });
  const answers = await Promise.all(
    Array.from({ length: 32 }, () => client.insert(client.encode(RECORDS), { signal: quiet() })),
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
    response.writeHead(401, { 'x-request-id': REQUEST_ID }).end(envelope(401, 'invalid token', 16));
  });
  const credential: Credential = {
    current: () => Promise.resolve(`token-${requests}`),
    renew: () => Promise.resolve(true),
  };
  const client = await clientFor(vault.url, { credential });
  const { answer } = await client.insert(client.encode(RECORDS), { signal: quiet() });
  await client.close();
  assert.ok(answer.kind === 'unauthorized');
  assert.deepEqual(
    [answer.requestId, answer.message],
    [REQUEST_ID, 'the bearer token is not valid (gRPC 16)'],
  );
  assert.equal(requests, 2);
});

test('a request without records is a defect of the caller', async () => {
  const client = await clientFor('http://127.0.0.1:9');
  assert.throws(() => client.encode({ values: [], tokens: [] }), RangeError);
  await client.close();
});

test('the client leaves nothing behind that keeps a process alive', async () => {
  await using vault = await httpVault(acceptAll);
  const client = await clientFor(vault.url);
  await client.insert(client.encode(RECORDS), { signal: quiet() });
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const { answer } = await client.insert(client.encode(RECORDS), { signal: quiet() });
  assert.equal(answer.kind, 'judged');
  assert.equal(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length, before);
  await client.close();
});

test('a refusal with a gRPC code of a failure inside is one whose effect is unknown; codes of the way are no service', async () => {
  const kinds: Record<number, string> = {};
  let grpcCode = 0;
  await using vault = await httpVault((_request, response) => {
    response.writeHead(400).end(envelope(400, 'Invalid field value', grpcCode));
  });
  const client = await clientFor(vault.url);
  for (grpcCode of [1, 2, 4, 10, 13, 14, 15]) {
    const { answer } = await client.insert(client.encode(RECORDS, 'bulk'), { signal: quiet() });
    assert.ok(answer.kind !== 'judged' && answer.applied === 'unknown', String(grpcCode));
    kinds[grpcCode] = answer.kind;
  }
  await client.close();
  const [inside, onTheWay] = ['refused', 'unavailable'];
  const expected = { 2: inside, 13: inside, 15: inside };
  assert.deepEqual(kinds, { 1: onTheWay, 4: onTheWay, 10: onTheWay, 14: onTheWay, ...expected });
});
