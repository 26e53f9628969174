import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { packedOf } from '../../src/record/packed-batch.js';
import { textsOf } from '../../src/record/packed-cells.js';
import { LinePacker } from '../../src/source/csv/pack-lines.js';
import { everything, never, writePair } from './csv-fixture.js';

const piece = fc.constantFrom(
  'a',
  'bc',
  'é',
  '漢',
  ' ',
  '\n',
  '\n',
  '\r\n',
  '\r',
  '\t',
  'name',
  '\u0000',
  '\u007f',
);

test('lines found sixteen bytes at a time are those of the text, wherever it begins, or it is left to be looked at', () => {
  let packed = 0;
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }),
      fc.constantFrom('', '\n', 'x', '\nxx', 'xxx\n'),
      fc.constantFrom('', '\n', 'y', '\r\n'),
      (pieces, before, behind) => {
        const text = pieces.join('');
        const around = Buffer.from(before + text + behind);
        const start = Buffer.byteLength(before);
        const found = new LinePacker(Buffer.from('name')).pack(
          around.subarray(start, start + Buffer.byteLength(text)),
        );
        const lines = text.split(/\r?\n/);
        if (text === '' || text.endsWith('\n')) lines.pop();
        const isUsual = lines.every(
          (line) => line !== '' && line !== 'name' && Array.from(line).every((character) => character >= ' '),
        );
        if (found !== undefined) packed += 1;
        assert.deepEqual(found && textsOf(found), isUsual ? lines : undefined);
      },
    ),
    { numRuns: 5_000 },
  );
  assert.ok(packed > 500, 'the property must have been asked often enough');
});

test('lines that end where another block of bytes begins, or go on over several, are found as any others', () => {
  const block = 65_536;
  const shapes = [block - 2, block - 1, block, block + 1, 2 * block - 1, 2 * block, 3 * block + 5];
  for (const length of shapes) {
    for (const end of ['\n', '\r\n']) {
      const lines = ['x'.repeat(length), 'y', 'z'.repeat(block - 3), 'last'];
      const pack = (text: string) => new LinePacker(Buffer.from('name')).pack(Buffer.from(text));
      const found = pack(lines.join(end));
      assert.deepEqual(found && textsOf(found), lines);
      for (const odd of ['\r', '\0', '\n\n'])
        assert.equal(pack(`${lines.join(end)}${end}a${odd}b${end}`), undefined);
    }
  }
});

test('rows that come as bytes and rows that come as strings go in the same batches, each value with its own token', async (t) => {
  const odd = ['"quoted, with ""quotes"""', 'back\\slash', '""', '', 'Ünïcödé 漢字'];
  const rows = 20_000;
  const cellsOf = (letter: string, every: number): string[] =>
    Array.from({ length: rows }, (_, row) => {
      const isOdd = row % every < 3 && row > 0;
      return isOdd
        ? (odd[((row / every) % odd.length) | 0] ?? '')
        : `${letter}${row} ${'x'.repeat(row % 17)}`;
    });
  const [values, tokens] = [cellsOf('v', 6_101), cellsOf('t', 4_703)];
  const { source } = await writePair(t, {
    data: `id\n${values.join('\n')}\nlast\n`,
    tokens: `id_token\r\n${tokens.join('\r\n')}\r\nlast`,
  });
  const plain = (cell = ''): string =>
    cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
  const expected = [...values, 'last'].map((value, row) => [plain(value), plain(tokens[row] ?? 'last')]);
  const cursor = await source.open(never);
  let position = 0;
  const forms = new Set<boolean>();
  for (let size = 1; ; size = (size * 7) % 613) {
    const batch = await cursor.read({ ...everything, start: position }, size);
    if (batch === undefined) break;
    forms.add(packedOf(batch) !== undefined);
    const sent = expected.slice(position, batch.end).filter(([value, token]) => value !== '' && token !== '');
    assert.equal(batch.start, position);
    assert.deepEqual(
      batch.values.map((value, at) => [value, batch.tokens[at]]),
      sent,
    );
    position = batch.end;
  }
  await cursor.close();
  assert.equal(position, rows + 1);
  assert.deepEqual([...forms].sort(), [false, true], 'both forms came');
});
