import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { unzstd } from '../../src/source/compression/unzstd.js';
import { withoutEngine } from '../support/optional-packages.js';
import { never, readRecords, temporaryFolder, writePair } from './csv-fixture.js';
import { packedByZstd, packedText, skippableFrame, zstdFrame } from './zstd-fixture.js';

/** Node's own decoder (where it has one), and the one that is used where it has none. */
const engines = [true, false];

/** What comes out when the file is given in chunks of a size; the error's message and hint where one comes. */
async function unpacked(data: Buffer, usesNative: boolean, chunkBytes = 997): Promise<string> {
  async function* chunks(): AsyncGenerator<Buffer, void, void> {
    // The buffer is used again, as that of a file is.
    const chunk = Buffer.alloc(chunkBytes);
    for (let at = 0; at < data.length; at += chunkBytes) {
      const bytes = data.copy(chunk, 0, at);
      yield chunk.subarray(0, bytes);
      await Promise.resolve();
    }
  }
  let text = '';
  try {
    for await (const chunk of unzstd('id.csv', chunks(), usesNative)) text += chunk.toString('latin1');
  } catch (error) {
    assert.ok(error instanceof SuperviseError, String(error));
    return `${error.message} | ${error.hint ?? ''}`;
  }
  return text;
}

test('zstd in every form is read whole: several frames, skippable ones, with and without checksum and size', async (t) => {
  const rows = Array.from({ length: 400 }, (_, row) => `v${row},t${row}\n`);
  const text = ['id,id_token\n', ...rows].join('');
  const middle = text.indexOf('v200,');
  const forms: Record<string, [data: Buffer, text: string]> = {
    'as the program writes it': [packedByZstd, packedText],
    'one frame': [zstdFrame(text), text],
    'without a checksum': [zstdFrame(text, { hasChecksum: false }), text],
    'with its size': [zstdFrame(text, { hasSize: true }), text],
    'with a run of one byte': [zstdFrame(`${text}${'x'.repeat(5_000)}`), `${text}${'x'.repeat(5_000)}`],
    'two frames': [Buffer.concat([zstdFrame(text.slice(0, middle)), zstdFrame(text.slice(middle))]), text],
    'skippable frames before, between and behind, as seekable files have them': [
      Buffer.concat([
        skippableFrame(Buffer.from('pzstd')),
        zstdFrame(text.slice(0, middle), { hasChecksum: false }),
        skippableFrame(Buffer.alloc(0)),
        zstdFrame(text.slice(middle)),
        skippableFrame(Buffer.alloc(70_000, 0x28)),
      ]),
      text,
    ],
    'many small frames, some of them empty': [
      Buffer.concat(rows.slice(0, 100).flatMap((row) => [zstdFrame(row), zstdFrame('')])),
      rows.slice(0, 100).join(''),
    ],
  };
  for (const [form, [data, expected]] of Object.entries(forms)) {
    for (const usesNative of engines) {
      for (const chunkBytes of [1, 7, 65_536]) {
        assert.equal(await unpacked(data, usesNative, chunkBytes), expected, `${form}, ${chunkBytes}`);
      }
    }
  }
  const { source } = await writePair(t, { data: packedByZstd });
  assert.equal((await source.inspect(never)).rows, 300);
  const records = await readRecords(source);
  assert.ok(
    records.every(([value, token], row) => value === `value ${row * row}` && token === `token ${row}`),
  );
});

test(
  'a zstd file that DuckDB writes is read to the row, under any name',
  { skip: withoutEngine },
  async (t) => {
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const directory = await temporaryFolder(t);
    const file = path.join(directory, 'rows.csv.zst');
    const database = await DuckDBInstance.create(':memory:');
    const connection = await database.connect();
    await connection.run(
      `COPY (SELECT 'v' || md5(range::VARCHAR) AS id, 't' || range AS id_token FROM range(30000)) TO '${file}' (FORMAT csv, HEADER, COMPRESSION zstd)`,
    );
    connection.closeSync();
    database.closeSync();
    const data = await readFile(file);
    const { source } = await writePair(t, { data });
    assert.equal((await source.inspect(never)).rows, 30_000);
    assert.ok((await readRecords(source)).every(([, token], row) => token === `t${row}`));
    assert.equal(await unpacked(data, false), await unpacked(data, true));
  },
);

test('a zstd file that is cut short anywhere, or has a byte changed anywhere, is refused, or what comes out is the same', async () => {
  const tail = zstdFrame('v,t\n', { hasSize: true });
  const data = Buffer.concat([packedByZstd, skippableFrame(Buffer.from('note')), tail]);
  // Only between frames may a file end.
  const ends = new Set([0, packedByZstd.length, data.length - tail.length, data.length]);
  const note = packedByZstd.length + 4;
  for (const usesNative of engines) {
    for (let end = 0; end < data.length; end += 1) {
      const text = await unpacked(data.subarray(0, end), usesNative);
      if (!ends.has(end)) assert.match(text, /^id\.csv is a zstd file cut short \| .*`zstd -t/, `at ${end}`);
    }
    const whole = await unpacked(data, usesNative);
    for (let at = 0; at < data.length; at += 1) {
      // What a skippable frame holds is nobody's, and it may say which of sixteen kinds it is.
      if (at === note - 4 || (at >= note + 4 && at < note + 8)) continue;
      const bytes = Buffer.from(data);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      const text = await unpacked(bytes, usesNative);
      // The same content may be written in several ways: what counts is that no other comes out.
      if (text !== whole)
        assert.match(text, /^id\.csv is (?:not a valid zstd file|a zstd file)/, `byte ${at}`);
    }
  }
});

test('what cannot be unpacked here is named with the command that unpacks it', async () => {
  const cases: [data: Buffer, says: RegExp][] = [
    [Buffer.concat([packedByZstd, Buffer.from('more')]), /something that is no zstd follows/],
    [zstdFrame('v', { dictionary: 7 }), /packed with a dictionary, .*`zstd -d -D DICTIONARY FILE`/],
    [zstdFrame('v', { window: 0xa8 }), /more than 128 MiB of memory to unpack .*`zstd -d --long=31 FILE`/],
  ];
  for (const [data, says] of cases) {
    for (const usesNative of engines) assert.match(await unpacked(data, usesNative), says);
  }
});

test('a file that was packed twice is named, not guessed at', async (t) => {
  const cases: [data: Buffer, says: RegExp][] = [
    [gzipSync(packedByZstd), /is a zstd file inside a gzip file$/],
    [zstdFrame(gzipSync(packedText)), /is a gzip file inside a zstd file$/],
    [gzipSync(gzipSync(packedText)), /is a gzip file inside a gzip file$/],
    [zstdFrame(packedByZstd), /is a zstd file inside a zstd file$/],
    [gzipSync(`${'x'.repeat(257)}ustar\x0000`), /is a tar archive inside a gzip file$/],
    [gzipSync('BZh91AY&SY\0\0'), /is a bzip2 file inside a gzip file$/],
    [zstdFrame('PK\x03\x04\x14\0[Content_Types].xml'), /is an Excel workbook \(xlsx\) inside a zstd file$/],
  ];
  for (const [data, says] of cases) {
    const { source, dataFile } = await writePair(t, { data: '' });
    await writeFile(dataFile, data);
    await assert.rejects(
      source.inspect(never),
      (error) =>
        error instanceof SuperviseError &&
        says.test(error.message) &&
        /^Unpack it once\.(?: Then: (?:Unpack it with|Save the sheet))?/.test(error.hint ?? ''),
      String(says),
    );
  }
});
