import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Part } from '../../child/deliver/part.js';
import type { Settlement } from '../../src/journal/ledger-contract.js';
import type { Batch, SkippedRow } from '../../src/record/batch.js';

const failure = { reason: 'rejected', message: 'no', status: 400, requestId: undefined } as const;

/** A batch from `start`: `true` is a record, `false` a skipped row. */
function batchOf(start: number, rows: readonly boolean[]): Batch {
  const positions = rows.flatMap((isRecord, at) => (isRecord ? [start + at] : []));
  const skipped: SkippedRow[] = rows.flatMap((isRecord, at) =>
    isRecord ? [] : [{ position: start + at, reason: 'empty_value' }],
  );
  return {
    start,
    end: start + rows.length,
    values: positions.map((position) => `v${position}`),
    tokens: positions.map((position) => `t${position}`),
    skipped,
  };
}

const batches = fc
  .tuple(fc.nat(1_000), fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }))
  .map(([start, rows]) => batchOf(start, rows));

/** Every settlement adds up to its range, and together they cover the batch, each position once. */
function assertCovers(batch: Batch, settlements: readonly Settlement[]): void {
  let at = batch.start;
  for (const { range, uploaded, skipped, failures } of [...settlements].sort(
    (a, b) => a.range.start - b.range.start,
  )) {
    assert.equal(range.start, at);
    assert.equal(uploaded + failures.length + (skipped.empty_value ?? 0), range.end - range.start);
    for (const { position, value, token } of failures) {
      assert.ok(position >= range.start && position < range.end);
      assert.deepEqual(
        [value, token],
        [`v${position}`, `t${position}`],
        'a failed record keeps its own pair',
      );
    }
    at = range.end;
  }
  assert.equal(at, batch.end);
}

test('parts that are divided until every record stands alone cover the batch, each with its own verdict', () => {
  fc.assert(
    fc.property(batches, fc.func(fc.boolean()), (batch, isBad) => {
      const settlements: Settlement[] = [];
      const work = [new Part(batch, { mayBeInVault: false })];
      for (let part = work.pop(); part !== undefined; part = work.pop()) {
        if (part.openCount > 1) {
          work.push(...part.divide());
          continue;
        }
        const [value = ''] = part.openRecords().values;
        if (part.openCount === 1 && isBad(value)) part.failOpen(failure);
        else part.uploadOpen();
        settlements.push(part.settlement());
      }
      assertCovers(batch, settlements);
      const failed = settlements.flatMap(({ failures }) => failures.map(({ value }) => value)).sort();
      assert.deepEqual(failed, batch.values.filter((value) => isBad(value)).sort());
    }),
  );
});

test('what is judged and what is open are separated without losing a row or a verdict', () => {
  fc.assert(
    fc.property(
      batches,
      fc.func(fc.constantFrom('uploaded', 'confirmed', 'open', 'failed')),
      (batch, verdictOf) => {
        const part = new Part(batch, { mayBeInVault: true });
        part.judgeOpen((index) => {
          const verdict = verdictOf(batch.values[index] ?? '');
          return verdict === 'failed' ? failure : verdict;
        });
        const { judged, open } = part.separate();
        const stillOpen = open.flatMap((doubtful) => doubtful.openRecords().values);
        assert.deepEqual(
          stillOpen,
          batch.values.filter((value) => verdictOf(value) === 'open'),
        );
        for (const doubtful of open) doubtful.uploadOpen();
        const settlements = [...judged, ...open].map((piece) => piece.settlement());
        if (batch.values.length > 0) assertCovers(batch, settlements);
        const confirmed = settlements.reduce((sum, settlement) => sum + settlement.confirmed, 0);
        assert.equal(confirmed, batch.values.filter((value) => verdictOf(value) === 'confirmed').length);
      },
    ),
  );
});

test('a part with an open record cannot be settled', () => {
  const part = new Part(batchOf(0, [true, true]), { mayBeInVault: false });
  assert.throws(() => part.settlement(), RangeError);
});
