import { formatOf, type FormatName } from '../file-formats.js';

/** What a file is, by its first bytes; `other` is something that cannot be read, with its name and the way out. */
export type FileForm =
  | { readonly kind: 'plain' | 'gzip' | 'zstd' }
  | { readonly kind: 'format'; readonly format: FormatName }
  | { readonly kind: 'other'; readonly name: string; readonly hint: string };

/** Bytes that are looked at. */
export const SIGNATURE_BYTES = 65_536;
const TAR_MAGIC_AT = 257;
const zipStarts = ['PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08'];

const asCsv = 'Write it as CSV; “Writing the files” in docs/csv.md has statements that do.';
const recode = 'Convert it: `iconv -f UTF-32 -t UTF-8 FILE`.';
const unpack = (command: string) => `Unpack it with ${command}.`;

const signatures: readonly { readonly start: string; readonly name: string; readonly hint: string }[] = [
  { start: 'BZh', name: 'a bzip2 file', hint: unpack('`bunzip2 -k FILE`, or pack it with gzip or zstd') },
  { start: '\xfd7zXZ\0', name: 'an xz file', hint: unpack('`unxz -k FILE`, or pack it with gzip or zstd') },
  { start: '\x04"M\x18', name: 'an lz4 file', hint: unpack('`lz4 -d FILE`, or pack it with gzip or zstd') },
  { start: '\x02!L\x18', name: 'an lz4 file', hint: unpack('`lz4 -d FILE`, or pack it with gzip or zstd') },
  {
    start: '\x1f\x9d',
    name: 'a file of `compress` (.Z)',
    hint: unpack('`uncompress FILE`, or pack it with gzip or zstd'),
  },
  { start: 'LZIP', name: 'an lzip file', hint: unpack('`lzip -dk FILE`, or pack it with gzip or zstd') },
  { start: ']\0\0', name: 'an lzma file', hint: unpack('`unlzma -k FILE`, or pack it with gzip or zstd') },
  { start: '\x89LZO', name: 'an lzo file', hint: unpack('`lzop -d FILE`, or pack it with gzip or zstd') },
  {
    start: "'\xb5/\xfd",
    name: 'a zstd file of a version before 1.0',
    hint: 'Pack it anew with gzip or zstd.',
  },
  { start: '\xff\xfe\0\0', name: 'text in UTF-32', hint: recode },
  { start: '\0\0\xfe\xff', name: 'text in UTF-32', hint: recode },
  { start: "7z\xbc\xaf'\x1c", name: 'a 7z archive', hint: unpack('`7z x FILE`') },
  { start: 'Rar!', name: 'a RAR archive', hint: unpack('`unrar x FILE`') },
  { start: '\xff\x06\0\0sNaPpY', name: 'a Snappy file', hint: 'Write it again with gzip.' },
  { start: 'ARROW1\0', name: 'an Arrow file', hint: asCsv },
  { start: 'FEA1', name: 'a Feather file', hint: asCsv },
  { start: '\x89HDF', name: 'an HDF5 file', hint: asCsv },
  { start: 'PGDMP\x01', name: 'an archive of pg_dump', hint: asCsv },
  { start: '\0\x01\0\0Standard ', name: 'an Access database', hint: 'Export the table as CSV.' },
  { start: 'ORC', name: 'an ORC file', hint: asCsv },
  { start: 'Obj\x01', name: 'an Avro file', hint: asCsv },
  {
    start: '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1',
    name: 'an Excel workbook (xls)',
    hint: 'Save the sheet as “CSV UTF-8”.',
  },
  { start: 'SQLite format 3\0', name: 'an SQLite database', hint: 'Export the table as CSV.' },
  { start: '%PDF-', name: 'a PDF file', hint: 'Export the data as CSV.' },
  { start: '{\\rtf', name: 'an RTF document', hint: 'Save it as plain text.' },
];

/** Looks at the beginning of a file. Text of any kind is `plain`. */
export function recogniseFile(beginning: Buffer): FileForm {
  const text = beginning.toString('latin1', 0, SIGNATURE_BYTES);
  if (text.startsWith('\x1f\x8b')) return { kind: 'gzip' };
  if (text.startsWith('(\xb5/\xfd') || (text.startsWith('*M\x18', 1) && text.charCodeAt(0) >> 4 === 5))
    return { kind: 'zstd' };
  if (zipStarts.some((start) => text.startsWith(start))) return zipOf(text);
  if (text.startsWith('ustar', TAR_MAGIC_AT))
    return { kind: 'other', name: 'a tar archive', hint: unpack('`tar xf FILE`') };
  const format = formatOf(text);
  if (format !== undefined && !isText(text)) return { kind: 'format', format };
  const { name, hint } = signatures.find(({ start }) => text.startsWith(start)) ?? {};
  // `ORC` and `Obj` may also begin a header; a binary file has zeros soon.
  if (
    name === undefined ||
    hint === undefined ||
    (/^(?:ORC|Obj|BZh|Rar!|LZIP|FEA1)/.test(text) && isText(text))
  )
    return { kind: 'plain' };
  return { kind: 'other', name, hint };
}

function zipOf(text: string): FileForm {
  const other = (name: string, hint: string): FileForm => ({ kind: 'other', name, hint });
  if (text.includes('mimetypeapplication/vnd.oasis'))
    return other('an OpenDocument file', 'Save the sheet as CSV in UTF-8.');
  return /xl\/|\[Content_Types\]\.xml/.test(text)
    ? other('an Excel workbook (xlsx)', 'Save the sheet as “CSV UTF-8”.')
    : other('a zip archive', unpack('`unzip FILE`, or pack each file with gzip or zstd'));
}

const texts: readonly {
  readonly like: Pick<RegExp, 'test'>;
  readonly what: string;
  readonly hint: string;
}[] = [
  { like: /^\s*(?:\{\s*"|\[\s*[[{"])/, what: 'is JSON', hint: asCsv },
  {
    like: /^\s*<(?:!doctype\s|html\b|head\b)/i,
    what: 'is a web page',
    hint: 'A server may have answered with a page in place of the file (a login, an error): fetch it again.',
  },
  {
    like: /^\s*<(?:\?xml\b|Error>)/i,
    what: 'is XML',
    hint: `It may be what a bucket answers in place of the file. Else: ${asCsv}`,
  },
  {
    like: /^version https:\/\/git-lfs/,
    what: 'is what Git LFS keeps in place of the file',
    hint: '`git lfs pull` fetches the file itself.',
  },
  {
    like: /^(?:age-encryption\.org\/|-----BEGIN (?:PGP|AGE) )/,
    what: 'is encrypted',
    hint: 'Decrypt it first, to a disk that is encrypted itself.',
  },
  {
    like: /^(?:-- (?:MySQL|MariaDB|PostgreSQL|Dump)|(?:INSERT\s+INTO|CREATE\s+TABLE|SET\s+\w+\s*=)\s)/i,
    what: 'is an SQL script',
    hint: asCsv,
  },
  {
    like: /^\0{64}/,
    what: 'begins with nothing but zeros',
    hint: 'It was probably not copied whole: copy it again.',
  },
  {
    like: { test: isEbcdic },
    what: 'is text in EBCDIC',
    hint: 'Convert it: `iconv -f IBM037 -t UTF-8 FILE`, or as the mainframe writes it.',
  },
  {
    like: { test: isBinary },
    what: 'is a binary file of a kind that is not known here, or encrypted',
    hint: `Unpack or decrypt it. Else: ${asCsv}`,
  },
];

/**
 * What a file is by its beginning that could be text of any kind, for one in whose first line no headers were found: as a
 * value of a record each of these may be right.
 */
export function guessForm(beginning: Buffer): { readonly what: string; readonly hint: string } | undefined {
  const text = beginning.toString('latin1', 0, 4_096).replace(/^\xef\xbb\xbf/, '');
  return texts.find(({ like }) => like.test(text));
}

/** A first line, with the line end of EBCDIC, of nothing that is a control there; its letters and digits lie above ASCII. */
function isEbcdic(text: string): boolean {
  const end = text.indexOf('\x15');
  if (end === -1) return false;
  const codes = Array.from(text.slice(0, end), (character) => character.charCodeAt(0));
  const beyond = codes.filter((code) => code > 0x80).length;
  return codes.length >= 8 && codes.every((code) => code >= 0x40) && beyond > codes.length / 2;
}

/** Bytes beyond ASCII beside control characters that stand between no fields. */
function isBinary(text: string): boolean {
  const codes = Array.from(text.slice(0, 200), (character) => character.charCodeAt(0));
  return (
    codes.some((code) => code >= 0x80) &&
    codes.some((code) => (code > 2 && code < 9) || (code > 13 && code < 0x1a))
  );
}

function isText(text: string): boolean {
  return !/[^\P{Cc}\s]/u.test(text.slice(0, 4_096));
}
