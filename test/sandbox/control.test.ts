import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mergeAssignments, mergePatch } from '../../src/sandbox/merge-options.js';
import { digestPairs } from '../../src/sandbox/multiset-digest.js';
import { parseSandboxOptions, SandboxOptionsError, vaultSandboxOptions } from '../../src/sandbox/options.js';
import { bulk, bulkOf, held, insert, patch, sandboxFor, send, stats } from './sandbox-client.js';

describe('the control API', () => {
  test('digest and count are those of the pairs, for each way of storing', async (t) => {
    const pairs = [
      ['a', 'b'],
      ['a', 'b'],
      ['ü', 'd'],
    ] as const;
    for (const store of ['records', 'digest'] as const) {
      const sandbox = await sandboxFor(t, { store });
      await insert(sandbox, bulkOf(pairs));
      for (const query of ['', '?vault=v1&table=persons']) {
        const { text } = await send(sandbox.controlUrl, 'GET', `/sandbox/digest${query}`);
        assert.deepEqual(JSON.parse(text), digestPairs(pairs));
      }
      const elsewhere = await send(sandbox.controlUrl, 'GET', '/sandbox/digest?vault=v2');
      assert.deepEqual(JSON.parse(elsewhere.text), digestPairs([]));
    }
    const emptied = await sandboxFor(t, { store: 'digest' });
    await insert(emptied, bulkOf(pairs));
    await send(emptied.url, 'DELETE', '/v1/vaults/v1/persons', { body: { skyflow_ids: ['*'] } });
    const { text: none } = await send(emptied.controlUrl, 'GET', '/sandbox/digest');
    assert.deepEqual(JSON.parse(none), digestPairs([]));
    const counting = await sandboxFor(t, { store: 'counts' });
    await insert(counting, bulkOf(pairs));
    const { text } = await send(counting.controlUrl, 'GET', '/sandbox/count?vault=v1&table=persons');
    assert.deepEqual(JSON.parse(text), { count: 3 });
  });

  test('lists every record as a line, filtered by vault and table', async (t) => {
    const sandbox = await sandboxFor(t);
    await insert(sandbox, bulk(2500));
    await send(sandbox.url, 'POST', '/v1/vaults/v2/others', { body: bulk(1) });
    const lines = async (query: string): Promise<Record<string, unknown>[]> =>
      (await send(sandbox.controlUrl, 'GET', `/sandbox/records${query}`)).text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal((await lines('')).length, 2501);
    assert.equal((await lines('?vault=v1&table=persons')).length, 2500);
    const [line] = await lines('?vault=v2&table=others');
    assert.deepEqual(
      { ...line, skyflow_id: '' },
      { value: 'value-0', token: 'token-0', column: 'ssn', skyflow_id: '' },
    );
  });

  test('counts requests by route and status, records and their times', async (t) => {
    const sandbox = await sandboxFor(t, { throttle: { next: 1 } });
    await insert(sandbox, bulk(3));
    await insert(sandbox, bulk(3));
    await insert(sandbox, {});
    await send(sandbox.url, 'GET', '/v1/vaults/v1/persons');
    await send(sandbox.url, 'GET', '/nowhere');
    const counted = await stats(sandbox);
    assert.deepEqual(counted['requests_by_route'], {
      insert: { 200: 1, 400: 1, 429: 1 },
      get: { 200: 1 },
      unknown: { 404: 1 },
    });
    assert.deepEqual([counted['requests'], counted['throttled'], counted['records_stored']], [5, 1, 3]);
    assert.equal(typeof counted['first_insert_at_ms'], 'number');
  });

  test('a patch merges, leaves counters that run where they are, and refuses what it does not know', async (t) => {
    const sandbox = await sandboxFor(t, { errorBefore: { next: 2 } });
    await insert(sandbox, bulk(1));
    const answer = await patch(sandbox, { latency: { fixedMs: 1 } });
    const now = JSON.parse(answer.text) as { errorBefore: { next: number }; latency: { fixedMs: number } };
    assert.deepEqual([now.errorBefore.next, now.latency.fixedMs], [1, 1]);
    for (const wrong of [{ latencyy: 1 }, { latency: { fixedMs: -1 } }, { port: 1 }, [], '{']) {
      assert.equal((await patch(sandbox, wrong)).status, 400, JSON.stringify(wrong));
    }
    assert.equal((await insert(sandbox, bulk(1))).status, 500);
    assert.equal((await insert(sandbox, bulk(1))).status, 200);
  });

  test('reset empties the vault and goes back to the options and the seed of the start', async (t) => {
    const sandbox = await sandboxFor(t, { errorBefore: { next: 1 } });
    await insert(sandbox, bulk(1));
    await insert(sandbox, bulk(1));
    await patch(sandbox, { refuseAll: true });
    assert.equal((await send(sandbox.controlUrl, 'POST', '/sandbox/reset')).status, 200);
    assert.deepEqual(await held(sandbox), []);
    assert.equal((await stats(sandbox))['records_stored'], 0);
    assert.deepEqual(
      [(await insert(sandbox, bulk(1))).status, (await insert(sandbox, bulk(1))).status],
      [500, 200],
    );
  });

  test('is served on the vault port too, and has no other routes', async (t) => {
    const sandbox = await sandboxFor(t);
    const { pathname: token } = new URL(sandbox.controlUrl);
    assert.equal((await send(sandbox.url, 'GET', `${token}/sandbox/stats`)).status, 200);
    assert.equal((await send(sandbox.controlUrl, 'GET', '/sandbox/nothing')).status, 404);
  });

  test('wants its token, and serves neither pages of others nor names of others', async (t) => {
    const sandbox = await sandboxFor(t);
    await insert(sandbox, bulk(2));
    const { origin, pathname: token } = new URL(sandbox.controlUrl);
    for (const url of [origin, sandbox.url]) {
      assert.equal((await send(url, 'GET', '/sandbox/records')).status, 401);
      // On the vault's port another path is no route at all.
      const { status: wrong } = await send(url, 'POST', `/${'0'.repeat(32)}/sandbox/reset`);
      assert.equal(wrong, url === origin ? 401 : 404);
      for (const headers of [{ host: 'evil.test' }, { origin: 'https://evil.test' }, { origin: 'null' }]) {
        const { status, text } = await send(url, 'POST', `${token}/sandbox/reset`, { headers });
        assert.deepEqual([status, text.includes('token')], [403, false], JSON.stringify(headers));
      }
    }
    const own = { host: 'localhost', origin: 'http://localhost:3000' };
    assert.equal((await send(origin, 'GET', `${token}/sandbox/count`, { headers: own })).status, 200);
    assert.equal((await held(sandbox)).length, 2);
    const other = await sandboxFor(t);
    assert.notEqual(new URL(other.controlUrl).pathname, token);
  });
});

describe('options', () => {
  test('every one has a description', () => {
    const { shape } = vaultSandboxOptions;
    const silent = Object.entries(shape).filter(([, schema]) => (schema.description ?? '') === '');
    assert.deepEqual(silent, []);
  });

  test('assignments set nested keys, as JSON where it is JSON', () => {
    const merged = mergeAssignments({ latency: { fixedMs: 1, jitterMs: 2 } }, [
      'latency.fixedMs=20',
      'vaults=["a"]',
      'host=127.0.0.1',
      'poisonPattern=a=b',
    ]);
    assert.deepEqual(merged, {
      latency: { fixedMs: 20, jitterMs: 2 },
      vaults: ['a'],
      host: '127.0.0.1',
      poisonPattern: 'a=b',
    });
    assert.throws(() => mergeAssignments({}, ['tls']), SandboxOptionsError);
  });

  test('a merge patch removes with null and replaces what is no object', () => {
    assert.deepEqual(mergePatch({ a: { b: 1, c: 2 }, d: [1] }, { a: { b: null }, d: [2], e: { f: null } }), {
      a: { c: 2 },
      d: [2],
      e: {},
    });
  });

  test('all mistakes are told at once, each with its key', () => {
    assert.throws(
      () => parseSandboxOptions({ port: -1, resetAfter: { rate: 2 }, poisonPattern: '(', nonsense: 1 }),
      (error) => {
        assert.ok(error instanceof SandboxOptionsError);
        for (const key of ['port', 'resetAfter.rate', 'poisonPattern', 'nonsense']) {
          assert.ok(
            error.problems.some((problem) => problem.includes(key)),
            key,
          );
        }
        return true;
      },
    );
  });
});
