import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { HEADER_MODES, usualDialect, type Dialect } from '../../src/source/csv/dialect.js';
import { openSource, readRecords, temporaryFolder } from './csv-fixture.js';
import { skippableFrame, zstdFrame } from './zstd-fixture.js';

const runs = Number(process.env['FUZZ_RUNS'] ?? 300);

type Pairs = [string, string][];

/** How a text is stored: what a byte order mark says goes before what is configured. */
const encodings = {
  utf8: (text: string) => Buffer.from(text, 'utf8'),
  latin1: (text: string) => Buffer.from(text.replaceAll('€', 'E'), 'latin1'),
  'windows-1252': (text: string) => Buffer.from(text.replaceAll('€', '\u0080'), 'latin1'),
  utf16le: (text: string) => Buffer.from(text, 'utf16le'),
  utf16be: (text: string) => Buffer.from(text, 'utf16le').swap16(),
} as const;
type Encoding = keyof typeof encodings;

const compressions = {
  none: (bytes: Buffer) => bytes,
  gzip: (bytes: Buffer) => gzipSync(bytes),
  members: (bytes: Buffer) =>
    Buffer.concat([gzipSync(bytes.subarray(0, 5)), gzipSync(bytes.subarray(5)), Buffer.alloc(7)]),
  zstd: (bytes: Buffer) => zstdFrame(bytes),
  frames: (bytes: Buffer) =>
    Buffer.concat([
      zstdFrame(bytes.subarray(0, 9)),
      skippableFrame(Buffer.from('x')),
      zstdFrame(bytes.subarray(9)),
    ]),
} as const;

const dialects = fc
  .record({
    delimiter: fc.constantFrom(',', ',', ';', '\t', '||'),
    quote: fc.constantFrom('"', '"', "'", undefined),
    comment: fc.constantFrom(undefined, undefined, '#'),
    nullStrings: fc.constantFrom<readonly string[]>([], [], ['NULL', 'é']),
    header: fc.constantFrom(...HEADER_MODES),
  })
  .map((own): Dialect => ({ ...usualDialect, ...own, escape: own.quote === undefined ? 'none' : 'doubled' }));

const units = ['a', 'b', 'é', '€', 'NULL', '"', "'", ',', ';', '\t', '|', ' ', '\n', '\r\n', '#', '7'];
const cells = fc.string({ unit: fc.constantFrom(...units), maxLength: 5 });

/** A part: rows that are written by the rules, and now and then anything at all. */
const bodies = fc.record({
  rows: fc.array(fc.tuple(cells, cells), { maxLength: 5 }),
  isPlain: fc.boolean(),
  noise: fc.oneof(
    { weight: 9, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(...units), maxLength: 12 }) },
  ),
  lineEnd: fc.constantFrom('\n', '\n', '\r\n'),
  blanks: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 2),
  isEnded: fc.constantFrom(true, true, true, true, true, false),
  mark: fc.constantFrom<Encoding | undefined>(undefined, undefined, 'utf8', 'utf16le', 'utf16be'),
  compression: fc.constantFrom(...(Object.keys(compressions) as (keyof typeof compressions)[])),
});
type Body = typeof bodies extends fc.Arbitrary<infer B> ? B : never;

function writeCell(cell: string, { quote, delimiter }: Dialect, isPlain: boolean): string {
  if (quote === undefined || isPlain) return cell.replaceAll(/[^\p{L}\d ]/gu, '');
  const isSafe = !cell.includes(quote) && !cell.includes(delimiter) && !/[\r\n#]/.test(cell);
  return isSafe ? cell : `${quote}${cell.replaceAll(quote, quote + quote)}${quote}`;
}

function textOf(body: Body, dialect: Dialect, names: readonly string[], column: 0 | 1 | undefined): string {
  const { rows, isPlain, noise, lineEnd, blanks, isEnded } = body;
  const records = rows.map((row) =>
    row
      .filter((_, at) => column === undefined || at === column)
      .map((cell) => writeCell(cell, dialect, isPlain))
      .join(dialect.delimiter),
  );
  const lines = [...(names.length > 0 ? [names.join(dialect.delimiter)] : []), ...records];
  return `${lines.join(lineEnd)}${isEnded || blanks > 0 ? lineEnd : ''}${lineEnd.repeat(blanks)}${noise}`;
}

function store(text: string, encoding: Encoding, { mark, compression }: Body): Buffer {
  const bytes = mark === undefined ? encodings[encoding](text) : encodings[mark](`\uFEFF${text}`);
  return compressions[compression](bytes);
}

/** The records of one text as csv-parse sees them, blank lines as records of one empty cell. */
function parsed(text: string, { delimiter, quote, comment, nullStrings }: Dialect): string[][] {
  return parse(text, {
    delimiter,
    quote: quote ?? null,
    escape: quote ?? null,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: false,
    ...(comment === undefined ? {} : { comment, comment_no_infix: true }),
    cast: (cell, { quoting }) => (!quoting && nullStrings.includes(cell) ? '' : cell),
  });
}

/** The cells of a column over all parts, with empty ones but for blank lines at the end; undefined: none can be told. */
function columnOf(texts: readonly string[], dialect: Dialect, name: string): string[] | undefined {
  let names: string[] | undefined = dialect.header === 'none' ? ['1', '2'] : undefined;
  const found: string[] = [];
  try {
    for (const text of texts) {
      const records = parsed(text, dialect);
      if (dialect.header === 'every' || names === undefined) names = records.shift() ?? [];
      const at = names.indexOf(name);
      for (const record of records) found.push(record[at] ?? '');
    }
  } catch {
    return undefined;
  }
  return found;
}

function pairUp(values: readonly string[] | undefined, tokens: readonly string[] | undefined): Pairs {
  if (values === undefined || tokens === undefined) assert.fail('csv-parse refuses what was read');
  return values
    .map((value, row): [string, string] => [value, tokens[row] ?? ''])
    .filter(([value, token]) => value !== '' && token !== '');
}

async function readOrRefusal(options: Parameters<typeof openSource>[0]): Promise<Pairs | undefined> {
  try {
    const source = openSource(options);
    await source.inspect(new AbortController().signal);
    return await readRecords(source);
  } catch (error) {
    assert.ok(error instanceof SuperviseError && ['source', 'config'].includes(error.code), String(error));
    return undefined;
  }
}

test('parts in any encoding, dialect and compression give the pairs that csv-parse sees, or are refused', async (t) => {
  const folder = await temporaryFolder(t);
  let [same, refused] = [0, 0];
  await fc.assert(
    fc.asyncProperty(
      dialects,
      fc.constantFrom(...(Object.keys(encodings) as Encoding[])),
      fc.array(bodies, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      async (dialect, encoding, parts, isPair) => {
        for (const name of await readdir(folder)) await rm(path.join(folder, name));
        const [value, token] =
          dialect.header === 'none' ? ['1', isPair ? '1' : '2'] : (['id', 'id_token'] as const);
        const write = async (prefix: string, column: 0 | 1 | undefined): Promise<string[]> => {
          const texts: string[] = [];
          for (const [at, part] of parts.entries()) {
            const hasHeader = dialect.header === 'every' || (dialect.header === 'first' && at === 0);
            const names = column === undefined ? [value, token] : column === 0 ? [value] : [token];
            const text = textOf(part, dialect, hasHeader ? names : [], column);
            await writeFile(path.join(folder, `${prefix}_${at + 8}`), store(text, encoding, part));
            texts.push(part.mark === undefined && encoding === 'latin1' ? text.replaceAll('€', 'E') : text);
          }
          return texts;
        };
        const data = await write('p', isPair ? 0 : undefined);
        const tokens = isPair ? await write('t', 1) : data;
        const found = await readOrRefusal({
          valueHeader: value,
          tokenHeader: token,
          encoding,
          dialect,
          accept: ['control', 'footer'],
          dataFile: path.join(folder, 'p_*'),
          tokenFile: path.join(folder, isPair ? 't_*' : 'p_*'),
        });
        if (found === undefined) {
          refused += 1;
          return;
        }
        assert.deepEqual(found, pairUp(columnOf(data, dialect, value), columnOf(tokens, dialect, token)));
        same += 1;
      },
    ),
    { numRuns: runs },
  );
  t.diagnostic(`${same} read, ${refused} refused`);
  assert.ok(same > runs / 8, `only ${same} of ${runs} were read`);
});

test('a file that is cut into parts anywhere, in bytes, gives its pairs or is refused', async (t) => {
  const folder = await temporaryFolder(t);
  let same = 0;
  await fc.assert(
    fc.asyncProperty(
      bodies,
      bodies,
      fc.array(fc.nat({ max: 80 }), { minLength: 1, maxLength: 3 }),
      fc.constantFrom('first' as const, 'none' as const),
      fc.boolean(),
      fc.boolean(),
      async (first, second, cuts, header, isPair, atLines) => {
        for (const name of await readdir(folder)) await rm(path.join(folder, name));
        const dialect = { ...usualDialect, header };
        const [value, token] = header === 'none' ? ['1', isPair ? '1' : '2'] : (['id', 'id_token'] as const);
        const write = async (prefix: string, column: 0 | 1 | undefined): Promise<string> => {
          const names = column === undefined ? [value, token] : column === 0 ? [value] : [token];
          const body = { ...first, rows: [...first.rows, ...second.rows], noise: '' };
          const bytes = Buffer.from(textOf(body, dialect, header === 'none' ? [] : names, column));
          const places = cuts.map((cut) => {
            const place = Math.min(bytes.length, cut);
            return atLines ? bytes.lastIndexOf('\n', place) + 1 : place;
          });
          const ends = [0, ...places.sort((a, b) => a - b), bytes.length];
          for (const [at, end] of ends.slice(1).entries())
            await writeFile(path.join(folder, `${prefix}_${at}`), bytes.subarray(ends[at], end));
          return bytes.toString();
        };
        const data = await write('p', isPair ? 0 : undefined);
        const tokens = isPair ? await write('t', 1) : data;
        const found = await readOrRefusal({
          valueHeader: value,
          tokenHeader: token,
          dialect,
          dataFile: path.join(folder, 'p_*'),
          tokenFile: path.join(folder, isPair ? 't_*' : 'p_*'),
        });
        if (found === undefined) return;
        assert.deepEqual(found, pairUp(columnOf([data], dialect, value), columnOf([tokens], dialect, token)));
        same += 1;
      },
    ),
    { numRuns: runs },
  );
  assert.ok(same > runs / 20, `only ${same} of ${runs} were read`);
});
