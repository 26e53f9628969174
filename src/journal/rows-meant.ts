import type { LedgerReading } from './run-store.js';

/**
 * How many rows a ledger is to settle; undefined while nobody knows. `limit` (Infinity for none) is that of the run, for
 * journals of version 0.1, which recorded no extent.
 */
export function rowsMeant(
  { extent, inputs }: Pick<LedgerReading, 'extent' | 'inputs'>,
  limit: number,
): number | undefined {
  if (extent !== undefined) return extent.end - extent.start;
  return inputs?.rows === undefined ? undefined : Math.min(inputs.rows, limit);
}
