import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { usualDialect, type Dialect, type HeaderMode } from '../../src/source/csv/dialect.js';
import { ODDITIES, type Oddity } from '../../src/source/csv/oddities.js';
import { never, readRecords, writePair } from './csv-fixture.js';

const TOKENS = 'id_token\nt1\nt2\nt3\n';

test('a record of more than 64 MiB is an error that names the line on which it begins', async (t) => {
  const data = Buffer.concat([
    Buffer.from('id\nv1\n"'),
    Buffer.alloc(65 * 2 ** 20, 'x\n'),
    Buffer.from('"\n'),
  ]);
  const { source } = await writePair(t, { data, tokens: TOKENS });
  await assert.rejects(
    source.inspect(never),
    /id\.csv, line 3: the record that begins here is longer than 64 MiB/,
  );
});

test('a header that is not found is explained: what to set, or what to change in the file', async (t) => {
  const cases: [data: string | Buffer, says: RegExp][] = [
    ['id;id_token\r\n1;a\r\n', /Splitting at ";" gives the wanted headers: set csv\.delimiter to ";"\.$/],
    ['id\tid_token\n1\ta\n', /Splitting at "\\t" gives the wanted headers/],
    ['id, id_token\n1, a\n', /a space before or after “id_token”/],
    ['\uFEFF\uFEFFid,id_token\n1,a\n', /a second byte order mark before the header/],
    [
      '# export\nid,id_token\n1,a\n',
      /The wanted headers are in line 2: csv\.skip_lines: 1 skips the lines above it\.$/,
    ],
    ['# export\nv1,t1\n1,a\n', /The first line looks like a comment/],
    ['ID,ID_TOKEN\n1,a\n', /“ID” differs from “id” only in case/],
    ["'id','id_token'\n1,a\n", /“id” is in single quotes: csv\.quote: "'" takes them for what they are/],
    ['[id],[id_token]\n1,a\n', /is in quotation marks or brackets that are not double quotes/],
    ['i\u200bd,id_token\n1,a\n', /looks like “id” and is written with other Unicode characters/],
    [Buffer.from('id,id_token\n1,a\n', 'utf16le'), /It looks like UTF-16/],
    [utf32('id,id_token\n1,a\n'), /It looks like UTF-32: convert it/],
    ['id\rid_token\n1,a\n', /lines must end in LF or CRLF/i],
    ['id,id,id_token\n1,a\n', /Which one is meant cannot be told/],
    ['\nid,id_token\n1,a\n', /csv\.skip_lines says how many lines stand above the header/],
    ['x,y\n1,a\n', /The first line must hold the headers/],
  ];
  // A file of a dialect is read by another reader.
  for (const nullStrings of [[], ['NULL']]) {
    for (const [data, says] of cases) {
      const { source } = await writePair(t, { data }, { dialect: { ...usualDialect, nullStrings } });
      await assert.rejects(source.inspect(never), (error: unknown) => {
        assert.ok(error instanceof SuperviseError && error.message.includes(', line 1: '), String(error));
        assert.match(error.hint ?? '', says);
        return true;
      });
    }
  }
});

function utf32(text: string): Buffer {
  return Buffer.concat(Array.from(text, (character) => Buffer.from(`${character}\0\0\0`, 'latin1')));
}

test('what only the file’s end, its other lines or its first row can explain is said with the way out', async (t) => {
  const nulls = { nullStrings: ['NULL'] };
  const cases: [data: string, dialect: Partial<Dialect>, says: RegExp, hint: RegExp][] = [
    ['id,id_token,\n1,a\n', {}, /line 2: the row has only 2 fields/, /The header ends with a delimiter/],
    ['id,id_token,\n1,a\n', nulls, /line 2: the row has only 2 fields/, /The header ends with a delimiter/],
    ['id,id_token\r\n1,a,\r\n', {}, /line 2: the row has 3 fields/, /The row ends with a delimiter/],
    ['id,id_token\n"1",a,\n', {}, /line 2: the row has 3 fields/, /The row ends with a delimiter/],
    [
      'id,id_token\n1,a\n',
      { skipLines: 2 },
      /has nothing below the lines that csv\.skip/,
      /counts the lines above/,
    ],
    [
      'id,id_token\n1,a\n',
      { skipLines: 9 },
      /has nothing below the lines that csv\.skip/,
      /counts the lines above/,
    ],
    ['#\n#', { comment: '#' }, /has nothing below the lines that csv\.skip_lines and csv\.comment/, /./],
    ['', {}, /is empty; it needs a header and rows/, /Export it again/],
    ['v,t\n', { header: 'none' }, /no column "id"/, /have numbers, here from "1" to "2"/],
  ];
  for (const [data, dialect, says, hint] of cases) {
    const options = { delimiter: undefined, dialect: { ...usualDialect, ...dialect } };
    const { source } = await writePair(t, { data }, options);
    await assert.rejects(source.inspect(never), (error: unknown) => {
      assert.ok(error instanceof SuperviseError && says.test(error.message), `${data}: ${String(error)}`);
      assert.match(error.hint ?? '', hint);
      return true;
    });
  }
});

test('headers where rows should be are warned of where there are none, and refused in another order', async (t) => {
  for (const nullStrings of [[], ['NULL']]) {
    const read = (data: string, header: HeaderMode, accept: Oddity[] = []) =>
      writePair(
        t,
        { data },
        {
          delimiter: undefined,
          dialect: { ...usualDialect, nullStrings, header },
          accept,
          ...(header === 'none' ? { valueHeader: '1', tokenHeader: '2' } : {}),
        },
      );
    for (const data of ['id,id_token\nv1,t1\n', '"SSN","Token"\nv1,t1\n']) {
      const { warnings = [] } = await (await read(data, 'none')).source.inspect(never);
      assert.match(warnings.join(), /line 1: the first row looks like a header, and is loaded as 1 record/);
      assert.deepEqual((await (await read(data, 'none', ['header_row'])).source.inspect(never)).warnings, []);
    }
    const fine = await read('Ann Lee,tok_1\nv1,t1\n', 'none');
    assert.deepEqual((await fine.source.inspect(never)).warnings, []);
    const other = await read('id,id_token\nid_token,id\nv1,t1\n', 'every');
    await assert.rejects(other.source.inspect(never), /line 2: the header is repeated here/);
    const meant = await read('id,id_token\nid_token,id\nv1,t1\n', 'every', ['header_row']);
    assert.equal((await readRecords(meant.source)).length, 2);
  }
});

test('what is hardly meant is taken as it stands where csv.accept names it', async (t) => {
  const cases: [oddity: Oddity, row: string][] = [
    ['bom', '\uFEFFv2,t2'],
    ['header_row', 'id,id_token'],
    ['header_row', '"id","id_token"'],
    ['nul', 'v\0,t2'],
    ['nul', '"v\0",t2'],
  ];
  for (const [oddity, row] of cases) {
    const data = `id,id_token\nv1,t1\n${row}\nv3,t3\n`;
    const { source } = await writePair(t, { data }, { accept: [oddity] });
    assert.deepEqual((await source.inspect(never)).warnings, []);
    assert.deepEqual(await readRecords(source), [
      ['v1', 't1'],
      row.replaceAll('"', '').split(','),
      ['v3', 't3'],
    ]);
    const others = ODDITIES.filter((other) => other !== oddity);
    await assert.rejects((await writePair(t, { data }, { accept: others })).source.inspect(never), {
      code: 'source',
    });
  }
});

test('cells of control characters and lines that programs print are counted before the first request', async (t) => {
  const tokens = (rows: number) =>
    `id_token\n${Array.from({ length: rows }, (_, row) => `t${row}\n`).join('')}`;
  const cases: [oddity: Oddity, data: string, rows: number, says: RegExp][] = [
    [
      'control',
      'id\nv1\n\u0001\n"\u0007\u0008"\nv4\n',
      4,
      /2 cells consist of control characters only, the first in line 3/,
    ],
    ['control', 'id\nv1\n\t\n', 2, /1 cell consists of control characters only, the first in line 3/],
    ['footer', 'id\nv1\n(1 row)\n', 2, /line 3: the last row reads like the count/],
    ['footer', 'id\nv1\n\n1 rows selected.\n\n', 3, /line 4: the last row reads like the count/],
    ['footer', 'id\nv1\n"v\n2"\n2 rows in set (0.01 sec)\n', 3, /line 5: the last row/],
    // Read in more than one go, and the count of rows in the last of them.
    [
      'footer',
      `id\n${'a row\n'.repeat(30_000)}(30000 rows)\n  \n`,
      30_002,
      /line 30002: the last row reads like the count/,
    ],
    ['footer', 'id\n---\nv1\n', 2, /line 2: the first row only underlines the header/],
  ];
  for (const [oddity, data, rows, says] of cases) {
    const { source } = await writePair(t, { data, tokens: tokens(rows) });
    const { warnings = [], rows: counted } = await source.inspect(never);
    assert.equal(counted, rows);
    assert.equal(warnings.length, 1, JSON.stringify(data));
    assert.match(warnings[0] ?? '', says);
    const accepted = await writePair(t, { data, tokens: tokens(rows) }, { accept: [oddity] });
    assert.deepEqual((await accepted.source.inspect(never)).warnings, []);
  }
  const fine = await writePair(t, {
    data: 'id,id_token,note\n(1 row),t1,\u0001\nv\u0001,t2,x\nv3,t3,(3 rows)\n',
  });
  assert.deepEqual((await fine.source.inspect(never)).warnings, []);
});
