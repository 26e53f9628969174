import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { multiset, readAll, sandboxFor, sourceOptions } from './fixture.js';

const sql = "SELECT 'value ' || i::VARCHAR, 'token ' || i::VARCHAR FROM range(500) t(i)";
const query = { mode: 'custom', sql } as const;

describe('a source whose requests fail', { concurrency: true }, () => {
  for (const [what, requests] of Object.entries({
    'the login, the result and a chunk are answered with 5xx': [
      { route: 'login', answer: 503 },
      { route: 'result', answer: 502 },
      { route: 'chunk', answer: 503 },
    ],
    // Three settings of the session go before it.
    'the answer to the submission is lost': [{ route: 'query', answer: 'reset', when: 'after', times: 4 }],
  } as const)) {
    describe(what, () => {
      const sandbox = sandboxFor({
        seed: { rows: 1 },
        results: { inlineRows: 10, chunkRows: 300 },
        faults: { requests: [...requests] },
      });

      it('gets every pair, and its query runs once', async () => {
        const { pairs } = await readAll(sourceOptions(sandbox(), { query }));
        assert.equal(new Set(multiset(pairs)).size, 500);
        assert.equal(sandbox().stats().executions[sql], 1);
        const happened = Object.values(sandbox().stats().faults).reduce((sum, count) => sum + count, 0);
        assert.equal(happened, requests.length === 3 ? 3 : 4);
      });
    });
  }
});
