import { SuperviseError } from '../../src/errors/supervise-error.js';
import { sweepColumns, sweepRowSchema, type SweepRow } from './columns.js';

/**
 * Reads the text of a sweep's CSV file, in any order of columns and with others beside them. A last line that was
 * torn off is left out. Throws `source` that names the file, the missing columns, or the line and column of what is
 * no figure.
 */
export function readResults(text: string, file: string): SweepRow[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1).replace(/^\uFEFF/, '');
  const [header, ...lines] = whole.split(/\r?\n/);
  if (header === undefined || header.trim() === '') {
    throw new SuperviseError('source', `${file} has no header line`, { hint: expectation });
  }
  const names = cellsOf(header);
  const missing = sweepColumns.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    throw new SuperviseError(
      'source',
      `${file} is not the result of a sweep: its header lacks ${shorten(missing)}`,
      { hint: expectation },
    );
  }
  return lines.flatMap((line, at) =>
    line.trim() === '' ? [] : [readRow(names, line, `${file}, line ${at + 2}`)],
  );
}

function shorten(names: readonly string[]): string {
  const shown = names.slice(0, 4);
  const more = names.length - shown.length;
  return shown.join(', ') + (more === 0 ? '' : ` and ${more} more`);
}

const expectation = 'bench:quick and bench:full write such files; docs/benchmarks.md lists their columns.';

function readRow(names: readonly string[], line: string, where: string): SweepRow {
  const cells = cellsOf(line);
  if (cells.length !== names.length) {
    throw new SuperviseError(
      'source',
      `${where}: ${cells.length} fields, but the header has ${names.length}`,
    );
  }
  const row = sweepRowSchema.safeParse(Object.fromEntries(names.map((name, at) => [name, cells[at]])));
  if (row.success) return row.data;
  const [issue] = row.error.issues;
  throw new SuperviseError(
    'source',
    `${where}, column ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
  );
}

/** Cells are numbers and words, so quotes stand around a whole cell or nowhere. */
function cellsOf(line: string): string[] {
  return line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
}
