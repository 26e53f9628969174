import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attemptInsert } from '../../child/deliver/attempt-insert.js';
import { PaceGate } from '../../child/pace/pace-gate.js';
import { VaultHealth } from '../../child/vault/vault-health.js';
import { rateKeys, rateSettings, ratesOf, shareOf } from '../../src/rates/rates.js';
import type { InsertAnswer, VaultClient } from '../../src/vault/vault-client.js';
import { load } from '../../supervisor/commands/load/definition.js';
import { VirtualClock } from '../../benchmarks/simulated/virtual-clock.js';

const throttled: InsertAnswer = {
  kind: 'throttled',
  status: 429,
  requestId: undefined,
  message: 'too much',
  applied: 'no',
  retryAfterMs: 0,
};
const uploaded: InsertAnswer = {
  ...{ kind: 'judged', status: 200, requestId: undefined, failures: [], doubtful: [], mismatched: [] },
};

test('a request takes the bytes of its body from max_bytes_per_second, again each time that it is sent, and is built once', async () => {
  const clock = new VirtualClock();
  const gate = new PaceGate(
    { concurrency: 4, baseDelayMs: 0, rates: { max_bytes_per_second: 1_000 } },
    { clock },
  );
  const sentAtMs: number[] = [];
  let built = 0;
  const client: VaultClient = {
    encode: (records) => {
      built += 1;
      const body = Buffer.alloc(3_000);
      return { records, wire: 'bulk', body, plainTokens: true, payloadMs: 7, serializationMs: 2 };
    },
    insert: () => {
      sentAtMs.push(clock.now());
      return Promise.resolve({ answer: sentAtMs.length === 1 ? throttled : uploaded, apiMs: 1 });
    },
    lookup: () => Promise.reject(new Error('nobody asks here')),
    close: () => Promise.resolve(),
  };
  const times: number[] = [];
  const nothing = (): void => undefined;
  const { signal } = new AbortController();
  const send = (): Promise<unknown> =>
    attemptInsert(
      { values: ['v'], tokens: ['t'] },
      {
        client,
        gate,
        health: new VaultHealth('SSN', () => clock.now()),
        observer: {
          requestStarted: nothing,
          requestAnswered: (_, { payloadMs }) => void times.push(payloadMs),
          requestCut: nothing,
          retryDelayed: nothing,
          baseDelayed: nothing,
        },
        maxAttempts: 5,
        repeatable: false,
        stopping: signal,
        aborting: signal,
      },
    );
  const all = (async () => {
    await send();
    await send();
  })();
  await clock.advanceTo(20_000);
  await all;
  assert.equal(sentAtMs.length, 3);
  for (const [at, sentMs] of sentAtMs.entries())
    assert.ok(sentMs >= 3_000 * at - 50, `the ${at + 1}th after ${sentMs} ms`);
  assert.equal(built, 2);
  assert.deepEqual(times, [7, 0, 7], 'what building took is told once for each batch');
});

test('every rate is a setting and a flag of a load, and is shared alike', () => {
  for (const key of rateKeys) {
    assert.ok(
      load.flags.some((flag) => flag.key === `performance.${key}`),
      key,
    );
    assert.equal(rateSettings[key].safeParse(0).success, false, key);
  }
  const rates = ratesOf({ max_bytes_per_second: 9_000, max_records_per_second: 30, batch_size: 300 });
  assert.deepEqual(shareOf(rates, 3), { max_bytes_per_second: 3_000, max_records_per_second: 10 });
});
