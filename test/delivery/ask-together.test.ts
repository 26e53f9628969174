import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LookupAnswer } from '../../src/vault/vault-client.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';
import { AskTogether } from '../../child/doubt/ask-together.js';
import { RecentRows } from '../../child/doubt/recent-rows.js';

const recordsOf = (tokens: readonly string[]): RecordColumns => ({
  values: tokens.map((token) => `value of ${token}`),
  tokens,
});

/** A vault that holds a value under every second token, and refuses more than `most` of them at once. */
function vault(most = Infinity) {
  const asked: number[] = [];
  const ask = ({ tokens, values }: RecordColumns): Promise<LookupAnswer> => {
    asked.push(tokens.length);
    if (tokens.length > most) {
      const status = 400;
      return Promise.resolve({
        kind: 'unanswered',
        message: 'too many',
        status,
        retryable: false,
        retryAfterMs: undefined,
      });
    }
    const held = tokens.map((token, at) => (Number(token.slice(1)) % 2 === 0 ? values[at] : undefined));
    return Promise.resolve({ kind: 'found', held, showsValues: true });
  };
  return { ask, asked };
}

test('questions about fragments go in full requests, and each gets its own answer', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 60 }),
      fc.constantFrom(Infinity, 37, 8),
      async (sizes, most) => {
        const { ask, asked } = vault(most);
        const together = new AskTogether({ ask, limit: () => 100 });
        let next = 0;
        const fragments = sizes.map((size) => Array.from({ length: size }, () => `t${next++}`));
        const answers = await Promise.all(fragments.map((tokens) => together.ask(recordsOf(tokens))));
        for (const [at, tokens] of fragments.entries()) {
          const expected = tokens.map((token) =>
            Number(token.slice(1)) % 2 === 0 ? `value of ${token}` : undefined,
          );
          assert.deepEqual(answers[at], { kind: 'found', held: expected, showsValues: true });
        }
        assert.ok(asked.every((count) => count <= 100));
        if (most === Infinity)
          assert.ok(asked.length <= Math.ceil(next / 70) + 1, `${asked.length} requests`);
      },
    ),
    { numRuns: 60 },
  );
});

test('a question that fails fails for all who asked', async () => {
  const together = new AskTogether({ ask: () => Promise.reject(new Error('out')), limit: () => 100 });
  const asked = await Promise.allSettled([together.ask(recordsOf(['t1'])), together.ask(recordsOf(['t2']))]);
  assert.deepEqual(
    asked.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
});

test('each row waits for itself: what was sent long enough ago is due at once', () => {
  const recent = new RecentRows(30_000);
  for (let second = 0; second < 100; second += 1) {
    recent.add([{ start: second * 10, end: second * 10 + 5 }], second * 1000);
  }
  const { rows, dueMs, waitMs } = recent.take(100_000);
  assert.equal(rows.has(60 * 10), false, 'sent 40 seconds ago');
  for (const second of [71, 80, 99]) assert.equal(rows.has(second * 10), true, `sent at ${second} s`);
  assert.deepEqual([dueMs, waitMs], [129_000, 29_000]);
  assert.equal(recent.take(100_000).rows.size, 0);
});
