import type { SuperviseError } from '../../errors/supervise-error.js';
import { describeNames, isAlike } from '../files/column-names.js';
import { BadLine, LineError, type FilePlace } from '../files/file-errors.js';

/** A row of more or fewer fields than the header; `isPrinted`: it reads as what a program prints around rows. */
export function raggedRow(
  place: FilePlace,
  row: {
    readonly fields: readonly string[];
    readonly names: readonly string[];
    readonly isPrinted: boolean;
  },
): BadLine {
  const [fields, columns] = [row.fields.length, row.names.length];
  const found = fields > columns ? `${fields} fields` : `only ${fields} field${fields === 1 ? '' : 's'}`;
  return new BadLine(place, `the row has ${found}, the header has ${columns}`, whyRagged(row));
}

function whyRagged({ fields, names, isPrinted }: Parameters<typeof raggedRow>[1]): string {
  if (isPrinted) return 'It reads like a line that a program prints around the rows: remove it.';
  if (fields.length === names.length + 1 && fields.at(-1) === '')
    return 'The row ends with a delimiter, and the header does not: both do, or neither.';
  if (fields.length === names.length - 1 && names.at(-1) === '')
    return 'The header ends with a delimiter, and the row does not: both do, or neither.';
  return 'A field that holds the delimiter must be in double quotes; csv.delimiter says which one it is.';
}

export function blankHeader(place: FilePlace): SuperviseError {
  return new LineError(
    place,
    'blank, where the headers should be',
    'csv.skip_lines says how many lines stand above the header.',
  );
}

export function blankLine(place: FilePlace, columns: number): BadLine {
  return new BadLine(
    place,
    `blank line in a file of ${columns} columns`,
    'Remove the line, or write the row with its delimiters.',
  );
}

export function brokenQuote(place: FilePlace): SuperviseError {
  return new LineError(
    place,
    'broken quotes in the record that begins here',
    'A quoted field begins and ends with a double quote, and a double quote inside it is written twice.',
  );
}

export function recordTooLong(place: FilePlace, maxBytes: number): SuperviseError {
  return new LineError(
    place,
    `the record that begins here is longer than ${Math.floor(maxBytes / 2 ** 20)} MiB`,
    'Probably a quote that is never closed, or line ends that are neither LF nor CRLF.',
  );
}

const encodingNames: Readonly<Record<string, string>> = {
  utf8: 'UTF-8',
  utf16le: 'UTF-16',
  utf16be: 'UTF-16',
};

export function invalidText(place: FilePlace, encoding: string): BadLine {
  const name = encodingNames[encoding] ?? encoding;
  const cut =
    name === 'UTF-16' ? 'Half of a character is missing or the file was cut: copy it again. Else: ' : '';
  return new BadLine(
    place,
    `not valid ${name}`,
    `${cut}csv.encoding says how the file is encoded (utf8, latin1, windows-1252, utf16le, utf16be), token_encoding of a vault how its token file is; another one is converted first, as with iconv.`,
  );
}

export function missingHeader(
  place: FilePlace,
  wanted: string,
  found: readonly string[],
  hint: string | undefined,
): SuperviseError {
  const alike = found.some((header) => isAlike(header, wanted));
  return new LineError(
    place,
    `no column "${wanted}"; the line has ${found.length} field${found.length === 1 ? '' : 's'}, ${describeNames(found)}`,
    hint ??
      (alike
        ? `One of them is "${wanted}" but for capitals, blanks or punctuation: names must be the same to the letter.`
        : 'The first line must hold the headers; a vault may name its own in its csv settings.'),
  );
}

export function strayReturnAt(place: FilePlace): BadLine {
  return new BadLine(
    place,
    'a carriage return (CR) that is not part of a line end',
    'Lines must end in LF or CRLF, and a CR inside a field must be in double quotes: write the file again.',
  );
}

export function markAt(place: FilePlace): BadLine {
  return new BadLine(
    place,
    'a byte order mark (U+FEFF) at the beginning of the line, as in files that were joined',
    'Remove it (and the header behind it); csv.accept: ["bom"] takes it as a part of the value.',
  );
}

export function headerAgain(place: FilePlace): BadLine {
  return new BadLine(
    place,
    'the header is repeated here, as in files that were joined',
    place.line === 1
      ? 'csv.header: "every" says that each part has its header.'
      : 'Remove the line from all files of the vault; csv.accept: ["header_row"] takes it as a record.',
  );
}

export function nulAt(place: FilePlace): BadLine {
  return new BadLine(
    place,
    'a NUL character',
    'The file has a hole, or is of another encoding (csv.encoding); csv.accept: ["nul"] takes it as a part of the value.',
  );
}
