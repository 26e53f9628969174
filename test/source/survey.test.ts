import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { describeShape } from '../../src/source/files/describe-shape.js';
import { never, writePair } from './csv-fixture.js';

test('a survey finds what the pass finds, and counts what records are like', async (t) => {
  const data = 'id\nabc\n"a,b""c"\n\nxy\n\u0001\nlast\n';
  const tokens = 'id_token\nt1\nt22\nt3\n\nt22\nt1\n';
  const { source } = await writePair(t, { data, tokens });
  const { inspection, shape } = (await source.survey?.(never)) ?? assert.fail();
  assert.deepEqual(
    inspection,
    await (await writePair(t, { data, tokens })).source.inspect(never).then((found) => ({
      ...found,
      inputs: inspection.inputs,
      warnings: inspection.warnings,
    })),
  );
  assert.match(inspection.warnings?.join() ?? '', /1 cell consists of control characters only/);
  assert.equal(inspection.rows, 6);
  assert.deepEqual(shape, {
    records: 4,
    skipped: { empty_value: 1, empty_token: 1 },
    values: { shortest: 1, longest: 5, mean: 13 / 4 },
    tokens: { shortest: 2, longest: 3, mean: 10 / 4 },
    repeatedTokens: { count: 2, among: 4 },
  });
  const words = describeShape('ID', shape).map(({ status, message }) => [status, message]);
  assert.deepEqual(words, [
    [
      'good',
      '4 records; skipped: 1 without a value, 1 without a token; values of 1 to 5 characters (3.3 on average), tokens of 2 to 3 characters (2.5 on average)',
    ],
    ['warn', '2 records repeat a token that stands there before'],
  ]);
});

test('a survey refuses what the pass refuses: a ragged row, another key, unequal counts', async (t) => {
  const wrong: readonly [string, string, RegExp][] = [
    ['key,id\n1,a\n2,b,c\n', 'key,id_token\n1,t\n2,t\n', /id\.csv, line 3: the row has 3 fields/],
    ['key,id\n1,a\n2,b\n', 'key,id_token\n1,t\n3,t\n', /line 3: the key is not the one at/],
    ['key,id\n1,a\n2,b\n', 'key,id_token\n1,t\n', /has 2 rows, .* has 1/],
  ];
  for (const [data, tokens, says] of wrong) {
    for (const keyHeader of ['key', undefined]) {
      if (keyHeader === undefined && says.source.includes('key is not')) continue;
      const { source } = await writePair(t, { data, tokens }, { keyHeader });
      await assert.rejects(
        source.survey?.(never) ?? Promise.resolve(),
        (error) => error instanceof SuperviseError && says.test(error.message),
      );
    }
  }
});

test('one million tokens are told apart, and those behind them are not counted as repeated', async (t) => {
  const rows = Array.from({ length: 1_000_010 }, (_, at) => `v,t${at % 1_000_005}\n`).join('');
  const { source } = await writePair(t, { data: `id,id_token\n${rows}` });
  const { shape } = (await source.survey?.(never)) ?? assert.fail();
  assert.deepEqual(shape.repeatedTokens, { count: 0, among: 1_000_000 });
  const [, open] = describeShape('ID', shape);
  assert.deepEqual(
    [open?.status, open?.message],
    ['not_checked', 'whether tokens repeat beyond the first 1,000,000 records, among which none does'],
  );
  const [, warning] = describeShape('ID', { ...shape, repeatedTokens: { count: 3, among: 1_000_000 } });
  assert.match(warning?.message ?? '', /among the first 1,000,000 records$/);
});
