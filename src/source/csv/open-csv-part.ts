import { fileFormats, type FormatName, type FormatTexts } from '../file-formats.js';
import { errorIn } from '../files/file-errors.js';
import type { ColumnReading } from '../files/file-format.js';
import { openInputFile } from '../files/open-input-file.js';
import type { FilePart } from '../files/file-part.js';
import type { ColumnFiles } from '../files/pair-source.js';
import type { PartReader } from '../files/row-reader.js';
import type { StoredFile } from '../fingerprints/stored-file.js';
import { ColumnReader, type CsvFormat, type TextForm } from './column-reader.js';
import { usualDialect } from './dialect.js';
import { recogniseFile } from '../compression/recognise-file.js';

/** What holds for those files that turn out to be no text, whatever they are named. */
export interface OtherFormats {
  /** Nothing but texts is read without. */
  readonly text?: FormatTexts | undefined;
  /** The one that all of them must have. */
  readonly meant?: FormatName | undefined;
}

/**
 * Opens files of a list in turn: of another format by their first bytes, else CSV. What the first one turns out to be holds for
 * those without a header of their own; where a file is known from an earlier reading, it is opened in the middle.
 */
export function csvOpener(
  format: CsvFormat,
  formats: OtherFormats,
  columns: {
    readonly headers: readonly string[];
    readonly key: string | undefined;
    readonly counts: boolean;
  },
): ColumnFiles['opener'] {
  const { headers, key, counts } = columns;
  const forms = new Map<FilePart, TextForm | FormatName>();
  let first: TextForm | undefined;
  const { header } = format.dialect ?? usualDialect;
  return (purpose, signal, onBadLine) => async (part, row) => {
    const known = forms.get(part);
    const wanted = purpose === 'pass' ? headers.filter((name) => name === key) : headers;
    const file = await openInputFile(part.path, part.table);
    const other = typeof known === 'object' ? undefined : (known ?? (await formatOf(file, formats)));
    if (other !== undefined) {
      forms.set(part, other);
      return openFormat(file, other, { headers, wanted, text: formats.text?.[other] ?? [], row, signal });
    }
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
      from: typeof known === 'object' && cut !== undefined ? { form: known, cut } : undefined,
      onBadLine,
    });
    first ??= reader.form;
    forms.set(part, reader.form);
    return reader;
  };
}

/** Closes the file where it fails. */
async function formatOf(file: StoredFile, { meant }: OtherFormats): Promise<FormatName | undefined> {
  try {
    const form = recogniseFile(await file.piece(0));
    const format = form.kind === 'format' ? form.format : undefined;
    if (meant === undefined || format === meant) return format;
    throw errorIn(
      file.path,
      `is not ${fileFormats[meant].title}, which \`"source": "${meant}"\` says that it is`,
      'Name files of that format, or say `--source csv`, which reads both.',
    );
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Closes the file where it fails. */
async function openFormat(file: StoredFile, format: FormatName, reading: ColumnReading): Promise<PartReader> {
  try {
    return await fileFormats[format].open(file, reading);
  } catch (error) {
    await file.close();
    throw error;
  }
}
