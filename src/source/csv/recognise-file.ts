/** What a file is, by its first bytes; `other` is something that cannot be read, with its name and the way out. */
export type FileForm =
  | { readonly kind: 'plain' | 'gzip' | 'zstd' | 'parquet' }
  | { readonly kind: 'other'; readonly name: string; readonly hint: string };

/** Bytes that are looked at. */
export const SIGNATURE_BYTES = 65_536;

const asCsv = 'write it as CSV; “Writing the files” in docs/csv.md has statements that do';
const unpack = (command: string) => `unpack it first: ${command}`;

const signatures: readonly { readonly start: string; readonly name: string; readonly hint: string }[] = [
  { start: 'BZh', name: 'a bzip2 file', hint: unpack('`bunzip2 -k FILE`; or pack it with gzip or zstd') },
  { start: '\xfd7zXZ\0', name: 'an xz file', hint: unpack('`unxz -k FILE`; or pack it with gzip or zstd') },
  { start: '\x04"M\x18', name: 'an lz4 file', hint: unpack('`lz4 -d FILE`; or pack it with gzip or zstd') },
  { start: '\x02!L\x18', name: 'an lz4 file', hint: unpack('`lz4 -d FILE`; or pack it with gzip or zstd') },
  {
    start: '\x1f\x9d',
    name: 'a file of `compress` (.Z)',
    hint: unpack('`uncompress FILE`; or pack it with gzip or zstd'),
  },
  { start: 'LZIP', name: 'an lzip file', hint: unpack('`lzip -dk FILE`; or pack it with gzip or zstd') },
  { start: "7z\xbc\xaf'\x1c", name: 'a 7z archive', hint: unpack('`7z x FILE`') },
  { start: 'Rar!', name: 'a RAR archive', hint: unpack('`unrar x FILE`') },
  { start: '\xff\x06\0\0sNaPpY', name: 'a Snappy file', hint: 'write it again with gzip' },
  { start: 'ORC', name: 'an ORC file', hint: asCsv },
  { start: 'Obj\x01', name: 'an Avro file', hint: asCsv },
  {
    start: '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1',
    name: 'an Excel workbook (xls)',
    hint: 'save the sheet as “CSV UTF-8”',
  },
  { start: 'SQLite format 3\0', name: 'an SQLite database', hint: 'export the table as CSV' },
  { start: '%PDF-', name: 'a PDF file', hint: 'export the data as CSV' },
  { start: '{\\rtf', name: 'an RTF document', hint: 'save it as plain text' },
];

/** Looks at the beginning of a file. Text of any kind is `plain`. */
export function recogniseFile(beginning: Buffer): FileForm {
  const text = beginning.toString('latin1', 0, SIGNATURE_BYTES);
  if (text.startsWith('\x1f\x8b')) return { kind: 'gzip' };
  if (text.startsWith('(\xb5/\xfd') || (text.startsWith('*M\x18', 1) && text.charCodeAt(0) >> 4 === 5))
    return { kind: 'zstd' };
  if (text.startsWith('PK\x03\x04')) return zipOf(text);
  if (/^PAR[1E]/.test(text) && !isText(text)) return { kind: 'parquet' };
  const { name, hint } = signatures.find(({ start }) => text.startsWith(start)) ?? {};
  // `ORC` and `Obj` may also begin a header; a binary file has zeros soon.
  if (name === undefined || hint === undefined || (/^(?:ORC|Obj|BZh|Rar!|LZIP)/.test(text) && isText(text)))
    return { kind: 'plain' };
  return { kind: 'other', name, hint };
}

function zipOf(text: string): FileForm {
  return /xl\/|\[Content_Types\]\.xml/.test(text)
    ? { kind: 'other', name: 'an Excel workbook (xlsx)', hint: 'save the sheet as “CSV UTF-8”' }
    : {
        kind: 'other',
        name: 'a zip archive',
        hint: unpack('`unzip FILE`; or pack each file with gzip or zstd'),
      };
}

function isText(text: string): boolean {
  return !/[^\P{Cc}\s]/u.test(text.slice(0, 4_096));
}
