import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveSettings } from '../../src/config/resolve-settings.js';
import { configurationSchema } from '../../src/config/schema.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { checkCsv } from '../../src/source/csv/check-csv.js';
import { describeShape } from '../../src/source/files/survey.js';
import { RepeatedTokenCounter, type RepeatedTokens } from '../../src/source/files/repeated-tokens.js';
import { proxies } from '../../src/vault/proxy-choice.js';
import { never, writePair } from './csv-fixture.js';

const proxy = proxies({});

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
    repeatedTokens: { count: 2, oneIn: 1, atFirst: undefined },
  });
  const words = describeShape('ID', shape).map(({ status, message }) => [status, message]);
  assert.deepEqual(words, [
    [
      'good',
      '4 records; skipped: 1 without a value, 1 without a token; values of 1 to 5 characters (3.3 on average), tokens of 2 to 3 characters (2.5 on average)',
    ],
    ['warn', '2 records repeat an earlier token'],
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

test('tokens that repeat are counted to the end: all while they are few, then one in so many, exactly', () => {
  const count = (tokens: Iterable<string>): RepeatedTokens => {
    const counter = new RepeatedTokenCounter(1_000);
    for (const token of tokens) counter.add(token);
    return counter.result;
  };
  const numbered = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, at) => `4111-${String(from + at).padStart(12, '0')}`);
  assert.deepEqual(count([...numbered(0, 1_000), ...numbered(500, 600)]), {
    count: 100,
    oneIn: 1,
    atFirst: undefined,
  });

  // A part that was exported twice stands wholly beyond what is followed in full.
  const twice = [...numbered(0, 60_000), ...numbered(40_000, 60_000)];
  const found = count(twice);
  assert.deepEqual(found.atFirst, { count: 0, among: 1_001 });
  assert.ok(found.oneIn >= 60 && found.oneIn <= 256, `one in ${found.oneIn}`);
  const estimate = found.count * found.oneIn;
  assert.ok(estimate > 12_000 && estimate < 28_000, `about ${estimate} for 20,000`);
  // Exactly those of the tokens that are left: half of them repeated once more is as many as before, and half.
  assert.equal(count([...twice, ...numbered(40_000, 60_000)]).count, 2 * found.count);

  const unique = count(numbered(0, 60_000));
  assert.deepEqual([unique.count, unique.atFirst?.count], [0, 0]);
  // What repeats at the beginning is known of all, whether it is followed later or not.
  const early = count(['N/A', 'N/A', 'N/A', ...numbered(0, 60_000)]);
  assert.equal(early.atFirst?.count, 2);
});

test('what is said of repeated tokens is what was compared, and no more', async (t) => {
  const { source } = await writePair(t, { data: 'id,id_token\nv,t\n' });
  const { shape } = (await source.survey?.(never)) ?? assert.fail();
  assert.equal(describeShape('ID', shape).length, 1);
  const say = (repeatedTokens: RepeatedTokens): unknown => {
    const [, said] = describeShape('ID', { ...shape, records: 9_000_000, repeatedTokens });
    return [said?.status, said?.message];
  };
  const among = 1_000_001;
  assert.deepEqual(say({ count: 0, oneIn: 16, atFirst: { count: 0, among } }), [
    'not_checked',
    'whether a few tokens repeat: none does among the first 1,000,001 records, nor of one token in 16, followed through all of them',
  ]);
  assert.deepEqual(say({ count: 0, oneIn: 16, atFirst: { count: 3, among } }), [
    'warn',
    '3 records repeat an earlier token, among the first 1,000,001 records; of one token in 16, followed through all of them, none does',
  ]);
  assert.deepEqual(say({ count: 1_000, oneIn: 16, atFirst: { count: 0, among } }), [
    'warn',
    '1,000 records repeat an earlier token, of one token in 16, followed through all of them: about 16,000 in all',
  ]);
  // One token in very many records says little of the others: never more than there are records.
  assert.match(
    String(say({ count: 8_000_000, oneIn: 16, atFirst: { count: 0, among } })),
    /9,000,000 in all/,
  );
});

test('without the pass, check shows the first rows, says that they are no more, and finds what is wrong in them', async (t) => {
  const check = async (data: string, tokens?: string, performance = {}) => {
    const { dataFile, tokenFile } = await writePair(t, { data, ...(tokens === undefined ? {} : { tokens }) });
    const csv = { data_file: dataFile, token_file: tokenFile };
    const vault = { name: 'ID', id: 'v', column: 'id', csv };
    const settings = resolveSettings(
      configurationSchema.parse({ performance, skyflow: { vaults: [vault] } }),
      '/',
    );
    const { vaults } = settings.skyflow;
    const { findings, sizes } = await checkCsv({ settings, vaults, precount: false, proxy }, never);
    assert.deepEqual(
      [...sizes.values()].map(({ rows, shape }) => [rows, shape]),
      sizes.size === 0 ? [] : [[undefined, undefined]],
    );
    return findings.map(({ status, message }) => [status, message.replaceAll(/\/\S*\//g, '')]);
  };
  const large = `id,id_token\n${'v,\n'.repeat(3)}${Array.from({ length: 12_000 }, (_, at) => `abcd,t${at}\n`).join('')}`;
  assert.deepEqual(await check(large), [
    ['good', 'id.csv: headers are there (129.8 KiB); rows not counted (--no-precount)'],
    [
      'good',
      'the first 10,000 rows: 9,997 records; skipped: 3 without a token; values of 4 characters, tokens of 2 to 5 characters (4.9 on average)',
    ],
    [
      'not_checked',
      'what follows the first 10,000 rows: --no-precount leaves it unread, so nothing is counted or estimated',
    ],
  ]);
  const small = await check('id\nabc\n\nxy\n', 'id_token\nt\nu\nt\n');
  assert.deepEqual(small.slice(1), [
    [
      'good',
      '2 records; skipped: 1 without a value; values of 2 to 3 characters (2.5 on average), tokens of 1 character',
    ],
    ['warn', '1 record repeats an earlier token'],
  ]);
  const [none] = (await check('id\nabc\n\nxy\n', 'id_token\nt\nu\nt\n', { start_record: 3 })).slice(-1);
  assert.deepEqual(none, ['warn', 'the source has 3 rows, and none from row 3 on']);
  assert.doesNotMatch(String(await check('id,id_token\na,b\n', undefined, { start_record: 0 })), /none from/);
  assert.doesNotMatch(String(await check(large, undefined, { start_record: 20_000 })), /none from/);
  assert.match(
    String(await check('id,id_token\na,b\nc,d,e\n')),
    /^bad,id\.csv, line 3: the row has 3 fields/,
  );
});
