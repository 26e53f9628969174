import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deletePages, type DeletePagesOptions } from '../../child/clear/delete-pages.js';
import { patiently } from '../../child/clear/patiently.js';
import { classifyStatus } from '../../src/vault/http-statuses.js';
import type { StoreAnswer, StoredRecords } from '../../src/vault/stored-records.js';

const neverStops = new AbortController().signal;

function refusal(status: number | undefined, retryAfterMs?: number): StoreAnswer<never> {
  const verdict = status === undefined ? 'unavailable' : classifyStatus(status, '').kind;
  return { kind: 'refused', status, message: `HTTP ${status}`, verdict, retryAfterMs };
}

/** Time that passes at once, and is noted. */
function fakeClock() {
  const sleeps: number[] = [];
  const sleep = (delayMs: number): Promise<void> => {
    sleeps.push(delayMs);
    return Promise.resolve();
  };
  return { sleeps, sleep };
}

function table(count: number) {
  const held = new Set(Array.from({ length: count }, (_, at) => `id-${at}`));
  const log: string[] = [];
  const records: Pick<StoredRecords, 'page' | 'remove'> = {
    page: (offset) => {
      log.push('page');
      return Promise.resolve({ kind: 'done', value: [...held].slice(offset, offset + 25) });
    },
    remove: (ids) => {
      assert.ok(ids !== 'all');
      log.push(`remove ${ids.length}`);
      if (ids.some((id) => !held.has(id))) return Promise.resolve(refusal(404));
      for (const id of ids) held.delete(id);
      return Promise.resolve({ kind: 'done', value: undefined });
    },
  };
  return { held, log, records };
}

function options(over: Partial<DeletePagesOptions> & Pick<DeletePagesOptions, 'records'>) {
  let deleted = 0;
  const made: DeletePagesOptions = {
    fetchWorkers: 3,
    deleteWorkers: 2,
    deleteBatchSize: 10,
    maxRecords: Infinity,
    stopping: neverStops,
    aborting: neverStops,
    onDeleted: (count) => (deleted += count),
    onRetry: () => undefined,
    clock: fakeClock(),
    ...over,
  };
  return { made, deleted: () => deleted };
}

test('a request is tried five times more, after 2 s doubled up to 60 s, and never before Retry-After', async () => {
  const clock = fakeClock();
  let asked = 0;
  const answer = await patiently(
    () => {
      asked += 1;
      return Promise.resolve(refusal(asked === 2 ? 429 : 503, asked === 2 ? 9_000 : undefined));
    },
    { signal: neverStops, clock },
  );
  assert.deepEqual(clock.sleeps, [2_000, 9_000, 8_000, 16_000, 32_000]);
  assert.deepEqual([asked, answer.kind], [6, 'refused']);
  const patient = fakeClock();
  await patiently(() => Promise.resolve(refusal(undefined, 90_000)), { signal: neverStops, clock: patient });
  assert.equal(Math.max(...patient.sleeps), 90_000);
  const final = fakeClock();
  await patiently(() => Promise.resolve(refusal(403)), { signal: neverStops, clock: final });
  assert.deepEqual(final.sleeps, []);
});

test('pages are read while nothing is deleted, and every record of them is deleted, in rounds until none is left', async () => {
  const { held, log, records } = table(180);
  const { made, deleted } = options({ records });
  await deletePages(made);
  assert.deepEqual([held.size, deleted()], [0, 180]);
  const round = [...Array<string>(3).fill('page'), ...Array<string>(7).fill('remove 10'), 'remove 5'];
  assert.deepEqual(log.slice(0, 22), [...round, ...round]);
});

test('no more than max-records are deleted, to the record', async () => {
  const { held, records } = table(400);
  const { made, deleted } = options({ records, maxRecords: 133 });
  await deletePages(made);
  assert.deepEqual([held.size, deleted()], [267, 133]);
});

test('a record that is gone already, or a batch that is too large, divides the batch; a refusal ends it', async () => {
  const stored = table(50);
  const { held } = stored;
  let isFirst = true;
  const { made } = options({
    records: {
      page: stored.records.page,
      remove: (ids, asked) => {
        if (isFirst) held.delete('id-3');
        isFirst = false;
        if (ids.length > 5) return Promise.resolve(refusal(413));
        return stored.records.remove(ids, asked);
      },
    },
  });
  await deletePages(made);
  assert.equal(held.size, 0);
  const denied = options({
    records: { page: table(5).records.page, remove: () => Promise.resolve(refusal(403)) },
  });
  await assert.rejects(deletePages(denied.made), { code: 'forbidden', message: /may not delete records/ });
});

test('a vault that goes on showing deleted records is waited for, and then said to be out of order', async () => {
  const clock = fakeClock();
  const { made } = options({
    clock,
    records: {
      page: (offset) => Promise.resolve({ kind: 'done', value: offset === 0 ? ['id-1'] : [] }),
      remove: () => Promise.resolve({ kind: 'done', value: undefined }),
    },
  });
  await assert.rejects(deletePages(made), /goes on showing records that it has deleted/);
  assert.deepEqual(clock.sleeps, Array(5).fill(2_000));
});

test('asked to stop, it begins nothing new', async () => {
  const stop = new AbortController();
  const stored = table(500);
  const { made, deleted } = options({
    stopping: stop.signal,
    records: {
      page: stored.records.page,
      remove: (ids, asked) => {
        stop.abort(new Error('stopped'));
        return stored.records.remove(ids, asked);
      },
    },
  });
  await assert.rejects(deletePages(made), /stopped/);
  assert.ok(deleted() <= 20, `${deleted()} deleted`);
});
