import { parquetMetadata, parquetSchema } from 'hyparquet';
import type { ColumnMetaData, FileMetaData } from 'hyparquet';
import type { StoredFile } from '../fingerprints/stored-file.js';
import { errorIn } from '../files/file-errors.js';
import { encrypted } from './parquet-errors.js';
import type { ProvedBytes } from './proved-bytes.js';

const MAGIC = 'PAR1';
const ENCRYPTED_MAGIC = 'PARE';
const TRAILER_BYTES = 8;
/** More than any file of thousands of columns and row groups has. */
const MAX_FOOTER_BYTES = 536_870_912;
/** Looked at around the place where another file may end. */
const JOINT_BYTES = 1_048_576;

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
      'Copy or write it again; a file that is still being written has no end yet.',
    );
  }
  const startByte = sizeBytes - TRAILER_BYTES - length;
  if (startByte < MAGIC.length || length > MAX_FOOTER_BYTES) throw badFooter(path);
  const footer = await bytes.exactly(startByte, length + TRAILER_BYTES);
  let metadata: FileMetaData;
  let interpreted: Footer;
  try {
    metadata = parquetMetadata(footer, { geoparquet: false });
    interpreted = interpret(metadata, startByte);
  } catch {
    // What is thrown may quote what stands there, and statistics hold values.
    throw badFooter(path);
  }
  await refuseJoined(path, bytes, startByte - describedEnd(metadata));
  return interpreted;
}

/**
 * Files that were written one behind the other: the last footer counts bytes from where its own file began, so that rows of
 * the first would be read in place of its own. `undescribedBytes` lie between what it describes and itself.
 */
async function refuseJoined(path: string, bytes: ProvedBytes, undescribedBytes: number): Promise<void> {
  if (undescribedBytes < MAGIC.length + TRAILER_BYTES) return;
  // Not every writer describes all that it writes.
  const from = Math.max(0, undescribedBytes - JOINT_BYTES);
  const around = await bytes.exactly(from, undescribedBytes + MAGIC.length - from);
  if (!around.includes(MAGIC + MAGIC)) return;
  throw errorIn(
    path,
    'holds several Parquet files joined into one, which no reader reads in full',
    'Put each into a file of its own, and name them with a list or a pattern.',
  );
}

/** Where the last thing ends that a footer describes. */
function describedEnd({ row_groups: groups }: FileMetaData): number {
  const ends = groups.flatMap(({ columns }) =>
    columns.flatMap((column) => {
      const data = column.meta_data;
      return [
        data === undefined ? 0 : chunkStart(data) + Number(data.total_compressed_size),
        Number(data?.bloom_filter_offset ?? 0) + (data?.bloom_filter_length ?? 0),
        Number(column.offset_index_offset ?? 0) + (column.offset_index_length ?? 0),
        Number(column.column_index_offset ?? 0) + (column.column_index_length ?? 0),
      ];
    }),
  );
  return ends.reduce((last, end) => Math.max(last, end), MAGIC.length);
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
    'Copy or write it again; another reader, such as DuckDB, tells whether it is whole.',
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
