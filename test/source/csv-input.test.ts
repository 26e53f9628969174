import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { usualDialect } from '../../src/source/csv/dialect.js';
import { openCsvSource } from '../../src/source/csv/csv-source.js';
import { never, readRecords, temporaryFolder, writePair } from './csv-fixture.js';

const TOKENS = 'id_token\nt1\nt2\nt3\n';

test('the pass over both files knows rows, size, time of change and SHA-256 of each', async (t) => {
  const data = 'id\nv1\n\nv3\n\n';
  const { source, dataFile, tokenFile } = await writePair(t, { data, tokens: TOKENS });
  const { rows, inputs } = await source.inspect(never);
  assert.equal(rows, 3);
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  assert.deepEqual(
    inputs.map(({ modifiedAt, ...input }) => ({ ...input, dated: modifiedAt?.slice(0, 2) })),
    [
      { role: 'data file', name: dataFile, sizeBytes: 11, rows: 3, fingerprint: sha256(data), dated: '20' },
      {
        role: 'token file',
        name: tokenFile,
        sizeBytes: 18,
        rows: 3,
        fingerprint: sha256(TOKENS),
        dated: '20',
      },
    ],
  );
});

test('without the pass, inspecting knows neither rows nor SHA-256, and still looks at the headers', async (t) => {
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

async function sourceIn(t: TestContext, prepare: (directory: string) => Promise<[string, string]>) {
  const [dataFile, tokenFile] = await prepare(await temporaryFolder(t));
  return openCsvSource({
    vaultName: 'ID',
    dataFile,
    tokenFile,
    valueHeader: 'id',
    tokenHeader: 'id_token',
    delimiter: ',',
    encoding: 'utf8',
    precount: true,
  });
}

const absences: readonly [string, RegExp, (directory: string) => Promise<[string, string]>][] = [
  [
    'a missing file',
    /id\.csv does not exist; \S*id_tokens\.csv does not exist$/,
    (d) => Promise.resolve([`${d}/id.csv`, `${d}/id_tokens.csv`]),
  ],
  [
    'a missing data directory',
    /data does not exist; it should hold/,
    (d) => Promise.resolve([`${d}/data/id.csv`, `${d}/data/t.csv`]),
  ],
  [
    'a file where the data directory should be',
    /data is not a directory/,
    async (d) => {
      await writeFile(`${d}/data`, '');
      return [`${d}/data/id.csv`, `${d}/data/t.csv`];
    },
  ],
  [
    'a directory where a file should be',
    /id\.csv is a directory, where a file should be/,
    async (d) => {
      await mkdir(`${d}/id.csv`);
      return [`${d}/id.csv`, `${d}/t.csv`];
    },
  ],
  [
    'an address of a bucket',
    /^s3:\/\/bucket\/id\.csv is an address \(s3\), and only files are read/,
    () => named('s3://bucket/id.csv'),
  ],
  [
    'an address of the web',
    /^https:\/\/example\.com\/id\.csv is an address \(https\)/,
    () => named('https://example.com/id.csv'),
  ],
  [
    'an address with a password, which is not shown,',
    /^sftp:\/\/host\/id\.csv is an address \(sftp\)/,
    () => named('sftp://me:secret@host/id.csv'),
  ],
  [
    'an address of any other kind',
    /^r2:\/\/bucket\/id\.csv is an address/,
    () => named('r2://bucket/id.csv'),
  ],
  ['the address of a file', /^file:\/\/\/data\/id\.csv is an address/, () => named('file:///data/id.csv')],
  ['a stage of Snowflake', /^@stage\/id\.csv is not there; a stage/, () => named('@stage/id.csv')],
  [
    'a home directory',
    /~\/id\.csv does not exist: ~ is only replaced by a shell/,
    (d) => named(`${d}/~/id.csv`),
  ],
  [
    'alternatives in braces',
    /\{1\.\.9\}\.csv does not exist: \{1\.\.9\} is only replaced by a shell/,
    (d) => named(`${d}/id_{1..9}.csv`),
  ],
  ['standard input', /^- is not a file; standard input is not read/, () => named('-')],
  ['standard input by its name', /^\/dev\/stdin is not a file/, () => named('/dev/stdin')],
  ['a file that is open already', /^\/proc\/self\/fd\/0 is not a file/, () => named('/proc/self/fd/0')],
  [
    'a named pipe where a file should be, which would wait for a writer,',
    /id\.csv is not a regular file/,
    (d) => {
      execFileSync('mkfifo', [`${d}/id.csv`]);
      return named(`${d}/id.csv`);
    },
  ],
  [
    'a device where a file should be',
    /\/dev\/null is not a regular file/,
    () => Promise.resolve(['/dev/null', '/dev/null.csv']),
  ],
];

function named(name: string): Promise<[string, string]> {
  return Promise.resolve([name, name]);
}

for (const [what, says, prepare] of absences) {
  test(`${what} is an error that names it`, async (t) => {
    const source = await sourceIn(t, prepare);
    for (const attempt of [() => source.inspect(never), () => source.open(never)]) {
      await assert.rejects(attempt, (error) => error instanceof SuperviseError && says.test(error.message));
    }
  });
}

test('every form of file that is not read is named, with a way out that works', async (t) => {
  const forms: [beginning: string, says: RegExp, hint: RegExp][] = [
    ['ORC\0\0', /is an ORC file$/, /write it as CSV; .*docs\/csv\.md/],
    ['Obj\x01\0', /is an Avro file$/, /write it as CSV; .*docs\/csv\.md/],
    ['BZh91AY&SY\0', /is a bzip2 file$/, /`bunzip2 -k FILE`, or pack it with gzip or zstd$/],
    ['\xfd7zXZ\0\0', /is an xz file$/, /`unxz -k FILE`, or pack it with gzip or zstd$/],
    ['\x04"M\x18', /is an lz4 file$/, /`lz4 -d FILE`, or pack it with gzip or zstd$/],
    ['\xff\x06\0\0sNaPpY', /is a Snappy file$/, /with gzip$/],
    ['PK\x03\x04\x14\0', /is a zip archive$/, /`unzip FILE`, or pack each file with gzip or zstd$/],
    ['PK\x05\x06\0\0', /is a zip archive$/, /unzip/],
    ['PK\x03\x04mimetypeapplication/vnd.oasis.opendocument', /is an OpenDocument file$/, /CSV in UTF-8/],
    [`${'x'.repeat(257)}ustar\x0000`, /is a tar archive$/, /`tar xf FILE`$/],
    [']\0\0\x80\0\xff', /is an lzma file$/, /`unlzma -k FILE`/],
    ['\x89LZO\0\r\n', /is an lzo file$/, /`lzop -d FILE`/],
    ["'\xb5/\xfd\0", /is a zstd file of a version before 1\.0$/, /anew/],
    ['ARROW1\0\0', /is an Arrow file$/, /as CSV/],
    ['FEA1\0', /is a Feather file$/, /as CSV/],
    ['\x89HDF\r\n', /is an HDF5 file$/, /as CSV/],
    ['PGDMP\x01', /is an archive of pg_dump$/, /as CSV/],
    ['\xff\xfe\0\0i\0\0\0', /is text in UTF-32$/, /iconv/],
    ['\0\0\xfe\xff\0\0\0i', /is text in UTF-32$/, /iconv/],
    // What could also be a value of a record is told only where no headers are found.
    ['{"id":"1","id_token":"a"}\n', /is JSON$/, /as CSV/],
    [' [{"id":"1"}]', /is JSON$/, /as CSV/],
    ['\xef\xbb\xbf<!DOCTYPE html>\n', /is a web page$/, /fetch it again/],
    ['<?xml version="1.0"?>\n<Error>', /is XML$/, /a bucket/],
    ['version https://git-lfs.github.com/spec/v1\noid', /is what Git LFS keeps/, /`git lfs pull`/],
    ['-----BEGIN PGP MESSAGE-----\n\nx', /is encrypted$/, /decrypt it/],
    ['age-encryption.org/v1\n-> X', /is encrypted$/, /decrypt it/],
    ['-- MySQL dump 10.13\n', /is an SQL script$/, /as CSV/],
    ['INSERT INTO people VALUES (1, 2);\n', /is an SQL script$/, /as CSV/],
    ['\0'.repeat(100), /begins with nothing but zeros$/, /copy it again/],
    ['\x89\x84k\x89\x84m\xa3\x96\x92\x85\x95\x15\xf1k\x81\x15', /is text in EBCDIC$/, /iconv/],
    ['\x8c\x0d\x04\x09\x03\x02\x91', /is a binary file of a kind that is not known here/, /decrypt/],
  ];
  for (const [beginning, says, hint] of forms) {
    for (const precount of [true, false]) {
      const { source } = await writePair(t, { data: Buffer.from(beginning, 'latin1') }, { precount });
      await assert.rejects(
        source.inspect(never),
        (error) => error instanceof SuperviseError && says.test(error.message) && hint.test(error.hint ?? ''),
        String(says),
      );
    }
  }
});

test('a value that begins as a file of another kind does is a value', async (t) => {
  const rows = ['{"a":1}', '<html>', 'version https://git-lfs', '-----BEGIN PGP x', '-- MySQL dump'].map(
    (value, row): [string, string] => [value, `t${row}`],
  );
  const data = rows.map(([value, token]) => `"${value.replaceAll('"', '""')}",${token}\n`).join('');
  const dialect = { ...usualDialect, header: 'none' } as const;
  const { source } = await writePair(t, { data }, { dialect, valueHeader: '1', tokenHeader: '2' });
  assert.deepEqual(await readRecords(source), rows);
});

test('options that cannot work are refused before any file is opened', () => {
  const base = {
    vaultName: 'ID',
    dataFile: 'a.csv',
    tokenFile: 'b.csv',
    valueHeader: 'id',
    tokenHeader: 'id_token',
    delimiter: ',',
    encoding: 'utf8',
    precount: true,
  } as const;
  for (const wrong of [
    { delimiter: '' },
    { delimiter: 'a\uD800' },
    { delimiter: '"' },
    { delimiter: '\n' },
    { delimiter: '€', encoding: 'latin1' as const },
    { tokenFile: path.resolve('a.csv'), tokenHeader: 'id' },
    { keyHeader: 'id' },
  ]) {
    assert.throws(
      () => openCsvSource({ ...base, ...wrong }),
      (error) => error instanceof SuperviseError && error.code === 'config',
    );
  }
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
