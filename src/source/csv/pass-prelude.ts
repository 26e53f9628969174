import { joinChunks } from '../compression/join-chunks.js';
import { parseRecord } from './parse-records.js';
import { readRoughly } from './decode-text.js';
import type { ChunkEncoding } from './read-chunks.js';

const NEWLINE = 0x0a;
/** In quotes where a program took it for a row, and with more delimiters behind it. */
const SEP_LINE = /^(?:\uFEFF|\u00ef\u00bb\u00bf)?("?)sep=(\\t|[^\r\n]{1,4}?)\1[,;\t ]*\r?\n/i;
const delimiters = [',', ';', '\t', '|'] as const;

/** A text without the lines above its header. */
export interface Prelude {
  readonly chunks: AsyncGenerator<Buffer, void, void>;
  /** The physical line on which the chunks begin. */
  readonly firstLine: number;
  readonly passedBytes: number;
  readonly delimiter: string;
}

/**
 * Passes the lines over that are no rows: those that `skipLines` counts, and Excel's `sep=` line, which says what stands
 * between fields. With the delimiter `auto` it is the one that gives the wanted headers, else a comma.
 */
export async function passPrelude(
  chunks: AsyncGenerator<Buffer, void, void>,
  options: {
    readonly skipLines: number;
    readonly delimiter: string;
    readonly encoding: ChunkEncoding;
    readonly headers: readonly string[];
  },
): Promise<Prelude> {
  const { skipLines, encoding, headers } = options;
  let firstLine = 1;
  let passedBytes = 0;
  let first: Buffer = Buffer.alloc(0);
  const more = async (): Promise<boolean> => {
    // A chunk is valid until the next one is asked for.
    first = Buffer.from(first);
    const step = await chunks.next();
    if (step.done === true) return false;
    first = first.length === 0 ? step.value : Buffer.concat([first, step.value]);
    return true;
  };
  const pass = (bytes: number): void => {
    first = first.subarray(bytes);
    passedBytes += bytes;
  };
  await more();
  while (firstLine <= skipLines) {
    const newline = first.indexOf(NEWLINE);
    if (newline >= 0) {
      pass(newline + 1);
      firstLine += 1;
      continue;
    }
    pass(first.length);
    if (!(await more())) break;
  }
  while (!first.includes(NEWLINE) && first.length < 1_048_576 && (await more()));
  const said = saidDelimiter(readRoughly(first.subarray(0, 64), encoding));
  if (said !== undefined) {
    pass(first.indexOf(NEWLINE) + 1);
    firstLine += 1;
  }
  const { delimiter } = options;
  return {
    chunks: joinChunks(first, chunks),
    firstLine,
    passedBytes,
    delimiter: said ?? (delimiter === 'auto' ? chooseDelimiter(first, encoding, headers) : delimiter),
  };
}

/** What Excel's `sep=` line at the beginning of a text says. */
export function saidDelimiter(text: string): string | undefined {
  const said = SEP_LINE.exec(text)?.[2];
  return said?.toLowerCase() === '\\t' ? '\t' : said;
}

function chooseDelimiter(text: Buffer, encoding: ChunkEncoding, headers: readonly string[]): string {
  const end = text.indexOf(NEWLINE);
  const line = readRoughly(end < 0 ? text : text.subarray(0, end), encoding).replace(/^\uFEFF/, '');
  const fits = (delimiter: string): boolean => {
    const names = parseRecord(line, delimiter) ?? [];
    return headers.every((header) => names.includes(header));
  };
  return delimiters.find(fits) ?? ',';
}
