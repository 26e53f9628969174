import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { ColumnReader } from '../../src/source/csv/column-reader.js';
import { PieceTable } from '../../src/source/fingerprints/piece-table.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { never, temporaryFolder } from './csv-fixture.js';

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/** What csv-parse alone makes of a whole file, with this program's rules on blank lines. */
function expectedRows(content: Buffer): Row[] | 'error' {
  const options = { bom: true, record_delimiter: ['\r\n', '\n'], relax_column_count: true };
  const text = content.subarray(content.subarray(0, 3).toString('hex') === 'efbbbf' ? 3 : 0);
  let records: string[][];
  const ends: number[] = [];
  try {
    records = parse(content, options);
    parse(text, { ...options, on_record: (_, { bytes }) => void ends.push(bytes) });
  } catch {
    return 'error';
  }
  let line = 1;
  const found = records.map((cells, index) => {
    const raw = text.toString('latin1', ends[index - 1] ?? 0, ends[index]);
    if (index > 0 && isNeverMeant(raw, cells, records[0] ?? [])) return undefined;
    const row = { line, cells, blank: /^\r?\n$/.test(raw) };
    line += raw.split('\n').length - 1;
    return row;
  });
  const rows = found.filter((row) => row !== undefined);
  if (rows.length < found.length) return 'error';
  while (rows.at(-1)?.blank === true) rows.pop();
  const columns = rows[0]?.cells.length;
  if (rows.some(({ cells, blank }) => cells.length !== columns || (blank && columns !== 1))) return 'error';
  return rows.slice(1).map(({ line: at, cells }) => ({ line: at, cells }));
}

/** A lone CR outside of quotes, a NUL, a byte order mark at the beginning, the header: of a record as it stands. */
function isNeverMeant(raw: string, cells: readonly string[], header: readonly string[]): boolean {
  const unquoted = raw.replaceAll(/"(?:[^"]|"")*"/g, '');
  return (
    /\r(?!\n)/.test(unquoted) ||
    raw.includes('\0') ||
    raw.startsWith('\u00ef\u00bb\u00bf') ||
    isDeepStrictEqual(cells, header)
  );
}

async function actualRows(file: string, headers: readonly string[]): Promise<Row[] | 'error'> {
  const format = { delimiter: ',', encoding: 'utf8' } as const;
  const part = { path: file, table: new PieceTable({ whole: undefined }), isLast: true };
  const options = { part, format, headers, signal: never };
  const wanted = headers.filter((header) => header !== 'other');
  const reader = await ColumnReader.open({ ...options, wanted });
  const counter = await ColumnReader.open({ ...options, wanted: [] });
  try {
    const rows = await collect(reader);
    const counted = await collect(counter);
    // Counting alone finds the same rows, or the same fault.
    assert.deepEqual(
      counted === 'error' ? counted : counted.map(({ line }) => line),
      rows === 'error' ? rows : rows.map(({ line }) => line),
    );
    return rows;
  } finally {
    await reader.close();
    await counter.close();
  }
}

function standsInJson(cell: string): boolean {
  return JSON.stringify(cell) === `"${cell}"`;
}

async function collect(reader: ColumnReader): Promise<Row[] | 'error'> {
  const rows: Row[] = [];
  try {
    for (let block = await reader.next(); block !== undefined; block = await reader.next()) {
      if (block.plain) assert.ok(block.columns.flat().every(standsInJson), 'a cell needs an escape');
      for (let row = 0; row < block.rows; row += 1) {
        rows.push({ line: block.lineOf(row), cells: block.columns.map((cells) => cells[row] ?? 'missing') });
      }
    }
    assert.equal(reader.rows, rows.length);
    return rows;
  } catch (error) {
    assert.ok(error instanceof SuperviseError && error.code === 'source', String(error));
    return 'error';
  }
}

const CHUNK_BYTES = 65_536;
const lineEnd = fc.constantFrom('\n', '\n', '\r\n');
const plainCell = fc.constantFrom(
  'a',
  'Zoë',
  '😀😀',
  ' x ',
  '\t',
  'back\\slash',
  '\u0000',
  'long'.repeat(9),
  '\r',
  '\uFEFF',
  "o'neil",
  '漢字',
);
const quotedCell = fc
  .array(fc.constantFrom('a', ',', '\n', '\r\n', '""', 'é', '😀', ' ', '\r'), { maxLength: 6 })
  .map((parts) => `"${parts.join('')}"`);
const cell = fc.oneof({ weight: 4, arbitrary: plainCell }, quotedCell, fc.constant(''));
/** Anything at all, mostly broken. */
const rubbish = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', '\r', 'é'), maxLength: 24 });

function wellFormed(columns: number): fc.Arbitrary<string> {
  const row = fc.tuple(fc.array(cell, { minLength: columns, maxLength: columns }), lineEnd);
  return fc
    .array(
      row.map(([cells, end]) => cells.join(',') + end),
      { maxLength: 30 },
    )
    .map((rows) => rows.join(''));
}

interface FileSpec {
  readonly bom: boolean;
  readonly headerEnd: string;
  /** How far before the border of the first chunk the rows begin, if they do not begin at once. */
  readonly beforeBorder: number | null;
  readonly rows: string;
  readonly rubbish: string;
  readonly lastLineEnd: boolean;
}

function fileSpecs(columns: number): fc.Arbitrary<FileSpec> {
  return fc.record({
    bom: fc.boolean(),
    headerEnd: lineEnd,
    beforeBorder: fc.option(fc.nat({ max: 60 })),
    rows: wellFormed(columns),
    rubbish: fc.oneof({ weight: 3, arbitrary: fc.constant('') }, rubbish),
    lastLineEnd: fc.boolean(),
  });
}

function contentOf(spec: FileSpec, header: string, columns: number): Buffer {
  let text = (spec.bom ? '\uFEFF' : '') + header + spec.headerEnd;
  if (spec.beforeBorder !== null) {
    const padding = ','.repeat(columns - 1);
    const filler = CHUNK_BYTES - Buffer.byteLength(text) - padding.length - 1 - spec.beforeBorder;
    text += 'f'.repeat(filler) + padding + '\n';
  }
  text += spec.rows + spec.rubbish;
  return Buffer.from(spec.lastLineEnd ? text : text.replace(/\r?\n$/, ''));
}

for (const { header, headers, what } of [
  { header: 'id', headers: ['id'], what: 'one column' },
  { header: '"id",other,"id ""token"""', headers: ['id', 'id "token"', 'other'], what: 'several columns' },
]) {
  test(`a file of ${what} has the rows that csv-parse sees, on their lines, wherever chunks are cut`, async (t) => {
    const file = path.join(await temporaryFolder(t), 'fuzz.csv');
    await fc.assert(
      fc.asyncProperty(fileSpecs(headers.length), async (spec) => {
        const content = contentOf(spec, header, headers.length);
        await writeFile(file, content);
        const expected = expectedRows(content);
        const wantedCells = headers.length === 1 ? [0] : [0, 2];
        const cells =
          expected === 'error'
            ? expected
            : expected.map((row) => ({
                line: row.line,
                cells: wantedCells.map((at) => row.cells[at] ?? 'missing'),
              }));
        assert.ok(isDeepStrictEqual(await actualRows(file, headers), cells), 'other rows than csv-parse');
      }),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 100) },
    );
  });
}
