import { isUtf8 } from 'node:buffer';
import { parse } from 'csv-parse/sync';
import { openInputFile } from '../files/open-input-file.js';
import { PieceTable } from '../fingerprints/piece-table.js';
import { decompress } from '../compression/decompress.js';
import { parseRecords } from './parse-records.js';
import { saidDelimiter } from './pass-prelude.js';
import { readStored, type CsvEncoding } from './read-chunks.js';

/** What is looked at of a file. */
const sampleBytes = 65_536;
const maxLines = 50;
/** Those of several characters before those that they are made of. */
const delimiters = [',', ';', '\t', '||', '|', '\u0001', '~', '^', ':'] as const;

/** Keys of a vault's `csv` that a file asks for; those whose usual value fits are left out. */
export interface ProposedForm {
  readonly encoding?: CsvEncoding;
  readonly delimiter?: string;
  readonly quote?: "'";
  readonly skip_lines?: number;
  readonly header?: 'none';
}

/** A file as it looks: how it is written, and the columns that its first line names. */
export interface LookedAtFile {
  readonly form: ProposedForm;
  /** Undefined where the first line is a record like the others. */
  readonly columns: readonly string[] | undefined;
  readonly columnCount: number;
}

/**
 * Looks at the beginning of a file: encoding, delimiter, lines above the header, whether there is a header. `wanted` are
 * headers that would settle it. Undefined where nothing can be told. Throws `source` for a file that cannot be read.
 */
export async function lookAtFile(
  path: string,
  wanted: readonly string[],
  signal: AbortSignal,
): Promise<LookedAtFile | undefined> {
  const bytes = await sampleOf(path, signal);
  const { encoding, text } = decoded(bytes);
  const lines = text.split(/\r?\n/).slice(0, maxLines);
  if (bytes.length === sampleBytes) lines.pop();
  const said = saidDelimiter(text);
  if (said !== undefined) lines.shift();
  const found = said === undefined ? findDelimiter(lines, wanted) : { delimiter: said, skipped: 0 };
  const rows = parseRecords(lines.slice(found.skipped).join('\n'), found.delimiter);
  const [written, ...rest] = rows ?? [];
  if (written === undefined) return undefined;
  const isQuoted = written.every((cell) => /^'.*'$/s.test(cell));
  const first = isQuoted ? written.map((cell) => cell.slice(1, -1)) : written;
  const isNamed = wanted.some((name) => first.includes(name)) || !isLikeTheOthers(first, rest);
  return {
    form: {
      ...(encoding === 'utf8' ? {} : { encoding }),
      ...(said !== undefined || found.delimiter === ',' ? {} : { delimiter: found.delimiter }),
      ...(isQuoted ? { quote: "'" as const } : {}),
      ...(found.skipped === 0 ? {} : { skip_lines: found.skipped }),
      ...(isNamed ? {} : { header: 'none' as const }),
    },
    columns: isNamed ? first : undefined,
    columnCount: first.length,
  };
}

async function sampleOf(path: string, signal: AbortSignal): Promise<Buffer> {
  const file = await openInputFile(path, new PieceTable({ whole: undefined }));
  const chunks = decompress(path, readStored(file, signal), () => undefined);
  try {
    let sample = Buffer.alloc(0);
    for await (const chunk of chunks) {
      sample = Buffer.concat([sample, chunk]);
      if (sample.length >= sampleBytes) break;
    }
    return sample.subarray(0, sampleBytes);
  } finally {
    await chunks.return();
    await file.close();
  }
}

/** A byte order mark speaks for itself: nothing has to be set then. */
function decoded(bytes: Buffer): { readonly encoding: CsvEncoding; readonly text: string } {
  const marked = bytes.subarray(0, 2).toString('hex');
  const even = bytes.subarray(0, bytes.length & ~1);
  if (marked === 'fffe') return { encoding: 'utf8', text: even.subarray(2).toString('utf16le') };
  if (marked === 'feff')
    return { encoding: 'utf8', text: Buffer.from(even).swap16().subarray(2).toString('utf16le') };
  const zeros = [0, 0];
  for (const [at, byte] of bytes.entries()) if (byte === 0) zeros[at & 1] = (zeros[at & 1] ?? 0) + 1;
  const [atEven = 0, atOdd = 0] = zeros.map((count) => (2 * count) / Math.max(1, bytes.length));
  if (atOdd > 0.3 && atEven < 0.1) return { encoding: 'utf16le', text: even.toString('utf16le') };
  if (atEven > 0.3 && atOdd < 0.1)
    return { encoding: 'utf16be', text: Buffer.from(even).swap16().toString('utf16le') };
  const whole = bytes.length < sampleBytes ? bytes : bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
  if (isUtf8(whole)) return { encoding: 'utf8', text: bytes.toString('utf8').replace(/^\uFEFF/, '') };
  return { encoding: 'windows-1252', text: bytes.toString('latin1') };
}

/** What gives the wanted headers, in any of the first lines; else what divides all lines into as many fields. */
function findDelimiter(
  lines: readonly string[],
  wanted: readonly string[],
): { readonly delimiter: string; readonly skipped: number } {
  for (const [skipped, line] of lines.entries()) {
    for (const delimiter of delimiters) {
      const [fields = []] = parseRecords(line, delimiter) ?? [];
      if (wanted.length > 0 && wanted.every((name) => fields.includes(name))) return { delimiter, skipped };
    }
  }
  const text = lines.filter((line) => line !== '').join('\n');
  let best = { delimiter: ',', fields: 1 };
  for (const delimiter of delimiters) {
    const fields = evenFields(text, delimiter);
    const isPartOfBest = best.fields > 1 && best.delimiter.startsWith(delimiter);
    if (fields !== undefined && fields > best.fields && !isPartOfBest) best = { delimiter, fields };
  }
  return { delimiter: best.delimiter, skipped: 0 };
}

/** How many fields every record has; undefined where they do not agree. */
function evenFields(text: string, delimiter: string): number | undefined {
  try {
    const records: string[][] = parse(text, { delimiter, record_delimiter: ['\r\n', '\n'] });
    return records[0]?.length;
  } catch {
    return undefined;
  }
}

/** Whether a first line is written like those below it: a column of it has digits, and the form that all have. */
function isLikeTheOthers(first: readonly string[], rest: readonly (readonly string[])[]): boolean {
  if (rest.length === 0) return false;
  return first.some((cell, column) => {
    const form = formOf(cell);
    return form.includes('9') && rest.every((row) => formOf(row[column] ?? '') === form);
  });
}

function formOf(cell: string): string {
  return cell
    .replaceAll(/\p{N}+/gu, '9')
    .replaceAll(/[\p{L}]+/gu, 'a')
    .replaceAll(/\s+/gu, ' ');
}
