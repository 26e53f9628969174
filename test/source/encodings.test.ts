import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { CsvEncoding } from '../../src/source/csv/read-chunks.js';
import { never, readRecords, writePair } from './csv-fixture.js';

const big = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
const little = (text: string): Buffer => Buffer.from(text, 'utf16le');
const rows = Array.from({ length: 9_000 }, (_, row): [string, string] => [`Zoë ${row} 漢😀`, `t${row}`]);
const text = `id,id_token\r\n${rows.map((row) => row.join(',')).join('\r\n')}\r\n`;

test('UTF-16 of either order, with a mark or without, plain or in gzip, is the text that it is', async (t) => {
  const cases: [what: string, data: Buffer, encoding: CsvEncoding][] = [
    ['big endian', big(text), 'utf16be'],
    ['big endian with a mark', big(`\uFEFF${text}`), 'utf16be'],
    ['little endian', little(text), 'utf16le'],
    ['a mark decides: big', big(`\uFEFF${text}`), 'utf8'],
    ['a mark decides: little', little(`\uFEFF${text}`), 'latin1'],
    ['a mark decides: UTF-8', Buffer.from(`\uFEFF${text}`), 'windows-1252'],
    ['gzip', gzipSync(big(`\uFEFF${text}`)), 'utf8'],
  ];
  for (const [what, data, encoding] of cases) {
    const { source } = await writePair(t, { data }, { encoding });
    assert.equal((await source.inspect(never)).rows, rows.length, what);
    assert.deepEqual(await readRecords(source), rows, what);
  }
});

test('every byte of windows-1252 is the character that Windows shows; those without one are refused', async (t) => {
  // From the Unicode Consortium's table, not from a decoder.
  const own = '€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ';
  const bytes = [0x80, ...Array.from({ length: 30 }, (_, at) => 0x82 + at)].filter(
    (byte) => ![0x8d, 0x8f, 0x90, 0x9d].includes(byte),
  );
  const high = Array.from({ length: 0x60 }, (_, at) => 0xa0 + at);
  const data = Buffer.concat([
    Buffer.from('id,id_token\nx'),
    Buffer.from(bytes),
    Buffer.from(high),
    Buffer.from(',t\n'),
  ]);
  const { source } = await writePair(t, { data }, { encoding: 'windows-1252' });
  assert.deepEqual(await readRecords(source), [[`x${own}${String.fromCharCode(...high)}`, 't']]);
  for (const byte of [0x81, 0x8d, 0x8f, 0x90, 0x9d]) {
    const bad = Buffer.concat([Buffer.from('id,id_token\nv,t\nv'), Buffer.from([byte]), Buffer.from(',t\n')]);
    const refused = await writePair(t, { data: bad }, { encoding: 'windows-1252' });
    await assert.rejects(refused.source.inspect(never), /line 3: not valid windows-1252/);
  }
});

test('UTF-8 that is read as single bytes is warned of before the first request, until a letter says otherwise', async (t) => {
  const warningsOf = async (
    rows: string,
    encoding: 'latin1' | 'windows-1252',
    foreign = '',
  ): Promise<string> => {
    const data = Buffer.concat([
      Buffer.from(`id,id_token\nplain,t1\n${rows}`),
      Buffer.from(foreign, 'latin1'),
    ]);
    const { source } = await writePair(t, { data }, { encoding });
    return ((await source.inspect(never)).warnings ?? []).join('\n');
  };
  for (const encoding of ['latin1', 'windows-1252'] as const) {
    for (const rows of ['Zoé,t2\n', 'O’Brien,t2\n', '"5 €",t2\n', '𠮷,t2\nplain,t3\nZoë,t4\n']) {
      const said = await warningsOf(rows, encoding);
      assert.match(said, /line 3: all letters beyond ASCII are written as UTF-8.*"utf8"/, rows);
      assert.doesNotMatch(said, /windows-1252/);
      assert.doesNotMatch(await warningsOf(rows, encoding, 'Zo\xeb,t9\n'), /UTF-8/, rows);
    }
  }
});

test('latin1 with bytes that it has no letters for is warned of before the first request', async (t) => {
  const data = Buffer.from('id,id_token\nZo\xeb,t1\nO\x92Brien,t2\n"\x80 5",t3\n', 'latin1');
  const { source } = await writePair(t, { data }, { encoding: 'latin1' });
  const { warnings = [] } = await source.inspect(never);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /id\.csv, line 3: bytes from 0x80 to 0x9F/);
  const fine = await writePair(t, { data: data.subarray(0, 19) }, { encoding: 'latin1' });
  assert.deepEqual((await fine.source.inspect(never)).warnings, []);
});

test('the files of a pair may be encoded in different ways', async (t) => {
  const files = {
    data: Buffer.from('id\nO\x92Brien\n', 'latin1'),
    tokens: big('\uFEFFid_token\nt1\n'),
  };
  const { source } = await writePair(t, files, { encoding: 'windows-1252' });
  assert.deepEqual(await readRecords(source), [['O’Brien', 't1']]);
  const unmarked = await writePair(
    t,
    { ...files, tokens: little('id_token\nt1\n') },
    { encoding: 'windows-1252', tokenEncoding: 'utf16le' },
  );
  assert.deepEqual(await readRecords(unmarked.source), [['O’Brien', 't1']]);
});

test('half a character of UTF-16 is an error with its line, in either order', async (t) => {
  for (const data of [big('id,id_token\nv,t\nx'), big('id,id_token\nv,t\n\uD800,t\n')]) {
    const { source } = await writePair(
      t,
      { data: data.subarray(0, data.length - 1) },
      { encoding: 'utf16be' },
    );
    await assert.rejects(source.inspect(never), (error: unknown) => {
      assert.ok(error instanceof SuperviseError);
      assert.match(error.message, /line 3: not valid UTF-16/);
      return true;
    });
  }
});

test('a file that is read in the wrong encoding is told from one without the headers', async (t) => {
  const other = /UTF-16 of the other order: csv\.encoding says so/;
  const eight = /read as UTF-8 it has the wanted headers; csv\.encoding says so/;
  const cases: [data: Buffer, encoding: CsvEncoding, says: RegExp][] = [
    [Buffer.from('id,id_token\nv,ta\nw,ub\n'), 'utf16le', eight],
    [Buffer.from('id,id_token\r\nv,ta\r\nw,u\r\n'), 'utf16be', eight],
    [big('id,id_token\nv,t\n'), 'utf16le', other],
    [little('id,id_token\r\nv,t\r\n'), 'utf16be', other],
    [little('id,id_token\nv,t\n'), 'utf8', /It looks like UTF-16/],
    [big('id,id_token\nv,t\n'), 'latin1', /It looks like UTF-16/],
  ];
  for (const [data, encoding, says] of cases) {
    const { source } = await writePair(t, { data }, { encoding });
    await assert.rejects(
      source.inspect(never),
      (error: unknown) => error instanceof SuperviseError && says.test(error.hint ?? ''),
      `${encoding}: ${String(says)}`,
    );
  }
});
