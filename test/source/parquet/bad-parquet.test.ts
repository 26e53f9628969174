import assert from 'node:assert/strict';
import { open, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { crc32, gzipSync } from 'node:zlib';
import { parquetMetadata } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { isHadoopLz4, lz4Size } from '../../../src/source/parquet/lz4-size.js';
import { unpackerOf } from '../../../src/source/parquet/unpack-page.js';
import { everything, never, readRecords, temporaryFolder } from '../csv-fixture.js';
import { skippableFrame, zstdFrame } from '../zstd-fixture.js';
import { Duck, openParquetFile } from './parquet-fixture.js';

const rows = (count: number): string =>
  `SELECT 'v' || range AS id, 't' || range AS id_token FROM range(${count})`;

/** What both the pass and, without it, reading come to. */
async function outcomes(file: string): Promise<string[]> {
  const attempts = [
    () => openParquetFile(file).inspect(never),
    () => readRecords(openParquetFile(file, { precount: false })),
  ];
  return Promise.all(
    attempts.map(async (attempt) => {
      try {
        await attempt();
        return 'read';
      } catch (error) {
        assert.ok(error instanceof SuperviseError, String(error));
        assert.equal(error.code, 'source');
        assert.ok((error.hint ?? '') !== '', error.message);
        const said = `${error.message} ${error.hint ?? ''}`.replaceAll(dirname(file), '');
        assert.doesNotMatch(said, /[vt]\d{2,}/, 'no record stands in it');
        return error.message;
      }
    }),
  );
}

async function written(
  t: TestContext,
  count: number,
  options?: string,
): Promise<{ file: string; bytes: Buffer }> {
  const file = join(await temporaryFolder(t), 'id.parquet');
  await using duck = await Duck.open();
  await duck.write(file, rows(count), options);
  return { file, bytes: await readFile(file) };
}

test('a Parquet file that is cut short anywhere is refused before anything is sent', async (t) => {
  const { file, bytes } = await written(t, 300);
  for (let end = 5; end < bytes.length; end += end < bytes.length - 12 ? 37 : 1) {
    await writeFile(file, bytes.subarray(0, end));
    for (const says of await outcomes(file)) assert.match(says, /cut short/, `at ${end}`);
  }
});

test('a Parquet file whose footer, page or dictionary is damaged is refused, and says where', async (t) => {
  const { file, bytes } = await written(t, 3_000, 'COMPRESSION zstd');
  const damage: [what: string, at: number, with_: Buffer, says: RegExp][] = [
    ['the length of the footer', bytes.length - 8, Buffer.from([0xff, 0xff, 0xff, 0x7f]), /footer/],
    ['the footer', bytes.length - 200, Buffer.alloc(60, 0xee), /footer/],
    [
      'the first page',
      4,
      Buffer.alloc(40, 0xee),
      /id\.parquet, column "id", near row 1: the file is damaged/,
    ],
    ['what a page holds', 400, Buffer.alloc(300, 0), /near row \d+: the file is damaged/],
  ];
  for (const [what, at, other, says] of damage) {
    const changed = Buffer.from(bytes);
    other.copy(changed, at);
    await writeFile(file, changed);
    for (const said of await outcomes(file)) assert.match(said, says, what);
  }
});

test('an encrypted file, a packed one and one that is none are named, with the way out', async (t) => {
  const directory = await temporaryFolder(t);
  const at = (name: string): string => join(directory, name);
  await using duck = await Duck.open();
  await duck.run(`SET force_mbedtls_unsafe = 'true'`);
  await duck.run(`PRAGMA add_parquet_key('key', '0123456789112345')`);
  await duck.write(at('secret.parquet'), rows(10), `ENCRYPTION_CONFIG {footer_key: 'key'}`);
  await duck.write(at('plain.parquet'), rows(10));
  const plain = await readFile(at('plain.parquet'));
  await writeFile(at('packed.parquet'), gzipSync(plain));
  await writeFile(at('zstd.parquet'), zstdFrame(plain));
  await writeFile(at('text.parquet'), 'id,id_token\nv,t\n');
  await writeFile(at('empty.parquet'), '');
  await duck.write(at('no-rows.parquet'), rows(0));
  await duck.write(at('long.parquet'), rows(3_000), 'COMPRESSION uncompressed');
  const long = await readFile(at('long.parquet'));
  await writeFile(at('joined.parquet'), Buffer.concat([plain, plain]));
  // The second reaches beyond the end of the first.
  await writeFile(at('joined-short.parquet'), Buffer.concat([plain, long]));
  const cases: [file: string, meant: boolean, says: RegExp][] = [
    ['secret.parquet', true, /is encrypted$/],
    ['packed.parquet', false, /is a Parquet file inside a gzip file$/],
    ['zstd.parquet', false, /is a Parquet file inside a zstd file$/],
    ['text.parquet', true, /is not a Parquet file, which/],
    ['empty.parquet', true, /is not a Parquet file/],
    ['no-rows.parquet', true, /has no rows/],
    ['joined.parquet', true, /holds several Parquet files joined into one/],
    ['joined-short.parquet', true, /holds several Parquet files joined into one/],
    ['missing.parquet', true, /does not exist/],
  ];
  for (const [name, isMeant, says] of cases) {
    await assert.rejects(
      openParquetFile(at(name), { formats: isMeant ? { meant: 'parquet' } : {} }).inspect(never),
      (error) => error instanceof SuperviseError && says.test(error.message),
      name,
    );
  }
  const unmeant = openParquetFile(at('plain.parquet'), { formats: {} });
  assert.equal((await unmeant.inspect(never)).rows, 10, 'its first bytes say what it is');
});

test('what is sent is what the pass has seen: any byte that changes in between ends the load before a row of it', async (t) => {
  const file = join(await temporaryFolder(t), 'id.parquet');
  await using duck = await Duck.open();
  const query = `SELECT md5(range::VARCHAR) || md5('x' || range) AS id, 't' || range AS id_token FROM range(40000)`;
  await duck.write(file, query, 'COMPRESSION uncompressed, ROW_GROUP_SIZE 10240');
  const truth = await duck.rows(`SELECT id, id_token FROM (${query})`);
  const { size } = await stat(file);
  const bytes = await readFile(file);
  const longAgo = new Date('2026-01-02T03:04:05Z');
  await utimes(file, longAgo, longAgo);
  for (const at of [40, Math.floor(size / 3), Math.floor(size / 2), size - 20]) {
    const source = openParquetFile(file);
    await source.inspect(never);
    const cursor = await source.open(never);
    const first = await cursor.read(everything, 1_000);
    assert.equal(first?.values.length, 1_000);
    const handle = await open(file, 'r+');
    await handle.write(Buffer.from([(bytes[at] ?? 0) ^ 1]), 0, 1, at);
    await handle.close();
    await utimes(file, longAgo, longAgo);
    const all = async (): Promise<void> => {
      for (;;) {
        const batch = await cursor.read(everything, 1_000);
        if (batch === undefined) return;
        for (const [index, value] of batch.values.entries()) {
          assert.deepEqual([value, batch.tokens[index]], truth[batch.start + index]);
        }
      }
    };
    await assert.rejects(
      all,
      (error) => error instanceof SuperviseError && error.code === 'input_changed',
      `byte ${at}`,
    );
    await cursor.close();
    await writeFile(file, bytes);
    await utimes(file, longAgo, longAgo);
  }
});

/** A file of one row group whose last column has the checksum of its page in the page's header, where DuckDB writes none. */
function withChecksum(bytes: Buffer, pageAt: number): Buffer {
  let at = pageAt;
  const varint = (): number => {
    at += 1;
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return Math.floor(value / 2);
    }
  };
  const [type, , packedBytes] = [varint(), varint(), varint()] as const;
  assert.deepEqual([type, bytes[at]], [0, 0x2c], 'a page of data, then what it holds');
  const fieldAt = at;
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: pageAt };
  parquetHeader(reader);
  const pageStart = reader.offset;
  const crc = crc32(bytes.subarray(pageStart, pageStart + packedBytes)) | 0;
  const zigzag: number[] = [];
  for (let left = BigInt.asUintN(64, (BigInt(crc) << 1n) ^ (BigInt(crc) >> 63n)); ; left >>= 7n) {
    zigzag.push(Number(left & 0x7fn) | (left > 0x7fn ? 0x80 : 0));
    if (left <= 0x7fn) break;
  }
  const field = Buffer.from([0x15, ...zigzag, 0x1c]);
  return Buffer.concat([bytes.subarray(0, fieldAt), field, bytes.subarray(fieldAt + 1)]);
}

test('a page whose checksum is another one is refused', async (t) => {
  const { file, bytes } = await written(t, 200, 'COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1');
  const chunk = parquetMetadata(bytes).row_groups[0]?.columns[1]?.meta_data;
  const summed = withChecksum(bytes, Number(chunk?.data_page_offset ?? 0));
  await writeFile(file, summed);
  assert.deepEqual(await outcomes(file), ['read', 'read']);
  const last = summed.indexOf('t199') + 3;
  summed[last] = 0x38;
  await writeFile(file, summed);
  for (const said of await outcomes(file))
    assert.match(said, /"id_token", near row 1: .* the checksum of a page is another one/);
});

test('pages are unpacked to the byte or refused: cut, changed, with an LZ4 block that only looks whole', async () => {
  const lz4 = Buffer.from('5068656c6c6f', 'hex');
  assert.equal(lz4Size(lz4), 5);
  const framed = Buffer.concat([Buffer.from([0, 0, 0, 5, 0, 0, 0, lz4.length]), lz4]);
  assert.ok(isHadoopLz4(framed, 5) && !isHadoopLz4(lz4, 5) && !isHadoopLz4(framed, 6));
  const pages: [codec: string, page: Buffer, length: number][] = [
    ['SNAPPY', Buffer.from('051068656c6c6f', 'hex'), 5],
    ['GZIP', gzipSync('hello'), 5],
    ['ZSTD', zstdFrame('hello'), 5],
    ['ZSTD', Buffer.concat([zstdFrame('hel', { hasSize: true }), zstdFrame('lo')]), 5],
    ['ZSTD', Buffer.concat([zstdFrame('he'), skippableFrame(Buffer.from('x')), zstdFrame('llo')]), 5],
    ['LZ4_RAW', lz4, 5],
    ['LZ4', lz4, 5],
    ['LZ4', framed, 5],
  ];
  for (const [codec, page, length] of pages) {
    const unpack = await unpackerOf(codec);
    assert.equal(Buffer.from(unpack(page, length)).toString(), 'hello', codec);
    for (const other of [length - 1, length + 1]) assert.throws(() => unpack(page, other), codec);
    for (let end = 0; end < page.length; end += 1) {
      assert.throws(() => unpack(page.subarray(0, end), length), `${codec} cut at ${end}`);
    }
  }
  const zstd = await unpackerOf('ZSTD');
  const changed = zstdFrame('hello');
  changed[changed.indexOf('hello')] = 0x6a;
  assert.throws(() => zstd(changed, 5), /cannot be unpacked/, 'its checksum tells');
  assert.throws(() => zstd(zstdFrame('hello', { dictionary: 7 }), 5), /cannot be unpacked/);
  await assert.rejects(unpackerOf('LZO'), /packed with LZO/);
});

test('a page whose header lacks what it needs, or has fewer rows, ends the reading: never without end, never in another column', async (t) => {
  const file = join(await temporaryFolder(t), 'id.parquet');
  // One byte of it is another one, so that the header of a page of version 2 ends before it says how long its parts are.
  const unending =
    'UEFSMRUEFRAVEEwVAhUAAAAEAAAAc2FtZRUGFQwVDFwVyAEV2hXIARUQFQYVAAAAyAEBAMgBFQQVIhUiTBUEFQAAAAcAAAAAMDAKIGFhAgAAADAiFQYVJBUkXBXIARUAFcgBFRAVBhUAAADIAQEBG6qqqqqqqqqqqqqqqgoVBBUQFRBMFQIVAAAABAAAAHNhbWUVBhUIFQhcFRQVABUUFRAVBBUAAAAUAQAUFQQVIhUiTBUEFQAAAAcAAAAAMDAKIGFhAgAAADAiFQYVDBUMXBUUFQAVFBUQFQQVAAAAFAEBBaoCFQQZPEgEcm9vdBUEABUMJQIYAmlkJQAAFQwlAhgIaWRfdG9rZW4lAAAW3AEZLBksJggcFQwZJQAQGRgCaWQVABbIARZkFmQmMiYIHDYAKARzYW1lGARzYW1lABksFQQVABUCABUGFRAVAgAAACZsHBUMGSUAEBkYCGlkX3Rva2VuFQAWyAEWjgEWjgEmqAEmbBw2ACgCMCIYBwAwMAogYWEAGSwVBBUAFQIAFQYVEBUCAAAAFvIBFsgBNvIBABksJvoBHBUMGSUAEBkYAmlkFQAWFBZcFlwmpAIm+gEcNgAoBHNhbWUYBHNhbWUAGSwVBBUAFQIAFQYVEBUCAAAAJtYCHBUMGSUAEBkYCGlkX3Rva2VuFQAWFBZyFnImkgMm1gIcNgAoAjAiGAcAMDAKIGFhABksFQQVABUCABUGFRAVAgAAABbOARYUNs4BACgJaHlwYXJxdWV0GSwcAAAcAAAAYgEAAFBBUjE=';
  await writeFile(file, Buffer.from(unending, 'base64'));
  for (const said of await outcomes(file)) assert.match(said, /"id", near row 1: the file is damaged/);

  await using duck = await Duck.open();
  await duck.write(file, rows(60), 'COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1');
  const bytes = await readFile(file);
  const count = bytes.indexOf(Buffer.from([0x2c, 0x15, 0x78])) + 2;
  assert.ok(count > 4 && count < 40, 'the header of the first page says 60 rows');
  bytes[count] = 0x14;
  await writeFile(file, bytes);
  for (const said of await outcomes(file)) assert.match(said, /"id", near row 11: the file is damaged/);
});
