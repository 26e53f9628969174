import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { mergePatch } from '../../src/sandbox/merge-options.js';
import { startSnowflakeSandbox } from '../../src/sandbox/snowflake/snowflake-sandbox.js';
import { sandboxFor, send } from './sandbox-client.js';

/** Whether what is named has these values. */
const holds = (faults: object, named: object): boolean =>
  isDeepStrictEqual(mergePatch(faults, named), faults);

test('both sandboxes are steered in one way: who is let in, what there is, and how faults are changed', async (t) => {
  const account = await startSnowflakeSandbox({ seed: { rows: 10 } });
  t.after(() => account.close());
  const { controlUrl: ofVault } = await sandboxFor(t, { throttle: { next: 2 }, latency: { fixedMs: 3 } });
  const sandboxes = [
    [ofVault, { throttle: { next: 1 } }, { latency: { fixedMs: 3 } }],
    [account.controlUrl, { chunkLatencyMs: 7 }, { slowQueryMs: 0 }],
  ] as const;
  for (const [url, change, kept] of sandboxes) {
    const { origin, pathname: token } = new URL(url);
    const status = async (method: string, path: string, options: Parameters<typeof send>[3] = {}) =>
      (await send(origin, method, path, options)).status;
    const faults = async (method: string, body?: unknown): Promise<object> =>
      JSON.parse((await send(url, method, '/sandbox/faults', { body })).text) as object;
    assert.equal(await status('GET', '/sandbox/stats'), 401);
    for (const headers of [{ host: 'evil.test' }, { origin: 'https://evil.test' }])
      assert.equal(await status('GET', `${token}/sandbox/stats`, { headers }), 403);
    assert.equal(await status('GET', `${token}/sandbox/stats`), 200);
    assert.equal(await status('GET', `${token}/sandbox/nothing`), 404);
    for (const method of ['PATCH', 'POST'])
      for (const body of ['[]', '{', '{"nothing":1}'])
        assert.equal(await status(method, `${token}/sandbox/faults`, { body }), 400, `${method} ${body}`);
    const initially = await faults('GET');
    assert.ok(holds(await faults('PATCH', change), { ...kept, ...change }));
    assert.ok(holds(await faults('GET'), change));
    // What is not named is as if nothing had been said of it.
    const replaced = await faults('POST', kept);
    assert.ok(holds(replaced, kept) && !holds(replaced, change));
    assert.deepEqual(Object.keys(replaced).toSorted(), Object.keys(initially).toSorted());
  }
});
