import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { ColumnReader } from '../../src/source/csv/column-reader.js';
import type { Dialect } from '../../src/source/csv/dialect.js';
import { PieceTable } from '../../src/source/fingerprints/piece-table.js';
import { dialectFor, never, openSource, readRecords, temporaryFolder } from './csv-fixture.js';
import { resolveForm } from '../../src/source/csv/form-settings.js';

test('any text in any dialect gives the pairs that csv-parse sees, or is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'fuzz.csv');
  const forms = fc.record({
    delimiter: fc.constantFrom(',', ';', '\t', '||', ', ', '\u0001'),
    quote: fc.constantFrom('"', "'", 'none'),
    escape: fc.constantFrom('doubled' as const, 'backslash' as const, 'none' as const),
    comment: fc.constantFrom(undefined, undefined, '#', '--'),
    null_strings: fc.constantFrom([], [], ['\\N'], ['NULL', 'N']),
  });
  const text = fc.string({
    unit: fc.constantFrom(
      'a',
      'é',
      'N',
      'NULL',
      '\\N',
      '\\',
      '"',
      "'",
      ',',
      ';',
      '\t',
      '|',
      '||',
      ' ',
      '\n',
      '\r\n',
      '#',
      '--',
    ),
    maxLength: 40,
  });
  let same = 0;
  await fc.assert(
    fc.asyncProperty(forms, text, fc.nat({ max: 3 }), async ({ comment, ...form }, body, rows) => {
      // Rows that are right in most dialects, so that not everything is refused.
      const fine = Array.from({ length: rows }, (_, row) => `v${row}${form.delimiter}t${row}\n`).join('');
      const content = `1${form.delimiter}2\n${fine}${body}`;
      await writeFile(file, content);
      // csv-parse knows no escapes outside of quotes: the next test is for those.
      const escape = form.quote === 'none' ? 'none' : form.escape;
      const dialect = dialectFor({ ...form, escape, ...(comment === undefined ? {} : { comment }) });
      const headers = { valueHeader: '1', tokenHeader: '2' };
      const source = openSource({ ...headers, dataFile: file, tokenFile: file, dialect });
      let found: [string, string][];
      try {
        found = await readRecords(source);
      } catch (error) {
        assert.ok(error instanceof SuperviseError && error.code === 'source', String(error));
        return;
      }
      const expected = byCsvParse(content, dialect);
      if (expected === undefined) assert.fail('csv-parse refuses what was read');
      assert.deepEqual(found, expected);
      same += 1;
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 400) },
  );
  assert.ok(same > 20, `${same} texts were read at all`);
});

test('what is written by the rules of a dialect without quotes is read again, whatever it is', async (t) => {
  const file = path.join(await temporaryFolder(t), 'written.csv');
  const cell = fc.string({
    unit: fc.constantFrom('a', 'é', 'N', '\\', '"', "'", ',', '\t', '||', ' ', '\n', '😀', 'n', '0'),
    minLength: 1,
    maxLength: 12,
  });
  const names = fc.constantFrom(
    'snowflake-unload' as const,
    'mysql-outfile' as const,
    'postgres-copy' as const,
  );
  await fc.assert(
    fc.asyncProperty(
      names,
      fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 9 }),
      async (name, pairs) => {
        const form = { dialect: name };
        const { delimiter, header } = resolveForm(form, {});
        const write = (text: string): string =>
          name === 'postgres-copy'
            ? text
                .replaceAll('\\', '\\\\')
                .replaceAll('\t', String.raw`\t`)
                .replaceAll('\n', String.raw`\n`)
            : text.replaceAll(/[\\\n]/g, String.raw`\$&`).replaceAll(delimiter, `\\${delimiter}`);
        const lines = pairs.map((pair) => pair.map(write).join(delimiter));
        await writeFile(file, [...(header !== 'none' ? [`1${delimiter}2`] : []), ...lines, ''].join('\n'));
        const source = openSource({
          ...{ valueHeader: '1', tokenHeader: '2' },
          dataFile: file,
          tokenFile: file,
          dialect: dialectFor(form),
        });
        assert.deepEqual(await readRecords(source), pairs);
      },
    ),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 200) },
  );
});

/** What csv-parse makes of it, with the rules of this program for blank lines and empty cells. */
function byCsvParse(content: string, dialect: Dialect): [string, string][] | undefined {
  const { delimiter, quote, escape, comment, nullStrings } = dialect;
  try {
    const records: string[][] = parse(content, {
      delimiter,
      quote: quote ?? null,
      escape:
        quote === undefined ? null : escape === 'backslash' ? '\\' : escape === 'doubled' ? quote : null,
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
      skip_empty_lines: true,
      ...(comment === undefined ? {} : { comment, comment_no_infix: true }),
      cast: (cell, { quoting }) => (!quoting && nullStrings.includes(cell) ? '' : cell),
    });
    return records
      .slice(1)
      .map(([value = '', token = '']): [string, string] => [value, token])
      .filter(([value, token]) => value !== '' && token !== '');
  } catch {
    return undefined;
  }
}

test('a dialect’s text may be cut into chunks anywhere', async (t) => {
  const file = path.join(await temporaryFolder(t), 'cut.csv');
  const dialect = dialectFor({ delimiter: '||', comment: '--', null_strings: ['NULL'] });
  for (let shift = 0; shift < 24; shift += 1) {
    const filler = `${'f'.repeat(65_536 - 6 - shift)}||t\n`;
    await writeFile(file, `1||2\n${filler}"a""||\r\nb"||NULL\r\n--x\nc||d\n`);
    const table = new PieceTable({ whole: undefined });
    const headers = ['1', '2'];
    const reader = await ColumnReader.open({
      part: { path: file, table, isLast: true },
      format: { dialect, encoding: 'utf8' },
      headers,
      wanted: headers,
      signal: never,
    });
    const cells: string[][] = [];
    const lines: number[] = [];
    for (let block = await reader.next(); block !== undefined; block = await reader.next()) {
      for (let row = 0; row < block.rows; row += 1) {
        cells.push(block.columns.map((column) => column[row] ?? ''));
        lines.push(block.lineOf(row));
      }
    }
    await reader.close();
    assert.deepEqual(cells.slice(1), [
      ['a"||\r\nb', ''],
      ['c', 'd'],
    ]);
    assert.deepEqual(lines, [2, 3, 6]);
  }
});
