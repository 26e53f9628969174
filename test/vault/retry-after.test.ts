import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseReset, parseRetryAfter } from '../../src/vault/retry-after.js';
import { clientFor, envelope, httpVault, quiet, RECORDS } from './scripted-vault.js';

test('X-RateLimit-Reset names a moment in seconds since 1970; anything else says nothing', () => {
  const nowMs = 1_800_000_000_000;
  assert.equal(parseReset('1800000002', nowMs), 2000);
  assert.equal(parseReset(' 1800000000.5 ', nowMs), 500);
  assert.equal(parseReset('1900000000', nowMs), 5 * 60_000);
  for (const header of ['1799999999', '30', '', 'soon', undefined, '18000000000000']) {
    assert.equal(parseReset(header, nowMs), undefined, header);
  }
  assert.equal(parseRetryAfter('3', nowMs), 3000);
});

test('a 429 with X-RateLimit-Reset alone pauses until then, and Retry-After goes before it', async () => {
  const resetSeconds = Math.floor(Date.now() / 1000) + 250;
  await using vault = await httpVault((_request, response, number) => {
    response.statusCode = 429;
    response.setHeader('x-ratelimit-reset', String(resetSeconds));
    if (number === 1) response.setHeader('retry-after', '7');
    response.end(envelope(429, 'Too many requests', 8));
  });
  const client = await clientFor(vault.url);
  const pause = async (): Promise<number> => {
    const { answer } = await client.insert(client.encode(RECORDS), { signal: quiet() });
    assert.equal(answer.kind, 'throttled');
    return ('retryAfterMs' in answer ? answer.retryAfterMs : undefined) ?? 0;
  };
  try {
    assert.ok((await pause()) > 60_000);
    assert.equal(await pause(), 7000);
  } finally {
    await client.close();
  }
});
