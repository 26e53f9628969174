import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSuffixer } from '../../src/record/append-suffix.js';

const run = { runId: '20260101T000000Z-abcdefgh', vaultName: 'NAME', unixSeconds: 1_767_225_600 };
const positions = fc.oneof(fc.nat({ max: 2_000 }), fc.nat({ max: 500_000_000 }), fc.maxSafeNat());

test('a suffix has the form _<unix seconds>_<16 of [a-z0-9]>, at any position', () => {
  const suffixOf = createSuffixer(run);
  fc.assert(
    fc.property(positions, (position) => {
      const { value, token } = suffixOf(position);
      assert.match(value, /^_1767225600_[a-z0-9]{16}$/);
      assert.match(token, /^_1767225600_[a-z0-9]{16}$/);
      assert.notEqual(value, token);
    }),
  );
});

test('the same run, vault and position always give the same suffixes, in any order', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.array(positions), (runId, vaultName, list) => {
      const options = { runId, vaultName, unixSeconds: 1 };
      const first = list.map(createSuffixer(options));
      const again = list.toReversed().map(createSuffixer(options)).toReversed();
      assert.deepEqual(again, first);
    }),
  );
});

test('two runs, or two vaults of a run, draw differently at every position', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), positions, (runId, vaultName, other, position) => {
      fc.pre(runId !== other && vaultName !== other);
      const mine = createSuffixer({ runId, vaultName, unixSeconds: 1 })(position);
      for (const options of [
        { runId: other, vaultName, unixSeconds: 1 },
        { runId, vaultName: other, unixSeconds: 1 },
      ]) {
        const theirs = createSuffixer(options)(position);
        assert.notEqual(theirs.value, mine.value);
        assert.notEqual(theirs.token, mine.token);
      }
    }),
  );
});

test('no two positions share the first half of a suffix', () => {
  const suffixOf = createSuffixer(run);
  const halves = new Set<string>();
  const count = 100_000;
  // Neighbours, and positions far apart that agree in one half of the cipher.
  for (let index = 0; index < count; index += 1) halves.add(suffixOf(index).value.slice(0, 20));
  for (let index = 1; index <= count; index += 1) halves.add(suffixOf(index * 36 ** 4).value.slice(0, 20));
  assert.equal(halves.size, 2 * count);
});

test('every character occurs about equally often at every place', () => {
  const suffixOf = createSuffixer(run);
  const count = 36_000;
  const seen = Array.from({ length: 16 }, () => new Map<string, number>());
  for (let position = 0; position < count; position += 1) {
    for (const [place, character] of Array.from(suffixOf(position).token.slice(-16)).entries()) {
      const counts = seen[place];
      counts?.set(character, (counts.get(character) ?? 0) + 1);
    }
  }
  for (const counts of seen) {
    assert.equal(counts.size, 36);
    for (const times of counts.values()) assert.ok(times > 800 && times < 1_200, String(times));
  }
});
