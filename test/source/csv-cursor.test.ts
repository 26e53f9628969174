import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { recordPositions } from '../../src/record/batch.js';
import { namedDialects, usualDialect, type Dialect } from '../../src/source/csv/dialect.js';
import type { CsvEncoding } from '../../src/source/csv/read-chunks.js';
import { PIECE_BYTES } from '../../src/source/fingerprints/piece-table.js';
import { everything, never, readBatches, readRecords, writePair } from './csv-fixture.js';

function numbered(header: string, letter: string, rows: number): string {
  return `${header}\n${Array.from({ length: rows }, (_, row) => `${letter}${row}\n`).join('')}`;
}

test('a batch holds consecutive rows, with the empty ones counted by reason at their positions', async (t) => {
  const { source } = await writePair(t, {
    data: 'id\nv0\n\nv2\n""\nv4\n\nv6\nv7\n\n\n',
    tokens: 'id_token\nt0\nt1\n\nt3\nt4\n\nt6\nt7',
  });
  assert.deepEqual(await readBatches(source, { maxRecords: 2 }), [
    {
      start: 0,
      end: 5,
      values: ['v0', 'v4'],
      tokens: ['t0', 't4'],
      plain: false,
      skipped: [
        { position: 1, reason: 'empty_value' },
        { position: 2, reason: 'empty_token' },
        { position: 3, reason: 'empty_value' },
      ],
    },
    {
      start: 5,
      end: 8,
      values: ['v6', 'v7'],
      tokens: ['t6', 't7'],
      plain: false,
      skipped: [{ position: 5, reason: 'empty_value' }],
    },
  ]);
});

test('a quoted empty cell at the end of a file of one column is a row, a blank line is not', async (t) => {
  const { source } = await writePair(t, { data: 'id\nv0\n""\n\n', tokens: 'id_token\nt0\n""\n' });
  assert.equal((await source.inspect(never)).rows, 2);
  const [batch] = await readBatches(source);
  assert.deepEqual(batch?.skipped, [{ position: 1, reason: 'empty_value' }]);
});

test('blank lines at the end of a file of several columns are nothing', async (t) => {
  const { source } = await writePair(t, { data: 'id,id_token\nv0,t0\n\n\r\n' });
  assert.deepEqual(await readRecords(source), [['v0', 't0']]);
});

test('a batch says that its cells stand in JSON as they are, if they do', async (t) => {
  const plain = ['v', 'Zoë', '😀', ' ', "'", '\u007f\u0080', 'x'.repeat(200)];
  for (const lineEnd of ['\n', '\r\n']) {
    // The odd one stands at every place of a word of four bytes, and at both ends of the text.
    for (const odd of ['\\', '\u0000', '\u001f', '\t', '"a"', 'v']) {
      for (let at = 0; at < 9; at += 1) {
        const cells = [...plain, odd === '"a"' ? odd : `${'v'.repeat(at)}${odd}v`];
        for (const rows of [cells, [...cells].reverse()]) {
          const fine = rows.map(() => 't').join('\n');
          const text = rows.join(lineEnd);
          const last = lineEnd.repeat(at % 2);
          const accept = ['nul'] as const;
          const ofValues = await writePair(
            t,
            { data: `id${lineEnd}${text}${last}`, tokens: `id_token\n${fine}` },
            { accept },
          );
          const ofTokens = await writePair(
            t,
            { data: `id\n${fine}`, tokens: `id_token${lineEnd}${text}${last}` },
            { accept },
          );
          for (const { source } of [ofValues, ofTokens]) {
            const [batch] = await readBatches(source, { maxRecords: 100 });
            assert.equal(batch?.plain, odd === 'v', JSON.stringify({ odd, at, lineEnd }));
          }
        }
      }
    }
  }
});

test('values travel as they stand: spaces, tabs, text of any script', async (t) => {
  const values = [' a ', '\tb', 'c\u200b', 'Zoë', '😀', '\u00a0', 'null', 'x\uFEFF', 'x'.repeat(200_000)];
  const { source } = await writePair(t, {
    data: `\uFEFFid\r\n${values.join('\r\n')}`,
    tokens: `id_token\n${values.map((_, row) => `t${row}`).join('\n')}\n`,
  });
  assert.deepEqual(
    (await readRecords(source)).map(([value]) => value),
    values,
  );
});

test('any division into ranges and batches gives every row of the ranges once, at its position', async (t) => {
  const rows = 300;
  const isEmpty = (row: number) => row % 7 === 3 || (row > 100 && row < 140);
  const { source } = await writePair(t, {
    data: `id\n${Array.from({ length: rows }, (_, row) => (isEmpty(row) ? '\n' : `v${row}\n`)).join('')}`,
    tokens: numbered('id_token', 't', rows),
  });
  const borders = fc
    .uniqueArray(fc.nat({ max: rows + 20 }), { maxLength: 8 })
    .map((list) => list.sort((a, b) => a - b));
  await fc.assert(
    fc.asyncProperty(borders, fc.integer({ min: 1, max: 40 }), async (list, maxRecords) => {
      const cursor = await source.open(never);
      for (let index = 0; index + 1 < list.length; index += 2) {
        const within = { start: list[index] ?? 0, end: list[index + 1] ?? 0 };
        let next = within.start;
        for (;;) {
          const batch = await cursor.read(within, maxRecords);
          if (batch === undefined) break;
          assert.equal(batch.start, next);
          assert.ok(batch.end > batch.start && batch.values.length <= maxRecords);
          assert.equal(batch.end - batch.start, batch.values.length + batch.skipped.length);
          const positions = recordPositions(batch);
          assert.deepEqual(
            batch.values,
            positions.map((position) => `v${position}`),
          );
          assert.deepEqual(
            batch.tokens,
            positions.map((position) => `t${position}`),
          );
          assert.ok(
            batch.skipped.every(({ position, reason }) => isEmpty(position) && reason === 'empty_value'),
          );
          next = batch.end;
        }
        assert.equal(next, Math.max(within.start, Math.min(within.end, rows)));
      }
      await cursor.close();
    }),
    { numRuns: 60 },
  );
});

test('a million empty rows come in batches of ten thousand or so', async (t) => {
  const rows = 1_000_000;
  const { source } = await writePair(t, {
    data: `id\n${'\n'.repeat(rows)}v\n`,
    tokens: `id_token\n${'\n'.repeat(rows)}t\n`,
  });
  const batches = await readBatches(source, { maxRecords: 300 });
  assert.ok(batches.every(({ start, end }) => end - start <= 10_300));
  assert.equal(batches.at(-1)?.end, rows + 1);
  assert.deepEqual(batches.at(-1)?.values, ['v']);
});

test('a file that changes between the pass and reading is refused', async (t) => {
  const { source, tokenFile } = await writePair(t, { data: 'id\nv\n', tokens: 'id_token\nt\n' });
  await source.inspect(never);
  await appendFile(tokenFile, '\n');
  await assert.rejects(source.open(never), (error) => {
    assert.ok(error instanceof SuperviseError && error.code === 'input_changed');
    assert.match(error.message, /id_tokens\.csv changed .*it had 11 bytes and has 12/);
    return true;
  });
});

test('reading and inspecting end with the reason of the signal', async (t) => {
  const rows = 100_000;
  const files = { data: numbered('id', 'v', rows), tokens: numbered('id_token', 't', rows) };
  const { source } = await writePair(t, files);
  const stop = new AbortController();
  const reason = new Error('enough');
  const cursor = await source.open(stop.signal);
  t.after(() => cursor.close());
  await cursor.read(everything, 10);
  const inspecting = source.inspect(stop.signal);
  stop.abort(reason);
  await assert.rejects(inspecting, reason);
  await assert.rejects(cursor.read({ start: rows, end: rows + 1 }, 1), reason);
});

test('two reads at the same time are a defect, not a mix of rows', async (t) => {
  const { source } = await writePair(t, { data: 'id\nv\n', tokens: 'id_token\nt\n' });
  const cursor = await source.open(never);
  t.after(() => cursor.close());
  const first = cursor.read(everything, 1);
  await assert.rejects(cursor.read(everything, 1), { code: 'internal' });
  assert.deepEqual((await first)?.values, ['v']);
});

test('where reading may begin is where a row begins, in every encoding and dialect of which the bytes are the text', async (t) => {
  const standard = { ...usualDialect, delimiter: '|' };
  const cases: [
    what: string,
    encoding: Exclude<CsvEncoding, 'utf16be'>,
    dialect: Dialect,
    isSought: boolean,
  ][] = [
    ['utf8', 'utf8', usualDialect, true],
    ['another delimiter', 'utf8', standard, true],
    ['latin1', 'latin1', usualDialect, true],
    ['windows-1252', 'windows-1252', usualDialect, true],
    ['several characters between', 'utf8', { ...usualDialect, delimiter: '~é~' }, true],
    ['Snowflake', 'utf8', namedDialects['snowflake-unload'], true],
    ['comments, windows-1252', 'windows-1252', { ...usualDialect, comment: '#' }, true],
    ['backslashes in quotes', 'latin1', { ...usualDialect, escape: 'backslash' }, true],
    ['utf16le', 'utf16le', usualDialect, false],
  ];
  for (const [what, encoding, dialect, isSought] of cases) {
    const euro = encoding === 'latin1' ? 'é' : '€';
    const { quote, delimiter, comment } = dialect;
    const filler = `${euro.repeat(40)}x`;
    const lineBreak = quote === undefined ? '\\\n' : '\n';
    const row = (at: number): string =>
      [
        ...(comment === undefined || at % 7 > 0 ? [] : [`${comment} not a row\n`]),
        at % 5 === 0 ? `${quote ?? ''}${at} ${filler}${lineBreak}next${quote ?? ''}` : `${at} ${filler}`,
        delimiter,
        `t${at}\n`,
      ].join('');
    const rows = 30_000;
    const text = `id${delimiter}id_token\n${Array.from({ length: rows }, (_, at) => row(at)).join('')}`;
    const data =
      encoding === 'windows-1252'
        ? Buffer.from(text.replaceAll('€', '\u0080'), 'latin1')
        : Buffer.from(encoding === 'utf8' ? `\uFEFF${text}` : text, encoding);
    assert.ok(data.length > 1.2 * PIECE_BYTES, `${what}: ${data.length}`);
    const { source } = await writePair(t, { data }, { encoding, dialect, delimiter: undefined });
    assert.equal((await source.inspect(never)).rows, rows, what);

    const cuts = (source.pieces?.() ?? []).flatMap(({ pieces }) => pieces.map(({ cut }) => cut));
    const sought = cuts.filter((cut) => cut?.byte !== undefined && cut.row > 0);
    assert.equal(sought.length > 0, isSought, what);
    for (const cut of sought) {
      const rest = data.subarray(cut?.byte, (cut?.byte ?? 0) + 40).toString('latin1');
      assert.match(rest, new RegExp(`^(# not a row\\n)?"?${cut?.row} `), what);
      const before = data.subarray(0, cut?.byte).toString('latin1').split('\n').length;
      assert.equal(cut?.line, before, what);
    }
    const near = sought.flatMap((cut) => [-1, 0, 1, 500].map((off) => (cut?.row ?? 0) + off));
    for (const start of [...near, rows - 1]) {
      const [batch] = await readBatches(source, { within: { start, end: start + 2 } });
      assert.equal(batch?.start, start, what);
      assert.equal(batch.tokens[0], `t${start}`, what);
      const [value = ''] = batch.values;
      assert.equal(value, `${start} ${filler}${start % 5 === 0 ? '\nnext' : ''}`, what);
    }
  }
});
