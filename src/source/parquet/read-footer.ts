import { parquetMetadata, parquetSchema } from 'hyparquet';
import type { ColumnMetaData, FileMetaData } from 'hyparquet';
import type { StoredFile } from '../pieces/stored-file.js';
import { errorIn } from '../files/file-errors.js';
import { encrypted } from './parquet-errors.js';
import type { ProvedBytes } from './proved-bytes.js';

const MAGIC = 'PAR1';
const ENCRYPTED_MAGIC = 'PARE';
const TRAILER_BYTES = 8;
/** More than any file of thousands of columns and row groups has. */
const MAX_FOOTER_BYTES = 536_870_912;

/** What a Parquet file says of itself. */
export interface Footer {
  readonly rowGroups: FileMetaData['row_groups'];
  readonly schema: ReturnType<typeof parquetSchema>;
  readonly rows: number;
  /** Where the footer begins: no column lies beyond. */
  readonly startByte: number;
  /** Rows before each row group, and at last all of them. */
  readonly rowsBefore: readonly number[];
  /**
   * Where a column that begins at a byte has ended at the latest: none of its pages lies beyond the beginning of another.
   * (How long it is stands there too, but some writers leave the header of the dictionary out of what they count.)
   */
  readonly endOf: (chunkStart: number) => number;
}

/** Where a column of a row group begins: a dictionary stands before the data, though not every writer says so. */
export function chunkStart({
  data_page_offset: data,
  dictionary_page_offset: dictionary,
}: ColumnMetaData): number {
  return Math.min(...[data, dictionary].map(Number).filter((offset) => offset > 0));
}

/** Reads the footer of a file that begins as a Parquet file does, or says what is wrong with it. */
export async function readFooter(file: StoredFile, bytes: ProvedBytes): Promise<Footer> {
  const { path, sizeBytes } = file;
  const trailer = await bytes.exactly(
    Math.max(0, sizeBytes - TRAILER_BYTES),
    Math.min(sizeBytes, TRAILER_BYTES),
  );
  const end = trailer.toString('latin1', Math.max(0, trailer.length - MAGIC.length));
  if (end === ENCRYPTED_MAGIC) throw encrypted(path);
  const length = trailer.length < TRAILER_BYTES ? 0 : trailer.readUInt32LE(0);
  if (end !== MAGIC || sizeBytes < MAGIC.length + TRAILER_BYTES) {
    throw errorIn(
      path,
      'is a Parquet file cut short: it does not end as one does',
      'copy or write it again; a file that is still being written has no end yet',
    );
  }
  const startByte = sizeBytes - TRAILER_BYTES - length;
  if (startByte < MAGIC.length || length > MAX_FOOTER_BYTES) throw badFooter(path);
  const footer = await bytes.exactly(startByte, length + TRAILER_BYTES);
  try {
    return interpret(parquetMetadata(footer, { geoparquet: false }), startByte);
  } catch {
    // What is thrown may quote what stands there, and statistics hold values.
    throw badFooter(path);
  }
}

function interpret(metadata: FileMetaData, startByte: number): Footer {
  const rowsBefore = [0];
  for (const { num_rows: rows } of metadata.row_groups)
    rowsBefore.push((rowsBefore.at(-1) ?? 0) + Number(rows));
  const rows = Number(metadata.num_rows);
  if (!Number.isSafeInteger(rows) || rows < 0 || rowsBefore.at(-1) !== rows) throw new RangeError('rows');
  const chunks = metadata.row_groups.flatMap(({ columns }) =>
    columns.flatMap(({ meta_data: data }) => data ?? []),
  );
  const starts = Float64Array.from([...chunks.map(chunkStart), startByte]).sort();
  const endOf = (start: number): number => firstAbove(starts, start) ?? startByte;
  return {
    endOf,
    rowGroups: metadata.row_groups,
    schema: parquetSchema(metadata),
    rows,
    startByte,
    rowsBefore,
  };
}

function badFooter(path: string): Error {
  return errorIn(
    path,
    'is not a valid Parquet file: its footer, which says where everything is, cannot be read',
    'copy or write it again; another reader, such as DuckDB, tells whether it is whole',
  );
}

function firstAbove(sorted: Float64Array, wanted: number): number | undefined {
  let low = 0;
  for (let high = sorted.length; low < high;) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? Infinity) > wanted) high = middle;
    else low = middle + 1;
  }
  return sorted[low];
}
