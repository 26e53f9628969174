import { SuperviseError } from '../../errors/supervise-error.js';
import { errorIn } from '../files/file-errors.js';

/** Why bytes are not what the format says; whoever knows the file and place says it to people. */
export class ParquetProblem extends Error {
  /** `damaged`: nobody writes such a thing; `unknown`: it may be right, and is not read here. */
  readonly kind: 'damaged' | 'unknown' | 'changed checksum' | 'not UTF-8' | 'no such text';

  constructor(kind: ParquetProblem['kind'], what: string) {
    super(what);
    this.kind = kind;
  }
}

/** For a file that is encrypted, or a column of it. */
export function encrypted(path: string): SuperviseError {
  return errorIn(
    path,
    'is encrypted',
    'Write it anew without encryption, to a disk that is encrypted itself.',
  );
}

/** What is wrong in a column, near a row; counted from 1, as tools that show rows count. */
export function explainProblem(
  place: { readonly path: string; readonly column: string; readonly row: number },
  error: unknown,
): SuperviseError {
  const where = `${place.path}, column "${place.column}", near row ${place.row + 1}:`;
  const copy =
    'Copy the file again, or write it anew; another reader, such as DuckDB, tells whether it is whole.';
  if (!(error instanceof ParquetProblem)) {
    // What a decoder throws may quote what it decodes.
    return new SuperviseError('source', `${where} the file is damaged`, { hint: copy });
  }
  switch (error.kind) {
    case 'damaged':
      return new SuperviseError('source', `${where} the file is damaged: ${error.message}`, { hint: copy });
    case 'changed checksum':
      return new SuperviseError('source', `${where} the file is damaged: ${error.message}`, {
        hint: `Its bytes are not those that were written. ${copy}`,
      });
    case 'unknown':
      return new SuperviseError('source', `${where} ${error.message}, which is not read here`, {
        hint: 'Write the file anew with Snappy, gzip, zstd or LZ4 and usual settings, such as with DuckDB: docs/parquet.md.',
      });
    case 'not UTF-8':
      return new SuperviseError('source', `${where} a text is not valid UTF-8`, {
        hint: 'Whatever wrote the file did not convert it; write the column anew as text.',
      });
    case 'no such text':
      return new SuperviseError('source', `${where} ${error.message}`, {
        hint: 'Choose another form in parquet.text, or write the column as text: docs/parquet.md.',
      });
    default:
      return error.kind satisfies never;
  }
}
