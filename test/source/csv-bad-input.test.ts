import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { CsvSourceOptions } from '../../src/source/csv/csv-source.js';
import { failures } from './csv-fixture.js';

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
