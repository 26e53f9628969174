import { errorAt, invalidText, missingHeader, brokenQuote, strayReturnAt } from './csv-errors.js';
import type { Part } from './cut-records.js';
import { countNewlines, decodeText } from './decode-text.js';
import { explainHeader } from './explain-header.js';
import { strayReturn } from './oddities.js';
import { parseRecord } from './parse-records.js';
import type { ChunkEncoding } from './read-chunks.js';

const NEWLINE = 0x0a;

interface HeaderOptions {
  readonly path: string;
  readonly delimiter: string;
  readonly encoding: ChunkEncoding;
  /** Each must be there, once. */
  readonly headers: readonly string[];
}

interface Header {
  readonly names: readonly string[];
  /** The physical line below the header. */
  readonly nextLine: number;
}

/** Takes the first record from the first parts of a file. */
export function divideAfterHeader(parts: readonly Part[]): { record: Buffer; rest: Part[] } | undefined {
  const [first, ...rest] = parts;
  if (first === undefined) return undefined;
  const newline = first.quoted ? -1 : first.bytes.indexOf(NEWLINE);
  const end = newline < 0 ? first.bytes.length : newline + 1;
  if (end < first.bytes.length) rest.unshift({ quoted: false, bytes: first.bytes.subarray(end) });
  return { record: first.bytes.subarray(0, end), rest };
}

/** The names in a header record, after checking that those that are needed are among them. */
export function readHeader(
  record: Buffer,
  rest: readonly Part[],
  { path, delimiter, encoding, headers }: HeaderOptions,
): Header {
  const place = { path, line: 1 };
  const text = decodeText(record, encoding);
  if (text === undefined) throw invalidText(place, encoding);
  if (text.trim() === '') throw errorAt(place, 'blank, where the headers should be');
  const names = parseRecord(text, delimiter);
  if (names === undefined) throw brokenQuote(place);
  for (const header of headers) {
    if (!names.includes(header)) {
      const problem = {
        text,
        rest: textOf(rest, encoding),
        names,
        wanted: headers,
        missing: header,
        delimiter,
      };
      throw missingHeader(path, header, names, explainHeader(problem));
    }
    if (names.indexOf(header) !== names.lastIndexOf(header))
      throw errorAt(place, `two columns are named "${header}"`);
  }
  if (strayReturn(text) >= 0) throw strayReturnAt(place);
  return { names, nextLine: 1 + countNewlines(record) };
}

function textOf(parts: readonly Part[], encoding: ChunkEncoding): string {
  return Buffer.concat(parts.map(({ bytes }) => bytes.subarray(0, 4_096)))
    .subarray(0, 4_096)
    .toString(encoding);
}
