import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { CsvSourceOptions } from '../../src/source/csv/csv-source.js';
import { usualDialect, type Dialect, type HeaderMode } from '../../src/source/csv/dialect.js';
import { ODDITIES, type Oddity } from '../../src/source/csv/oddities.js';
import { failures, never, readRecords, writePair } from './csv-fixture.js';

const TOKENS = 'id_token\nt1\nt2\nt3\n';

interface BadInput {
  readonly what: string;
  readonly data: string | Buffer;
  readonly tokens?: string | Buffer;
  readonly says: RegExp;
  readonly options?: Partial<CsvSourceOptions>;
}

const SECRET = '123-45-6789';
const badInputs: readonly BadInput[] = [
  { what: 'an empty file', data: '', says: /id\.csv is empty/ },
  { what: 'a file that is no more than a byte order mark', data: '\uFEFF', says: /id\.csv is empty/ },
  {
    what: 'a header without rows',
    data: 'id\n',
    tokens: 'id_token\n',
    says: /id\.csv has no rows/,
  },
  { what: 'only blank lines below the header', data: 'id\n\n\r\n', tokens: 'id_token\n', says: /no rows/ },
  {
    what: 'a blank first line',
    data: '\nid\nv\n',
    says: /id\.csv, line 1: blank, where the headers should be/,
  },
  {
    what: 'a missing column',
    data: `name,${SECRET},patient id\n`,
    says: /id\.csv, line 1: no column "id"; the line has 3 fields, of 4, 11, 10 characters, not shown/,
  },
  { what: 'a header that stands twice', data: 'id,id\n1,2\n', says: /line 1: two columns are named "id"/ },
  { what: 'a broken quote in the header', data: 'id"x\n1\n', says: /id\.csv, line 1: broken quotes/ },
  {
    what: 'a row with too many fields',
    data: `id\nv1\n${SECRET},x\nv3\n`,
    says: /id\.csv, line 3: the row has 2 fields, the header has 1/,
  },
  {
    what: 'a row with too few fields',
    data: `id,b\n1,1\n2,2\n${SECRET}\n`,
    says: /id\.csv, line 4: the row has only 1 field, the header has 2/,
  },
  {
    what: 'a quoted row with too many fields',
    data: `id\n"v\n1"\n"${SECRET}","x"\nv3\n`,
    says: /id\.csv, line 4: the row has 2 fields/,
  },
  {
    what: 'a blank line among several columns',
    data: `id,b\n1,1\n\n${SECRET},2\n`,
    says: /id\.csv, line 3: blank line in a file of 2 columns/,
  },
  {
    what: 'a blank line before a quoted row',
    data: `id,b\n1,1\n\n\n"${SECRET}",2\n`,
    says: /id\.csv, line 3: blank line/,
  },
  {
    what: 'a quote in the middle of a field',
    data: `id\nv1\n${SECRET}"x\nv3\n`,
    says: /id\.csv, line 3: broken quotes/,
  },
  {
    what: 'text behind a closing quote',
    data: `id\n"v\n1"\n"${SECRET}"x\nv3\n`,
    says: /id\.csv, line 4: broken quotes/,
  },
  {
    what: 'a lone CR behind a closing quote',
    data: `id\n"v"\n"${SECRET}"\rx\n`,
    says: /id\.csv, line 3: a carriage return/,
  },
  {
    what: 'a quote that is never closed',
    data: `id\nv1\n"${SECRET}\nv3\nv4`,
    says: /id\.csv, line 3: broken quotes/,
  },
  {
    what: 'bytes that are not UTF-8',
    data: Buffer.from('id\nv1\né\nZo\xeb\nv4\n', 'latin1'),
    says: /id\.csv, line 3: not valid UTF-8/,
  },
  {
    what: 'bytes that are not UTF-8 in quotes',
    data: Buffer.from('id\nv1\n"a"\n"b\n\xeb"\n', 'latin1'),
    says: /id\.csv, line 5: not valid UTF-8/,
  },
  {
    what: 'a multi-byte character cut off by the end',
    data: Buffer.concat([Buffer.from('id\nv1\n'), Buffer.from('é').subarray(0, 1)]),
    says: /line 3: not valid UTF-8/,
  },
  {
    what: 'lines that end in CR alone',
    data: 'id\rv1\rv2\r',
    says: /no column "id"; the line has 1 field, of 9 characters, not shown/,
  },
  {
    what: 'lines that end in CR alone below a header that ends in LF',
    data: 'id\nv1\rv2\rv3\r',
    says: /id\.csv, line 2: a carriage return \(CR\) that is not part of a line end$/,
  },
  {
    what: 'lines of several columns that end in CR alone',
    data: `id,b\n${SECRET},1\rv2,2\r`,
    says: /id\.csv, line 2: a carriage return/,
  },
  {
    what: 'a line that ends in CR CR LF',
    data: 'id\r\nv1\r\nv2\r\r\nv3\r\n',
    says: /id\.csv, line 3: a carriage return/,
  },
  { what: 'a header that ends in CR CR LF', data: 'id,b\r\r\n1,2\r\n', says: /line 1: a carriage return/ },
  { what: 'a CR inside a cell', data: `id\nv1\nv2\r${SECRET}\nv3\n`, says: /line 3: a carriage return/ },
  { what: 'a CR at the end of the file', data: 'id\nv1\nv2\nv3\r', says: /line 4: a carriage return/ },
  {
    what: 'a CR in a cell without quotes of a record with quotes',
    data: `id,b\n1,1\n"a\nb",${SECRET}\rx\n`,
    says: /id\.csv, line 4: a carriage return/,
  },
  {
    what: 'a byte order mark in the middle, as joined files have it',
    data: `id\nv1\n\uFEFF${SECRET}\nv3\n`,
    says: /id\.csv, line 3: a byte order mark \(U\+FEFF\) at the beginning of the line, as in files that were joined$/,
  },
  {
    what: 'a byte order mark in front of a quoted row',
    data: `id\nv1\n\uFEFF"${SECRET}"\nv3\n`,
    says: /id\.csv, line 3: a byte order mark/,
  },
  {
    what: 'a byte order mark in front of the header of a second file that was joined',
    data: '\uFEFFid\nv1\n\uFEFFid\nv3\n',
    says: /id\.csv, line 3: a byte order mark/,
  },
  {
    what: 'the header in the middle, as joined files have it',
    data: 'id\r\nv1\r\nid\r\nv3\r\n',
    says: /id\.csv, line 3: the header is repeated here, as in files that were joined$/,
  },
  {
    what: 'the header of several columns in the middle',
    data: 'id,b\n1,1\n2,2\nid,b\n',
    says: /id\.csv, line 4: the header is repeated here/,
  },
  {
    what: 'the quoted header in the middle',
    data: '"id","b"\n"1",1\n"id","b"\n',
    says: /id\.csv, line 3: the header is repeated here/,
  },
  { what: 'a NUL character in a cell', data: `id\nv1\n${SECRET}\0\nv3\n`, says: /line 3: a NUL character$/ },
  {
    what: 'a hole in a file',
    data: `id\nv1\n${'\0'.repeat(100_000)}\nv3\n`,
    says: /line 3: a NUL character$/,
  },
  { what: 'a NUL character in quotes', data: `id\nv1\n"\n\0"\nv3\n`, says: /line 4: a NUL character$/ },
  {
    what: 'the count that a client prints below several columns',
    data: 'id,b\n1,1\n2,2\n\n(2 rows)\n',
    says: /line 4: blank line/,
  },
  {
    what: 'a gzip file in a gzip file',
    data: gzipSync(gzipSync('id\nv\n')),
    says: /id\.csv is a gzip file inside a gzip file$/,
  },
  {
    what: 'text behind a gzip file',
    data: Buffer.concat([gzipSync('id\nv1\n'), Buffer.from('v2\n')]),
    says: /id\.csv is not a valid gzip file: it is damaged, or something that is no gzip follows a part of it$/,
  },
  {
    what: 'text behind the zeros behind a gzip file',
    data: Buffer.concat([gzipSync('id\nv1\n'), Buffer.alloc(70_000), Buffer.from('v2\n')]),
    says: /id\.csv is not a valid gzip file/,
  },
  {
    what: 'a gzip file with a byte that is another one',
    data: (() => {
      const bytes = gzipSync('id\nv1\nv2\n');
      bytes[12] = (bytes[12] ?? 0) ^ 0xff;
      return bytes;
    })(),
    says: /id\.csv is not a valid gzip file/,
  },
  { what: 'a bzip2 file', data: Buffer.from('BZh91AY&SY\0\0'), says: /id\.csv is a bzip2 file$/ },
  { what: 'an xz file', data: Buffer.from('fd377a585a0000', 'hex'), says: /id\.csv is an xz file$/ },
  { what: 'a zip archive', data: Buffer.from('PK\x03\x04\x14\0id.csv'), says: /id\.csv is a zip archive$/ },
  {
    what: 'an Excel workbook',
    data: Buffer.from('PK\x03\x04\x14\0[Content_Types].xml'),
    says: /id\.csv is an Excel workbook \(xlsx\)$/,
  },
  {
    what: 'a Parquet file',
    data: Buffer.from('PAR1\x15\0\x15'),
    says: /id\.csv is a Parquet file cut short/,
  },
  {
    what: 'a gzip file cut short',
    data: gzipSync('id\nv1\nv2\n').subarray(0, -9),
    options: { dataFile: 'id.csv.gz' },
    says: /id\.csv\.gz is a gzip file cut short/,
  },
  {
    what: 'half a UTF-16 character',
    data: Buffer.concat([Buffer.from('id\nv1\n', 'utf16le'), Buffer.from('x')]),
    tokens: Buffer.from(TOKENS, 'utf16le'),
    options: { encoding: 'utf16le' },
    says: /id\.csv, line 3: not valid UTF-16/,
  },
  {
    what: 'half a surrogate pair',
    data: Buffer.from('id\nv1\n\uD800x\n', 'utf16le'),
    tokens: Buffer.from(TOKENS, 'utf16le'),
    options: { encoding: 'utf16le' },
    says: /id\.csv, line 3: not valid UTF-16/,
  },
  {
    what: 'a data file shorter than the token file',
    data: 'id\nv1\nv2\n',
    says: /vault ID: .*id\.csv has 2 rows, .*id_tokens\.csv has 3$/,
  },
  {
    what: 'a token file shorter than the data file',
    data: 'id\n1\n2\n3\n4\n5\n',
    says: /id\.csv has 5 rows, .*id_tokens\.csv has 3$/,
  },
  {
    what: 'a token file without rows',
    data: 'id\n1\n',
    tokens: 'id_token\n',
    says: /id\.csv has 1 rows, .*id_tokens\.csv has 0$/,
  },
  {
    what: 'a fault in the token file',
    data: 'id\nv1\nv2\nv3\n',
    tokens: `id_token\nt1\n${SECRET},x\nt3\n`,
    says: /id_tokens\.csv, line 3: the row has 2 fields/,
  },
  {
    what: 'a key that differs',
    data: 'key,id\nk1,v1\nk2,v2\nk3,v3\n',
    tokens: `id_token,key\nt1,k1\n"t\n2",${SECRET}\nt3,k3\n`,
    options: { keyHeader: 'key' },
    says: /id\.csv, line 3: the key is not the one at .*id_tokens\.csv, line 3$/,
  },
  {
    what: 'a key column that is missing',
    data: 'key,id\nk,v\n',
    options: { keyHeader: 'key' },
    says: /id_tokens\.csv, line 1: no column "key"; the line has 1 field, of 8 characters, not shown/,
  },
];

for (const { what, data, tokens = TOKENS, says, options } of badInputs) {
  test(`${what} is an error that says where, before and, without the pass, while reading`, async (t) => {
    for (const error of await failures(t, { data, tokens }, options)) {
      assert.ok(error instanceof SuperviseError, String(error));
      assert.equal(error.code, 'source');
      assert.match(error.message, says);
      assert.ok(!`${error.message}${error.hint ?? ''}`.includes(SECRET), 'quotes the file');
      assert.equal(error.cause, undefined);
    }
  });
}

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
    ['id;id_token\r\n1;a\r\n', /splitting at ";" gives the wanted headers: set csv\.delimiter to ";"$/],
    ['id\tid_token\n1\ta\n', /splitting at "\\t" gives the wanted headers/],
    ['id, id_token\n1, a\n', /a space before or after “id_token”/],
    ['\uFEFF\uFEFFid,id_token\n1,a\n', /a second byte order mark before the header/],
    [
      '# export\nid,id_token\n1,a\n',
      /the wanted headers are in line 2: csv\.skip_lines: 1 skips the lines above it$/,
    ],
    ['# export\nv1,t1\n1,a\n', /the first line looks like a comment/],
    ['ID,ID_TOKEN\n1,a\n', /“ID” differs from “id” only in case/],
    ["'id','id_token'\n1,a\n", /“id” is in single quotes: csv\.quote: "'" takes them for what they are/],
    ['[id],[id_token]\n1,a\n', /is in quotation marks or brackets that are not double quotes/],
    ['i\u200bd,id_token\n1,a\n', /looks like “id” and is written with other Unicode characters/],
    [Buffer.from('id,id_token\n1,a\n', 'utf16le'), /it looks like UTF-16/],
    [utf32('id,id_token\n1,a\n'), /it looks like UTF-32: convert it/],
    ['id\rid_token\n1,a\n', /lines must end in LF or CRLF/],
    ['id,id,id_token\n1,a\n', /which one is meant cannot be told/],
    ['\nid,id_token\n1,a\n', /csv\.skip_lines says how many lines stand above the header/],
    ['x,y\n1,a\n', /the first line must hold the headers/],
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
    ['id,id_token,\n1,a\n', {}, /line 2: the row has only 2 fields/, /the header ends with a delimiter/],
    ['id,id_token,\n1,a\n', nulls, /line 2: the row has only 2 fields/, /the header ends with a delimiter/],
    ['id,id_token\r\n1,a,\r\n', {}, /line 2: the row has 3 fields/, /the row ends with a delimiter/],
    ['id,id_token\n"1",a,\n', {}, /line 2: the row has 3 fields/, /the row ends with a delimiter/],
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
    ['', {}, /is empty; it needs a header and rows/, /export it again/],
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
