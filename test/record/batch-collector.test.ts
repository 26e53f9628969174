import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BatchCollector } from '../../src/record/batch-collector.js';

test('a batch takes records as long as their bytes in UTF-8 fit, and one that is larger alone', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'é', '漢', '😀'), maxLength: 60 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 400 }),
      (records, maxBytes) => {
        const batch = new BatchCollector(maxBytes);
        let expected = 0;
        for (const [at, [value, token]] of records.entries()) {
          const bytes = Buffer.byteLength(value + token);
          const fits = at === 0 || expected + bytes <= maxBytes;
          assert.equal(batch.add(value, token), fits);
          if (!fits) break;
          expected += bytes;
        }
        assert.equal(Buffer.byteLength([...batch.values, ...batch.tokens].join('')), expected);
      },
    ),
  );
});
