import { SuperviseError } from '../../errors/supervise-error.js';
import type { DriverColumn } from './load-driver.js';

/**
 * Follows the row numbers of the driver while it hands out cells of one column. In array mode it leaves them out of
 * the rows, yet only they tell when a chunk holds fewer rows than it should: the rows after it would take the
 * positions of those that are missing. `brokenAt` is the first position that has another row than its own.
 */
export interface RowOrder {
  readonly brokenAt: number | undefined;
}

/** Watches a column from row `start` on. Throws SuperviseError `internal` for a driver without row numbers. */
export function watchRowOrder(column: DriverColumn, start: number): RowOrder {
  const order: { brokenAt: number | undefined } = { brokenAt: undefined };
  const readCell: unknown = Reflect.get(column, '_getRowValue');
  if (typeof readCell !== 'function') throw unsupported();
  let expected = start;
  Reflect.set(column, '_getRowValue', (row: unknown): unknown => {
    const rowIndex: unknown =
      typeof row === 'object' && row !== null ? Reflect.get(row, 'rowIndex') : undefined;
    if (typeof rowIndex !== 'number') throw unsupported();
    if (rowIndex !== expected) order.brokenAt ??= expected;
    expected += 1;
    const cell: unknown = Reflect.apply(readCell, column, [row]);
    return cell;
  });
  return order;
}

function unsupported(): SuperviseError {
  return new SuperviseError(
    'internal',
    'this version of snowflake-sdk does not number the rows of a result',
    {
      hint: 'Install the version of snowflake-sdk that this program was released with.',
    },
  );
}
