import { LineError } from '../files/file-errors.js';
import { blankHeader, invalidText, missingHeader, brokenQuote, strayReturnAt } from './csv-errors.js';
import type { RecordSpan } from './cut-records.js';
import { countNewlines, decodeText, readRoughly } from './decode-text.js';
import { strayReturn } from './oddities.js';
import { numbered } from './row-maker.js';
import { parseRecord } from './parse-records.js';
import type { ChunkEncoding } from './read-chunks.js';

const NEWLINE = 0x0a;

interface Place {
  readonly path: string;
  readonly line: number;
}

interface HeaderOptions {
  readonly place: Place;
  readonly delimiter: string;
  readonly encoding: ChunkEncoding;
  /** Each must be there, once. */
  readonly headers: readonly string[];
  /** False: the record is the first row, and columns are named by their numbers. */
  readonly hasHeader: boolean;
  /** Other parts were read before it. */
  readonly isLaterPart: boolean;
}

interface Header {
  readonly names: readonly string[];
  /** The physical line below the header. */
  readonly nextLine: number;
}

/** Takes the first record from the first parts of a file. */
export function divideAfterHeader(
  parts: readonly RecordSpan[],
): { record: Buffer; rest: RecordSpan[] } | undefined {
  const [first, ...rest] = parts;
  if (first === undefined) return undefined;
  const newline = first.quoted ? -1 : first.bytes.indexOf(NEWLINE);
  const end = newline < 0 ? first.bytes.length : newline + 1;
  if (end < first.bytes.length) rest.unshift({ quoted: false, bytes: first.bytes.subarray(end) });
  return { record: first.bytes.subarray(0, end), rest };
}

/** The names of the columns by the first record, after checking that those that are needed are among them. */
export function readHeader(
  record: Buffer,
  rest: readonly RecordSpan[],
  { place, delimiter, encoding, headers, hasHeader, isLaterPart }: HeaderOptions,
): Header {
  const text = decodeText(record, encoding);
  if (text === undefined) throw invalidText(place, encoding);
  if (text.trim() === '' && hasHeader) throw blankHeader(place);
  const fields = parseRecord(text, delimiter);
  if (fields === undefined) throw brokenQuote(place);
  const names = hasHeader ? fields : numbered(fields.length);
  checkNames(names, {
    place,
    headers,
    text,
    rest: textOf(rest, encoding),
    delimiter,
    isLaterPart,
    hasHeader,
  });
  if (hasHeader && strayReturn(text) >= 0) throw strayReturnAt(place);
  return { names, nextLine: place.line + countNewlines(record) };
}

/** Throws when a header that is needed is not there, or twice; `text` and `rest` help to say why. */
export function checkNames(
  names: readonly string[],
  found: {
    readonly place: Place;
    readonly headers: readonly string[];
    readonly text: string;
    readonly rest: string;
    readonly delimiter: string;
    readonly isLaterPart: boolean;
    /** False: names are numbers. */
    readonly hasHeader: boolean;
  },
): void {
  const { place, headers, text, rest, delimiter, isLaterPart, hasHeader } = found;
  for (const header of headers) {
    if (!names.includes(header)) {
      const problem = {
        text,
        rest,
        names,
        wanted: headers,
        missing: header,
        delimiter,
        firstLine: place.line,
      };
      const ofLater = isLaterPart
        ? 'csv.header: "first" says that only the first part has the headers.'
        : undefined;
      const ofNumbers = hasHeader
        ? undefined
        : `Without headers columns have numbers, here from "1" to "${names.length}": value_header and token_header name two of them.`;
      throw missingHeader(place, header, names, ofNumbers ?? explainHeader(problem) ?? ofLater);
    }
    if (names.indexOf(header) !== names.lastIndexOf(header))
      throw new LineError(
        place,
        `two columns are named "${header}"`,
        'Which one is meant cannot be told: give one of them another name.',
      );
  }
}

function textOf(parts: readonly RecordSpan[], encoding: ChunkEncoding): string {
  const bytes = Buffer.concat(parts.map((part) => part.bytes.subarray(0, 4_096)));
  return readRoughly(bytes.subarray(0, 4_096), encoding);
}

const otherDelimiters = [',', ';', '\t', '||', '|', '\u0001', '~', '^', ':'] as const;
const MAX_LINES = 50;
const MAX_CHARACTERS = 4_096;

interface HeaderProblem {
  /** The first record, decoded. */
  readonly text: string;
  /** What follows it, as far as it is at hand. */
  readonly rest: string;
  readonly names: readonly string[];
  readonly wanted: readonly string[];
  /** The one that is missing. */
  readonly missing: string;
  readonly delimiter: string;
  /** The line on which it begins. */
  readonly firstLine: number;
}

/**
 * Why a header is not among those that were found, and what to do about it; undefined when nothing says. Never quotes
 * the file but for a header that differs from the wanted one in its case.
 */
function explainHeader(problem: HeaderProblem): string | undefined {
  const { text, names, missing, wanted } = problem;
  if (/\r(?!\n)/.test(text))
    return 'The line contains a carriage return (CR) that is not part of its end: lines must end in LF or CRLF.';
  if (/\0{3}[^\0]\0{3}/.test(text))
    return 'It looks like UTF-32: convert it, such as with `iconv -f UTF-32LE -t UTF-8`.';
  if (text.includes('\0')) return 'It looks like UTF-16: csv.encoding says so ("utf16le" or "utf16be").';
  const encoding = otherEncoding(text, problem);
  if (encoding !== undefined) return encoding;
  const other = otherDelimiters.find((delimiter) => {
    const found = delimiter === problem.delimiter ? undefined : parseRecord(text, delimiter);
    return found !== undefined && wanted.every((header) => found.includes(header));
  });
  if (other !== undefined)
    return `Splitting at ${JSON.stringify(other)} gives the wanted headers: set csv.delimiter to ${JSON.stringify(other)}.`;
  for (const name of names) {
    const cause = differenceOf(name, missing);
    if (cause !== undefined) return cause;
  }
  const line = lineOfHeaders(problem);
  if (line !== undefined)
    return `The wanted headers are in line ${line}: csv.skip_lines: ${line - 1} skips the lines above it.`;
  if (/^\s*(?:#|--|\/\/)/.test(text))
    return 'The first line looks like a comment: csv.comment skips such lines.';
  return undefined;
}

/** Bytes that were read as UTF-16, of either order, and give the wanted headers when they are read in another way. */
function otherEncoding(text: string, { delimiter, wanted }: HeaderProblem): string | undefined {
  const little = Buffer.from(text.slice(0, MAX_CHARACTERS), 'utf16le');
  const big = Buffer.from(little).swap16();
  const holdsHeaders = (read: string): boolean => {
    const found = parseRecord(read.split(/\r?\n/, 1)[0] ?? '', delimiter);
    return found !== undefined && wanted.every((header) => found.includes(header));
  };
  if (holdsHeaders(little.toString('utf8')) || holdsHeaders(big.toString('utf8')))
    return 'The file is not UTF-16: read as UTF-8 it has the wanted headers; csv.encoding says so, token_encoding of a vault for its token file alone.';
  if (holdsHeaders(big.toString('utf16le')))
    return 'The file is UTF-16 of the other order: csv.encoding says so ("utf16le" or "utf16be").';
  return undefined;
}

function differenceOf(name: string, wanted: string): string | undefined {
  if (name === wanted) return undefined;
  if (name.replace(/^\uFEFF+/, '') === wanted)
    return 'There is a second byte order mark before the header: remove it (the file was joined or converted twice).';
  if (name.trim() === wanted)
    return `There is a space before or after “${wanted}”: remove it, or write the header with it in the vault’s csv settings.`;
  if (name.trim() === `'${wanted}'`)
    return `“${wanted}” is in single quotes: csv.quote: "'" takes them for what they are, also around values.`;
  if (name.replace(/^[\s'"`[]+|[\s'"`\]]+$/g, '') === wanted)
    return `“${wanted}” is in quotation marks or brackets that are not double quotes: name the header in the vault’s csv settings exactly as the file has it.`;
  if (name.trim().toLowerCase() === wanted.toLowerCase())
    return `“${name.trim()}” differs from “${wanted}” only in case: name the header in the vault’s csv settings exactly as the file has it.`;
  if (name.normalize('NFKC').replace(/[\u200b-\u200d\u2060\ufeff\u00ad]/g, '') === wanted.normalize('NFKC'))
    return `A header looks like “${wanted}” and is written with other Unicode characters: type it again.`;
  return undefined;
}

function lineOfHeaders({ text, rest, wanted, delimiter, firstLine }: HeaderProblem): number | undefined {
  const first = firstLine + text.split('\n').length - 1;
  const lines = rest.split(/\r?\n/, MAX_LINES);
  const at = lines.findIndex((line) => {
    const found = line === '' ? undefined : parseRecord(line, delimiter);
    return found !== undefined && wanted.every((header) => found.includes(header));
  });
  return at < 0 ? undefined : first + at;
}
