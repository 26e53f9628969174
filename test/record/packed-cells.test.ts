import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Batch } from '../../src/record/batch.js';
import { PackedBatch, packedOf, recordCount } from '../../src/record/packed-batch.js';
import { PackedCollector } from '../../src/record/packed-collector.js';
import { packCells } from './pack-cells.js';

const cell = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '漢', '😀'), minLength: 1, maxLength: 9 });
const runs = fc.array(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 12 }), {
  minLength: 1,
  maxLength: 6,
});

test('what is collected as bytes is what was put in, in order, and no more bytes than were allowed', () => {
  const collector = new PackedCollector(120);
  fc.assert(
    fc.property(runs, (given) => {
      const [values, tokens]: [string[], string[]] = [[], []];
      let bytes = 0;
      for (const run of given) {
        const fitting = run.findIndex(([value, token], at) => {
          bytes += Buffer.byteLength(value + token);
          return bytes > 120 && values.length + at > 0;
        });
        const wanted = fitting < 0 ? run : run.slice(0, fitting);
        const taken = collector.add({
          values: packCells(run.map(([value]) => value)),
          tokens: packCells(run.map(([, token]) => token)),
        });
        assert.equal(taken, wanted.length);
        values.push(...wanted.map(([value]) => value));
        tokens.push(...wanted.map(([, token]) => token));
        if (fitting >= 0) break;
      }
      assert.equal(collector.count, values.length);
      const batch = new PackedBatch({ start: 0, end: values.length }, collector.take());
      assert.equal(recordCount(batch), values.length);
      assert.deepEqual([batch.values, batch.tokens], [values, tokens]);
      assert.equal(collector.count, 0, 'and the next batch begins with nothing');
    }),
  );
});

test('a copy of a batch with other tokens does not go out as the bytes of the first one', () => {
  const values = packCells(['v']);
  const batch: Batch = new PackedBatch({ start: 0, end: 1 }, { values, tokens: packCells(['t']) });
  assert.notEqual(packedOf(batch), undefined);
  const suffixed = { ...batch, values: ['v'], tokens: ['t_1'] };
  assert.equal(packedOf(suffixed), undefined);
  assert.equal(recordCount({ ...suffixed, values: ['v', 'w'] }), 2);
});
