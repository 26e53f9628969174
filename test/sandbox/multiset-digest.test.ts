import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestPairs, MultisetDigest } from '../../src/sandbox/multiset-digest.js';

const pairs = fc.array(fc.tuple(fc.string(), fc.string()));

test('the digest is the sum modulo 2^128 of the first halves of the SHA-256 of each pair', () => {
  fc.assert(
    fc.property(pairs, (some) => {
      const sum = some.reduce((total, [value, token]) => {
        const digest = createHash('sha256').update(`${value}\0${token}`).digest('hex');
        return total + BigInt(`0x${digest.slice(0, 32)}`);
      }, 0n);
      assert.deepEqual(digestPairs(some), {
        count: some.length,
        digest: (sum % 2n ** 128n).toString(16).padStart(32, '0'),
      });
    }),
  );
});

test('the digest does not depend on order, and taking out what was added restores it', () => {
  fc.assert(
    fc.property(pairs, pairs, (first, second) => {
      const forward = new MultisetDigest();
      for (const [value, token] of [...first, ...second]) forward.add(value, token);
      const before = digestPairs([...second, ...first].reverse());
      assert.equal(forward.hex(), before.digest);
      for (const [value, token] of second) forward.remove(value, token);
      assert.deepEqual({ count: forward.count, digest: forward.hex() }, digestPairs(first));
    }),
  );
});

test('a merged digest is the digest of both multisets', () => {
  fc.assert(
    fc.property(pairs, pairs, (first, second) => {
      const merged = new MultisetDigest();
      merged.merge(digestPairs(first));
      merged.merge(digestPairs(second));
      assert.deepEqual({ count: merged.count, digest: merged.hex() }, digestPairs([...first, ...second]));
    }),
  );
});

test('a doubled pair changes the digest', () => {
  const once = digestPairs([['a', 'b']]);
  const twice = digestPairs([
    ['a', 'b'],
    ['a', 'b'],
  ]);
  assert.notEqual(once.digest, twice.digest);
});
