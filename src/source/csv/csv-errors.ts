import { SuperviseError, systemCode } from '../../errors/supervise-error.js';

/** A place in a CSV file, as an editor shows it: `line` counts from 1. */
interface CsvPlace {
  readonly path: string;
  readonly line: number;
}

const MAX_HEADERS_SHOWN = 20;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_. -]{0,63}$/;

/** An error at a line of a file. `problem` must not quote the file: cells are records. */
export function errorAt({ path, line }: CsvPlace, problem: string, hint?: string): SuperviseError {
  return new SuperviseError('source', `${path}, line ${line}: ${problem}`, { hint });
}

/** An error about a whole file. */
export function errorIn(path: string, problem: string, hint?: string, cause?: unknown): SuperviseError {
  return new SuperviseError('source', `${path} ${problem}`, { hint, cause });
}

export function raggedRow(place: CsvPlace, fields: number, columns: number): SuperviseError {
  const found = fields > columns ? `${fields} fields` : `only ${fields} field${fields === 1 ? '' : 's'}`;
  return errorAt(
    place,
    `the row has ${found}, the header has ${columns}`,
    'a field that holds the delimiter must stand in double quotes; csv.delimiter says which one it is',
  );
}

export function blankLine(place: CsvPlace, columns: number): SuperviseError {
  return errorAt(
    place,
    `blank line in a file of ${columns} columns`,
    'remove the line, or write the row with its delimiters',
  );
}

export function brokenQuote(place: CsvPlace): SuperviseError {
  return errorAt(
    place,
    'broken quotes in the record that begins here',
    'a quoted field begins and ends with a double quote, and a double quote inside it is written twice',
  );
}

export function recordTooLong(place: CsvPlace, maxBytes: number): SuperviseError {
  return errorAt(
    place,
    `the record that begins here is longer than ${Math.floor(maxBytes / 2 ** 20)} MiB`,
    'probably a quote that is never closed, or line ends that are neither LF nor CRLF',
  );
}

export function invalidText(place: CsvPlace, encoding: string): SuperviseError {
  return errorAt(
    place,
    `not valid ${encoding === 'utf8' ? 'UTF-8' : 'UTF-16'}`,
    'csv.encoding says how the file is encoded (utf8, latin1, utf16le)',
  );
}

/** Names the headers that are there; one that does not look like a name may be a record and is masked. */
export function missingHeader(
  path: string,
  wanted: string,
  found: readonly string[],
  bareReturns: boolean,
): SuperviseError {
  const shown = found
    .slice(0, MAX_HEADERS_SHOWN)
    .map((header) => (IDENTIFIER.test(header) ? `"${header}"` : `(${header.length} characters, not shown)`));
  if (found.length > shown.length) shown.push(`and ${found.length - shown.length} more`);
  return errorAt(
    { path, line: 1 },
    `no column "${wanted}"; the headers found: ${shown.join(', ')}`,
    bareReturns
      ? 'the lines end in CR alone; they must end in LF or CRLF'
      : 'the first line must hold the headers; a vault may name its own in its csv settings',
  );
}

/** A failure of the system while reading, with its code. */
export function readFailure(path: string, error: unknown): SuperviseError {
  return errorIn(path, `cannot be read (${systemCode(error) ?? 'unknown error'})`, undefined, error);
}
