import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { backOffMs, retry, type Again, type RetryPolicy } from '../../src/back-off/retry.js';

/** Tries what comes to these one after another; strings that begin with ! are thrown. */
async function tried(
  outcomes: readonly string[],
  again: (outcome: string) => Again | undefined,
  changes: Partial<RetryPolicy<string>> = {},
) {
  const waits: [delayMs: number, failures: number][] = [];
  let number = 0;
  const end = await retry(
    (attempt) => {
      number += 1;
      assert.equal(attempt, number);
      const outcome = outcomes[attempt - 1] ?? 'too many attempts';
      return outcome.startsWith('!') ? Promise.reject(new Error(outcome)) : Promise.resolve(outcome);
    },
    {
      ...{ attempts: 4, firstDelayMs: 100, maxDelayMs: 300 },
      answered: again,
      failed: (error) => again((error as Error).message),
      wait: (...wait) => {
        waits.push(wait);
        return Promise.resolve();
      },
      ...changes,
    },
  ).catch((error: unknown) => `rejected: ${(error as Error).message}`);
  return { end, attempts: number, waits };
}

const unless =
  (final: string, more: Again = {}) =>
  (outcome: string): Again | undefined =>
    outcome === final ? undefined : more;

describe('what is tried again', () => {
  test('ends with the first answer that is final, after waits that double up to a longest one', async () => {
    assert.deepEqual(await tried(['yes'], unless('yes')), { end: 'yes', attempts: 1, waits: [] });
    assert.deepEqual(await tried(['no', '!lost', 'no', 'yes'], unless('yes')), {
      end: 'yes',
      attempts: 4,
      waits: [
        [100, 1],
        [200, 2],
        [300, 3],
      ],
    });
  });

  test('ends with the last answer, or failure, when attempts are used up', async () => {
    assert.equal((await tried(['no', 'no', 'no', 'last'], unless('yes'))).end, 'last');
    assert.equal((await tried(['no', 'no', 'no', '!gone'], unless('yes'))).end, 'rejected: !gone');
    assert.deepEqual(await tried(['no'], unless('yes'), { attempts: 1 }), {
      end: 'no',
      attempts: 1,
      waits: [],
    });
    assert.equal((await tried(['no', '!wrong'], unless('!wrong'))).end, 'rejected: !wrong');
  });

  test('is never sent before the other side said, and any time up to the wait where that is wanted', async () => {
    const { waits } = await tried(['no', 'yes'], unless('yes', { retryAfterMs: 5_000 }));
    assert.deepEqual(waits, [[5_000, 1]]);
    const early = await tried(['no', 'yes'], unless('yes'), { random: () => 0.25 });
    assert.deepEqual(early.waits, [[25, 1]]);
    assert.equal(backOffMs({ firstDelayMs: 500, maxDelayMs: 30_000 }, 7), 30_000);
  });

  test('may use up no attempt, and count from anew once something was achieved', async () => {
    const free = await tried(
      ['no', 'wait', 'wait', 'wait', 'no', 'last'],
      (outcome) => ({ isFree: outcome === 'wait' }),
      {
        attempts: 3,
      },
    );
    assert.deepEqual([free.end, free.attempts], ['last', 6]);
    const afterLast = await tried(
      ['no', 'no', 'wait', 'yes'],
      (outcome) => (outcome === 'yes' ? undefined : { isFree: outcome === 'wait' }),
      {
        attempts: 3,
      },
    );
    assert.equal(afterLast.end, 'yes', 'a wait after the last attempt but one costs nothing');
    const afresh = await tried(
      ['no', 'no', 'moved', 'no', 'no', 'last'],
      (outcome) => ({ isAfresh: outcome === 'moved' }),
      {
        attempts: 3,
      },
    );
    assert.deepEqual([afresh.end, afresh.waits.map(([, failures]) => failures)], ['no', [1, 2, 1, 2]]);
  });

  test('ends with what a wait, or the judging of an answer, throws', async () => {
    const stopped = await tried(['no', 'yes'], unless('yes'), {
      wait: () => Promise.reject(new Error('stopping')),
    });
    assert.deepEqual([stopped.end, stopped.attempts], ['rejected: stopping', 1]);
    const outage = await tried(['no', 'out'], (outcome) => {
      if (outcome === 'out') throw new Error('outage');
      return {};
    });
    assert.equal(outage.end, 'rejected: outage');
  });
});
