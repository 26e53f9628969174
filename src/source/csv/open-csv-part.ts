import type { Part } from '../files/part.js';
import type { ColumnFiles } from '../files/pair-source.js';
import { ColumnReader, type CsvFormat, type TextForm } from './column-reader.js';
import { usualDialect } from './dialect.js';

/**
 * Opens CSV files of a list in turn. What the first one turns out to be holds for those without a header of their own;
 * where a file is known from an earlier reading, it is opened in the middle.
 */
export function csvOpener(
  format: CsvFormat,
  columns: {
    readonly headers: readonly string[];
    readonly key: string | undefined;
    readonly counts: boolean;
  },
): ColumnFiles['opener'] {
  const { headers, key, counts } = columns;
  const forms = new Map<Part, TextForm>();
  let first: TextForm | undefined;
  const { header } = format.dialect ?? usualDialect;
  return (purpose, signal) => async (part, row) => {
    const form = forms.get(part);
    const cut = row > 0 ? part.table.cutBefore(row) : undefined;
    const isPass = purpose === 'pass';
    const reader = await ColumnReader.open({
      part,
      format,
      headers,
      wanted: isPass ? headers.filter((name) => name === key) : headers,
      counts: isPass && counts,
      signal,
      like: header === 'every' || (part.number ?? 1) === 1 ? undefined : first,
      from: form !== undefined && cut !== undefined ? { form, cut } : undefined,
    });
    first ??= reader.form;
    forms.set(part, reader.form);
    return reader;
  };
}
