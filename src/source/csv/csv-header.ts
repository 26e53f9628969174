import { LineError } from '../files/file-errors.js';
import { blankHeader, invalidText, missingHeader, brokenQuote, strayReturnAt } from './csv-errors.js';
import type { RecordSpan } from './cut-records.js';
import { countNewlines, decodeText, readRoughly } from './decode-text.js';
import { explainHeader } from './explain-header.js';
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
