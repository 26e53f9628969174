import { errorIn } from '../files/file-errors.js';
import { openInputFile } from '../files/open-input-file.js';
import type { FilePart } from '../files/file-part.js';
import type { ColumnFiles } from '../files/pair-source.js';
import type { PartReader } from '../files/row-reader.js';
import type { ParquetReaderOptions } from '../parquet/parquet-reader.js';
import type { TextForms } from '../parquet/text-forms.js';
import type { StoredFile } from '../fingerprints/stored-file.js';
import { ColumnReader, type CsvFormat, type TextForm } from './column-reader.js';
import { usualDialect } from './dialect.js';
import { recogniseFile } from '../compression/recognise-file.js';

/** What holds for those files that turn out to be Parquet, whatever they are named. */
export interface ParquetFormat {
  readonly text: TextForms;
  /** Whether there may be nothing else. */
  readonly isMeant: boolean;
}

/**
 * Opens files of a list in turn: Parquet by their first bytes, else CSV. What the first one turns out to be holds for
 * those without a header of their own; where a file is known from an earlier reading, it is opened in the middle.
 */
export function csvOpener(
  format: CsvFormat,
  parquet: ParquetFormat,
  columns: {
    readonly headers: readonly string[];
    readonly key: string | undefined;
    readonly counts: boolean;
  },
): ColumnFiles['opener'] {
  const { headers, key, counts } = columns;
  const forms = new Map<FilePart, TextForm | 'parquet'>();
  let first: TextForm | undefined;
  const { header } = format.dialect ?? usualDialect;
  return (purpose, signal) => async (part, row) => {
    const known = forms.get(part);
    const wanted = purpose === 'pass' ? headers.filter((name) => name === key) : headers;
    const file = await openInputFile(part.path, part.table);
    if (known === 'parquet' || (known === undefined && (await isParquet(file, parquet)))) {
      forms.set(part, 'parquet');
      return openParquet(file, { headers, wanted, text: parquet.text, row, signal });
    }
    const form = known;
    const cut = row > 0 ? part.table.cutBefore(row) : undefined;
    const reader = await ColumnReader.open({
      part,
      file,
      format,
      headers,
      wanted,
      counts: purpose !== 'load' && counts,
      signal,
      like: header === 'every' || (part.number ?? 1) === 1 ? undefined : first,
      from: form !== undefined && cut !== undefined ? { form, cut } : undefined,
    });
    first ??= reader.form;
    forms.set(part, reader.form);
    return reader;
  };
}

/** Closes the file where it fails. */
async function isParquet(file: StoredFile, { isMeant }: ParquetFormat): Promise<boolean> {
  try {
    const { kind } = recogniseFile(await file.piece(0));
    if (kind === 'parquet' || !isMeant) return kind === 'parquet';
    throw errorIn(
      file.path,
      'is not a Parquet file, which `"source": "parquet"` says that it is',
      'name Parquet files, or say `--source csv`, which reads both',
    );
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** What reads Parquet is loaded only for one. */
async function openParquet(file: StoredFile, options: ParquetReaderOptions): Promise<PartReader> {
  try {
    const { ParquetReader } = await import('../parquet/parquet-reader.js');
    return await ParquetReader.open(file, options);
  } catch (error) {
    await file.close();
    throw error;
  }
}
