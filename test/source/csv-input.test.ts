import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { never, readRecords, writePair } from './csv-fixture.js';

const TOKENS = 'id_token\nt1\nt2\nt3\n';

test('the pass over both files knows rows, size, time of change and a fingerprint of each', async (t) => {
  const data = 'id\nv1\n\nv3\n\n';
  const { source, dataFile, tokenFile } = await writePair(t, { data, tokens: TOKENS });
  const { rows, inputs } = await source.inspect(never);
  assert.equal(rows, 3);
  assert.deepEqual(
    inputs.map(({ modifiedAt, ...input }) => ({
      ...input,
      fingerprint: typeof input.fingerprint,
      dated: modifiedAt?.slice(0, 2),
    })),
    [
      { role: 'data file', name: dataFile, sizeBytes: 11, rows: 3, fingerprint: 'string', dated: '20' },
      { role: 'token file', name: tokenFile, sizeBytes: 18, rows: 3, fingerprint: 'string', dated: '20' },
    ],
  );
  const told = inputs.map(({ fingerprint }) => fingerprint);
  assert.equal(new Set(told).size, 2);
  const again = await writePair(t, { data, tokens: `${TOKENS}\n` });
  const [same, other] = (await again.source.inspect(never)).inputs.map(({ fingerprint }) => fingerprint);
  assert.equal(same, told[0]);
  assert.notEqual(other, told[1], 'one line end more');
});

test('without the pass, inspecting knows neither rows nor a fingerprint, and still looks at the headers', async (t) => {
  const { source } = await writePair(t, { data: 'id\nv1\n', tokens: TOKENS }, { precount: false });
  const { rows, inputs } = await source.inspect(never);
  assert.equal(rows, undefined);
  assert.deepEqual(
    inputs.map((input) => [input.sizeBytes, input.rows, input.fingerprint]),
    [
      [6, undefined, undefined],
      [18, undefined, undefined],
    ],
  );
  const wrong = await writePair(t, { data: 'no\nv1\n', tokens: TOKENS }, { precount: false });
  await assert.rejects(wrong.source.inspect(never), /no column "id"/);
});

const RECORDS: [string, string][] = [
  ['Zoë, "Z"', 't1'],
  [' v2 ', 't2'],
];
const DATA = 'key;id\nk1;"Zoë, ""Z"""\r\nk2; v2 \n';
const KEYED_TOKENS = 'id_token;key\nt1;k1\nt2;k2';
for (const encoding of ['utf8', 'latin1', 'utf16le'] as const) {
  for (const gzip of [false, true]) {
    test(`${encoding}${gzip ? ' in gzip' : ''}, another delimiter and a key column give the same records`, async (t) => {
      const bytes = (text: string) => {
        const mark = encoding === 'utf16le' ? '\uFEFF' : '';
        return gzip ? gzipSync(Buffer.from(mark + text, encoding)) : Buffer.from(mark + text, encoding);
      };
      const suffix = gzip ? '.gz' : '';
      const { source } = await writePair(
        t,
        { data: bytes(DATA), tokens: bytes(KEYED_TOKENS) },
        {
          encoding,
          delimiter: ';',
          keyHeader: 'key',
          dataFile: `d.csv${suffix}`,
          tokenFile: `t.csv${suffix}`,
        },
      );
      assert.equal((await source.inspect(never)).rows, 2);
      assert.deepEqual(await readRecords(source), RECORDS);
    });
  }
}

test('one file may hold both columns, and others', async (t) => {
  const { source, dataFile } = await writePair(t, { data: 'id_token,note,id\nt1,,v1\n"t,2",x,"v\n2"\n' });
  const { rows, inputs } = await source.inspect(never);
  assert.equal(rows, 2);
  assert.deepEqual(
    inputs.map(({ name }) => name),
    [dataFile],
  );
  assert.deepEqual(await readRecords(source), [
    ['v1', 't1'],
    ['v\n2', 't,2'],
  ]);
});

test('gzip is known by its first bytes, and read whole: members, zeros between and behind them, any name', async (t) => {
  const member = (text: string) => gzipSync(text);
  const rows = Array.from({ length: 20_000 }, (_, row) => `v${row},t${row}\n`);
  const whole = ['id,id_token\n', ...rows].join('');
  const middle = whole.indexOf('v10000,');
  const parts = [member(whole.slice(0, middle)), member(whole.slice(middle))] as const;
  const forms: Record<string, Buffer> = {
    'one member': member(whole),
    'two members': Buffer.concat(parts),
    'a block of zeros between them': Buffer.concat([parts[0], Buffer.alloc(512), parts[1]]),
    'zeros between and behind': Buffer.concat([
      parts[0],
      Buffer.alloc(70_000),
      parts[1],
      Buffer.alloc(2_000_000),
    ]),
    'many small members, as bgzip writes them': Buffer.concat([
      ...[whole.slice(0, 12), ...rows].map(member),
      member(''),
    ]),
  };
  for (const [form, data] of Object.entries(forms)) {
    const { source } = await writePair(t, { data });
    assert.equal((await source.inspect(never)).rows, rows.length, form);
    const records = await readRecords(source);
    assert.ok(
      records.every(([value, token], row) => value === `v${row}` && token === `t${row}`),
      form,
    );
    assert.equal(records.length, rows.length, form);
  }
  const misnamed = await writePair(t, { data: whole }, { dataFile: 'id.csv.gz' });
  assert.equal((await misnamed.source.inspect(never)).rows, rows.length);
});
