import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { waitUntil } from '../support/wait-until.js';
import { bulk, bulkOf, held, insert, inserted, patch, sandboxFor, send, stats } from './sandbox-client.js';

const PAIRS = ['value-0=token-0', 'value-1=token-1', 'value-2=token-2'];

/** An insert has no answer until it is given up. */
async function assertHangs(sandbox: Awaited<ReturnType<typeof sandboxFor>>): Promise<void> {
  const leaving = new AbortController();
  const pending = send(sandbox.url, 'POST', '/v1/vaults/v1/persons', {
    body: bulk(3),
    signal: leaving.signal,
  });
  await waitUntil('it hangs', async () => JSON.stringify(await stats(sandbox)).includes('"hung":1'));
  leaving.abort();
  await assert.rejects(pending, { name: 'AbortError' });
}

describe('faults before the effect store nothing', () => {
  test('resetBefore cuts the connection without an answer', async (t) => {
    const sandbox = await sandboxFor(t, { resetBefore: { next: 1 } });
    await assert.rejects(insert(sandbox, bulk(3)), { code: 'ECONNRESET' });
    assert.deepEqual(await held(sandbox), []);
    assert.equal((await insert(sandbox, bulk(3))).status, 200);
  });

  test('errorBefore answers with its status', async (t) => {
    const sandbox = await sandboxFor(t, { errorBefore: { next: 1, status: 502 } });
    assert.equal((await insert(sandbox, bulk(3))).status, 502);
    assert.deepEqual(await held(sandbox), []);
  });

  test('hangBefore never answers', async (t) => {
    const sandbox = await sandboxFor(t, { hangBefore: { next: 1 } });
    await assertHangs(sandbox);
    assert.deepEqual(await held(sandbox), []);
  });

  test('throttle answers 429 with Retry-After as configured', async (t) => {
    const sandbox = await sandboxFor(t, { throttle: { next: 3 }, retryAfterSeconds: 7 });
    const first = await insert(sandbox, bulk(1));
    assert.deepEqual([first.status, first.headers['retry-after']], [429, '7']);
    await patch(sandbox, { retryAfter: 'date' });
    const beforeMs = Date.now();
    const date = Date.parse((await insert(sandbox, bulk(1))).headers['retry-after'] ?? '');
    // In whole seconds.
    assert.ok(date > beforeMs + 6000 && date <= Date.now() + 8000);
    await patch(sandbox, { retryAfter: 'none' });
    assert.equal((await insert(sandbox, bulk(1))).headers['retry-after'], undefined);
    assert.equal((await insert(sandbox, bulk(1))).status, 200);
  });
});

describe('faults after the effect store everything', () => {
  test('resetAfter cuts the connection without an answer', async (t) => {
    const sandbox = await sandboxFor(t, { resetAfter: { next: 1 } });
    await assert.rejects(insert(sandbox, bulk(3)), { code: 'ECONNRESET' });
    assert.deepEqual(await held(sandbox), PAIRS);
  });

  test('errorAfter answers with its status', async (t) => {
    const sandbox = await sandboxFor(t, { errorAfter: { next: 1, status: 504 } });
    assert.equal((await insert(sandbox, bulk(3))).status, 504);
    assert.deepEqual(await held(sandbox), PAIRS);
  });

  test('hangAfter never answers', async (t) => {
    const sandbox = await sandboxFor(t, { hangAfter: { next: 1 } });
    await assertHangs(sandbox);
    assert.deepEqual(await held(sandbox), PAIRS);
  });

  for (const fault of ['resetMidBody', 'truncated'] as const) {
    test(`${fault} breaks off in the answer after its headers`, async (t) => {
      const sandbox = await sandboxFor(t, { [fault]: { next: 1 } });
      await assert.rejects(insert(sandbox, bulk(3)), { code: 'ECONNRESET' });
      assert.deepEqual(await held(sandbox), PAIRS);
    });
  }

  test('slowBody dribbles the whole answer', async (t) => {
    const sandbox = await sandboxFor(t, { slowBody: { next: 1, chunkBytes: 100, intervalMs: 1 } });
    assert.equal(inserted(await insert(sandbox, bulk(20))).length, 20);
  });

  test('malformed is a 200 that is not JSON', async (t) => {
    const sandbox = await sandboxFor(t, { malformed: { next: 1 } });
    const answer = await insert(sandbox, bulk(3));
    assert.equal(answer.status, 200);
    assert.throws(() => inserted(answer), SyntaxError);
    assert.deepEqual(await held(sandbox), PAIRS);
  });

  test('shortAnswer leaves out records at the end of the answer', async (t) => {
    const sandbox = await sandboxFor(t, { shortAnswer: { next: 1 } });
    const records = inserted(await insert(sandbox, bulk(3)));
    assert.ok(records.length < 3);
    records.forEach((record, at) => assert.deepEqual(record?.tokens, { ssn: `token-${at}` }));
    assert.deepEqual(await held(sandbox), PAIRS);
  });

  test('missingId and nullEntry spoil one entry each', async (t) => {
    const sandbox = await sandboxFor(t, { missingId: { next: 1 } });
    const records = inserted(await insert(sandbox, bulk(3)));
    assert.equal(records.filter((record) => record?.skyflow_id === undefined).length, 1);
    assert.equal(records.filter((record) => record?.tokens?.['ssn']?.startsWith('token-')).length, 3);
    await patch(sandbox, { nullEntry: { next: 1 } });
    const withNull = inserted(await insert(sandbox, bulk(3)));
    assert.equal(withNull.filter((record) => record === null).length, 1);
    assert.equal((await held(sandbox)).length, 6);
  });
});

describe('faults of the effect itself', () => {
  test('wrongToken stores and answers one record under another token', async (t) => {
    const sandbox = await sandboxFor(t, { wrongToken: { next: 1 } });
    const answered = inserted(await insert(sandbox, bulk(3))).map(
      (record, at) => `value-${at}=${record?.tokens?.['ssn'] ?? ''}`,
    );
    assert.deepEqual(await held(sandbox), answered);
    assert.equal(answered.filter((pair) => !PAIRS.includes(pair)).length, 1);
  });

  test('partialInsert stores the first records and answers 500', async (t) => {
    const sandbox = await sandboxFor(t, { partialInsert: { next: 1 } });
    assert.equal((await insert(sandbox, bulk(3))).status, 500);
    const stored = await held(sandbox);
    assert.ok(stored.length >= 1 && stored.length < 3);
    assert.deepEqual(stored, PAIRS.slice(0, stored.length));
  });

  test('lateCommit loses the answer and stores later', async (t) => {
    const sandbox = await sandboxFor(t, { lateCommit: { next: 1, delayMs: 60 } });
    await assert.rejects(insert(sandbox, bulk(3)), { code: 'ECONNRESET' });
    await waitUntil('it is stored', async () => (await stats(sandbox))['pending_commits'] === 0);
    assert.deepEqual(await held(sandbox), PAIRS);
  });

  test('a late commit that is in conflict by then is dropped', async (t) => {
    const sandbox = await sandboxFor(t, { lateCommit: { next: 1, delayMs: 2000 }, uniqueColumns: ['ssn'] });
    await assert.rejects(insert(sandbox, bulkOf([['value-0', 'first']])), { code: 'ECONNRESET' });
    await insert(sandbox, bulkOf([['value-0', 'second']]));
    await waitUntil('it is stored', async () => (await stats(sandbox))['pending_commits'] === 0);
    assert.deepEqual(await held(sandbox), ['value-0=second']);
  });

  test('a client that leaves during the latency does not stop the effect', async (t) => {
    const sandbox = await sandboxFor(t, { latency: { fixedMs: 1500, effectAt: 1 } });
    const leaving = new AbortController();
    const pending = send(sandbox.url, 'POST', '/v1/vaults/v1/persons', {
      body: bulk(3),
      signal: leaving.signal,
    });
    await waitUntil('it is on its way', async () => (await stats(sandbox))['in_flight'] === 1);
    leaving.abort();
    await assert.rejects(pending, { name: 'AbortError' });
    await waitUntil('it is stored', async () => (await held(sandbox)).length === 3);
  });
});

test('errors come as text/plain when textError says so', async (t) => {
  const sandbox = await sandboxFor(t, { textError: { next: 1 }, errorBefore: { next: 2 } });
  const text = await insert(sandbox, bulk(1));
  assert.deepEqual([text.status, text.headers['content-type']], [500, 'text/plain']);
  assert.ok(text.headers['x-request-id']);
  assert.equal((await insert(sandbox, bulk(1))).headers['content-type'], 'application/json');
});

test('faults hit only the routes they are meant for', async (t) => {
  const sandbox = await sandboxFor(t, {
    faultRoutes: ['get'],
    errorBefore: { next: 1 },
    partialInsert: { rate: 1 },
  });
  assert.equal((await insert(sandbox, bulk(3))).status, 200);
  assert.equal((await send(sandbox.url, 'GET', '/v1/vaults/v1/persons')).status, 500);
  assert.equal((await send(sandbox.url, 'GET', '/v1/vaults/v1/persons')).status, 200);
});

test('rates are drawn from the seed: equal seeds fail alike, in about the share that was asked for', async (t) => {
  const run = async (seed: number): Promise<string> => {
    const sandbox = await sandboxFor(t, { seed, errorBefore: { rate: 0.3 } });
    let outcome = '';
    for (let at = 0; at < 60; at += 1) outcome += (await insert(sandbox, bulk(1))).status === 200 ? '.' : 'x';
    return outcome;
  };
  const first = await run(7);
  assert.equal(await run(7), first);
  assert.notEqual(await run(8), first);
  const failed = first.split('x').length - 1;
  assert.ok(failed > 5 && failed < 35, first);
});
