import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { usualDialect } from '../../src/source/csv/dialect.js';
import { never, openSource, readRecords, temporaryFolder, writePair } from './csv-fixture.js';

async function sourceIn(t: TestContext, prepare: (directory: string) => Promise<[string, string]>) {
  const [dataFile, tokenFile] = await prepare(await temporaryFolder(t));
  return openSource({ dataFile, tokenFile });
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
    ['ORC\0\0', /is an ORC file$/, /Write it as CSV; .*docs\/csv\.md/],
    ['Obj\x01\0', /is an Avro file$/, /Write it as CSV; .*docs\/csv\.md/],
    ['BZh91AY&SY\0', /is a bzip2 file$/, /`bunzip2 -k FILE`, or pack it with gzip or zstd\.$/],
    ['\xfd7zXZ\0\0', /is an xz file$/, /`unxz -k FILE`, or pack it with gzip or zstd\.$/],
    ['\x04"M\x18', /is an lz4 file$/, /`lz4 -d FILE`, or pack it with gzip or zstd\.$/],
    ['\xff\x06\0\0sNaPpY', /is a Snappy file$/, /with gzip\.$/],
    ['PK\x03\x04\x14\0', /is a zip archive$/, /`unzip FILE`, or pack each file with gzip or zstd\.$/],
    ['PK\x05\x06\0\0', /is a zip archive$/, /unzip/],
    ['PK\x03\x04mimetypeapplication/vnd.oasis.opendocument', /is an OpenDocument file$/, /CSV in UTF-8/],
    [`${'x'.repeat(257)}ustar\x0000`, /is a tar archive$/, /`tar xf FILE`\.$/],
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
    ['-----BEGIN PGP MESSAGE-----\n\nx', /is encrypted$/, /Decrypt it/],
    ['age-encryption.org/v1\n-> X', /is encrypted$/, /Decrypt it/],
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
      () => openSource({ dataFile: 'a.csv', tokenFile: 'b.csv', ...wrong }),
      (error) => error instanceof SuperviseError && error.code === 'config',
    );
  }
});
