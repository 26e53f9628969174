import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StaticCredential } from '../../src/vault/credential/credential.js';
import type { LookupAnswer } from '../../src/vault/vault-client.js';
import { clientFor, httpVault, quiet, type SeenRequest } from './scripted-vault.js';

const TOKENS = ['tok_a', 'tok_b', 'tok_a'];

async function lookupAnswered(
  status: number,
  answer: unknown,
  seen: SeenRequest[] = [],
): Promise<LookupAnswer> {
  await using vault = await httpVault((request, response) => {
    seen.push(request);
    response.writeHead(status).end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  const client = await clientFor(vault.url, { lookupCredential: new StaticCredential('reading-token') });
  try {
    return await client.lookup(TOKENS, { signal: quiet() });
  } finally {
    await client.close();
  }
}

const has = (token: string, value: string) => ({ token, valueType: 'STRING', value, error: null });
const lacks = (token: string, error: string) => ({ token, valueType: 'NONE', value: '', error });

test('the vault is asked by token in one request, with the credential for reading and no value in the URL', async () => {
  const seen: SeenRequest[] = [];
  await lookupAnswered(200, { records: [] }, seen);
  assert.equal(seen.length, 1);
  const [request] = seen;
  assert.ok(request !== undefined);
  assert.equal(request.path, '/v1/vaults/v1/detokenize');
  assert.equal(request.headers.authorization, 'Bearer reading-token');
  assert.deepEqual(JSON.parse(request.body), {
    detokenizationParameters: TOKENS.map((token) => ({ token, redaction: 'PLAIN_TEXT' })),
    continueOnError: true,
  });
});

test('values come in the order asked, whatever the order of the answer', async () => {
  const records = [has('tok_b', 'Bea'), has('tok_a', 'Ann')];
  assert.deepEqual(await lookupAnswered(200, { records }), {
    kind: 'found',
    held: ['Ann', 'Bea', 'Ann'],
    showsValues: true,
  });
});

test('a token that the vault does not know is held by nobody, in part or as a whole', async () => {
  const records = [has('tok_a', 'Ann'), lacks('tok_b', '404: Token not found for tok_b')];
  assert.deepEqual(await lookupAnswered(207, { records }), {
    kind: 'found',
    held: ['Ann', undefined, 'Ann'],
    showsValues: true,
  });
  const none = { kind: 'found', held: [undefined, undefined, undefined], showsValues: true };
  const message = 'Detokenize failed. All tokens are invalid. Specify valid tokens.';
  assert.deepEqual(await lookupAnswered(404, { error: { http_code: 404, message } }), none);
  const all = ['tok_a', 'tok_b'].map((token) => lacks(token, 'Token Not Found'));
  assert.deepEqual(await lookupAnswered(404, { records: all }), none);
});

test('only the vault itself is believed that it knows none of the tokens', async () => {
  for (const answer of [
    'Tokens not found',
    '<html>Token not found</html>',
    { message: 'Tokens not found' },
  ]) {
    const found = await lookupAnswered(404, answer);
    assert.ok(found.kind === 'unanswered', JSON.stringify(answer));
  }
  const page = await lookupAnswered(200, '<html>Sign in</html>');
  assert.ok(page.kind === 'unanswered');
  assert.match(page.message, /^HTTP 200 no content type, a web page/);
});

test('asked for existence alone, a token is held whatever is shown of its value', async () => {
  const seen: SeenRequest[] = [];
  await using vault = await httpVault((request, response) => {
    seen.push(request);
    const records = [
      has('tok_a', '*REDACTED*'),
      { token: 'tok_b', value: null },
      lacks('tok_c', 'Token not found'),
    ];
    response.writeHead(207).end(JSON.stringify({ records }));
  });
  const client = await clientFor(vault.url, { lookup: 'existence' });
  const found = await client.lookup(['tok_a', 'tok_b', 'tok_c'], { signal: quiet() });
  await client.close();
  assert.match(seen[0]?.body ?? '', /"redaction":"REDACTED"/);
  assert.deepEqual(found, { kind: 'found', held: ['*REDACTED*', '', undefined], showsValues: false });
});

test('anything less than a word on every token is no answer', async () => {
  const partial: unknown[] = [
    { records: [has('tok_a', 'Ann')] },
    { records: [has('tok_a', 'Ann'), lacks('tok_b', 'internal error, unknown cause')] },
    { records: [has('tok_a', 'Ann'), has('tok_b', '')] },
    { records: [has('tok_a', 'Ann'), { token: 'tok_b', value: null }] },
    { records: [has('tok_a', 'Ann'), null] },
    { records: 'none' },
    'not JSON',
  ];
  for (const answer of partial) {
    const found = await lookupAnswered(200, answer);
    assert.ok(found.kind === 'unanswered' && found.retryable && found.status === 200, JSON.stringify(answer));
  }
});

test('an unknown vault is never taken for unknown tokens', async () => {
  for (const message of ['Vault not found', 'Vault of this token not found', 'page not found', '']) {
    const found = await lookupAnswered(404, { error: { http_code: 404, message } });
    assert.ok(found.kind === 'unanswered' && !found.retryable && found.status === 404, message);
  }
});

test('a refusal says whether asking again may help, without a token in its message', async () => {
  const cases: [status: number, retryable: boolean][] = [
    [400, false],
    [401, false],
    [403, false],
    [429, true],
    [500, true],
    [503, true],
  ];
  for (const [status, retryable] of cases) {
    const found = await lookupAnswered(status, { error: { http_code: status, message: 'not for tok_b' } });
    const message = 'a message that is not among those known (13 characters, which may quote a record)';
    assert.deepEqual(found, { kind: 'unanswered', message, status, retryable, retryAfterMs: undefined });
  }
});

test('a refusal is believed of the vault alone: of whoever stands in front it is asked again', async () => {
  const foreign: unknown[] = [
    { error: { message: 'Vault not found' } },
    { error: { http_code: 402, message: 'Vault not found' } },
    { message: 'Forbidden' },
    '<html>Forbidden</html>',
  ];
  for (const status of [307, 400, 401, 403, 404, 409, 422]) {
    for (const answer of foreign) {
      const found = await lookupAnswered(status, answer);
      assert.ok(
        found.kind === 'unanswered' && found.retryable && found.status === status,
        JSON.stringify(answer),
      );
    }
  }
});

test('a vault that does not answer may be asked again', async () => {
  await using vault = await httpVault((_, response) => response.destroy());
  const client = await clientFor(vault.url);
  const found = await client.lookup(TOKENS, { signal: quiet() });
  await client.close();
  assert.ok(found.kind === 'unanswered' && found.retryable && found.status === undefined);
});
