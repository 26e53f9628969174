import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EFFECT_TABLE, effectOf, type Effect, type SeenAnswer } from '../../src/vault/effect-table.js';

const answer = (status: number, more: Partial<SeenAnswer> = {}): SeenAnswer => ({
  status,
  foreign: false,
  perRecord: false,
  ...more,
});
const ownWords = (status: number, grpcCode?: number): SeenAnswer =>
  answer(status, { envelope: { httpCode: status, grpcCode } });

function effects(statuses: readonly number[], seen: (status: number) => SeenAnswer): Set<Effect> {
  return new Set(statuses.map((status) => effectOf({ written: true, answer: seen(status) })));
}

test('only the vault itself is believed that a request had no effect, and 413 and 429 of anyone', () => {
  const believed = [400, 401, 403, 404, 409, 413, 422, 429];
  const all = Array.from({ length: 500 }, (_, at) => 100 + at);
  const others = all.filter((status) => !believed.includes(status));
  assert.deepEqual(effects(believed, ownWords), new Set(['none']));
  assert.deepEqual(effects(others, ownWords), new Set(['unknown']));
  const byOthers = all.filter((status) => effectOf({ written: true, answer: answer(status) }) !== 'unknown');
  assert.deepEqual(byOthers, [413, 429]);
  for (const code of [1, 2, 4, 10, 13, 14, 15]) {
    assert.deepEqual(
      effects(all, (status) => ownWords(status, code)),
      new Set(['unknown']),
      `gRPC ${code}`,
    );
  }
});

test('what was never written had no effect; what answers something else, or contradicts itself, proves nothing', () => {
  assert.equal(effectOf({ written: false }), 'none');
  assert.equal(effectOf({ written: true }), 'unknown');
  for (const status of [400, 413, 429]) {
    const foreign = { ...ownWords(status), foreign: true };
    assert.equal(effectOf({ written: true, answer: foreign }), 'unknown');
    const contradicting = answer(status, { envelope: { httpCode: 500, grpcCode: undefined } });
    assert.equal(effectOf({ written: true, answer: contradicting }), 'unknown');
  }
  assert.equal(effectOf({ written: true, answer: answer(200, { perRecord: true }) }), 'per_record');
});

test('every row of the table decides something, and the last one everything that is left', () => {
  assert.equal(EFFECT_TABLE.at(-1)?.matches({ written: true, answer: answer(599) }), true);
  assert.equal(new Set(EFFECT_TABLE.map(({ seen }) => seen)).size, EFFECT_TABLE.length);
});
