import type { PositionRange } from '../record/batch.js';
import type { PositionSet } from '../record/range-set.js';
import type { LedgerHeader, LedgerInputs, LedgerQuery, LedgerTotals } from './ledger-contract.js';
import type { RawLogEntry } from '../error-log/read-error-log.js';

/** The failed records of a vault, as far as its journal has settled them. */
export interface SettledErrors {
  /** Where people find them. */
  readonly place: string;
  /** Reads them anew; in the memory of one. */
  entries(signal?: AbortSignal): AsyncIterable<RawLogEntry>;
}

/** What a ledger says at the moment of reading. */
export interface LedgerReading {
  readonly header: LedgerHeader;
  readonly totals: LedgerTotals;
  readonly settled: PositionSet;
  /** Sent, or perhaps sent, and neither settled nor released; while a child loads, that is what is in flight. */
  readonly inDoubt: PositionSet;
  readonly inputs: LedgerInputs | undefined;
  /** The positions that it covers; undefined while nobody knows where the source ends, and in journals of version 0.1. */
  readonly extent: PositionRange | undefined;
  /** The query that the run submitted last. */
  readonly query: LedgerQuery | undefined;
  /** How often a child opened it: 1 plus restarts and resumes. */
  readonly openings: number;
  /** Undefined when nothing has failed. */
  readonly errors: SettledErrors | undefined;
}

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
