import { z } from 'zod';

const count = z.int().nonnegative();

/** Keys beyond these are kept: a merged log passes them on. */
export const entrySchema = z.looseObject({
  batch_number: count,
  records: z.array(z.looseObject({ Value: z.string(), Token: z.string(), Position: count.optional() })),
  error: z.string(),
  status_code: z.int(),
  timestamp: z.string().optional(),
  reason: z.string().optional(),
  request_id: z.string().optional(),
  run: z.string().optional(),
  // In merged logs, where each entry says whose it is.
  vault_name: z.string().optional(),
  vault_id: z.string().optional(),
  table: z.string().optional(),
  column: z.string().optional(),
});

/** An entry as it stands in a log. */
export type RawEntry = z.infer<typeof entrySchema>;

/** The vault that refused a record. */
export interface LoggedVault {
  readonly name: string;
  readonly id: string;
  /** The replaced loader names none: there the table is named after the column. */
  readonly table: string;
  readonly column: string;
}

/** A failed record as it was sent. `position` is its row in the source of `run`, where the log says so. */
export interface LoggedRecord {
  readonly value: string;
  readonly token: string;
  readonly position: number | undefined;
}

/** Records that failed together. */
export interface LoggedEntry {
  readonly vault: LoggedVault;
  readonly batchNumber: number;
  readonly records: readonly LoggedRecord[];
  readonly error: string;
  /** HTTP status; 0 when there was no answer. */
  readonly statusCode: number;
  readonly timestamp: string | undefined;
  /** A failure reason of this program; absent in logs of the replaced loader. */
  readonly reason: string | undefined;
  readonly requestId: string | undefined;
  readonly run: string | undefined;
}

/** An entry in the form that the program works with. */
export function loggedEntry(raw: RawEntry, vault: LoggedVault): LoggedEntry {
  return {
    vault,
    batchNumber: raw.batch_number,
    records: raw.records.map(({ Value, Token, Position }) => ({
      value: Value,
      token: Token,
      position: Position,
    })),
    error: raw.error,
    statusCode: raw.status_code,
    timestamp: raw.timestamp,
    reason: raw.reason,
    requestId: raw.request_id,
    run: raw.run,
  };
}

/** The vault that an entry of a merged log names; undefined when it names none. */
export function vaultOfEntry(raw: RawEntry): LoggedVault | undefined {
  const { vault_name: name, vault_id: id, column } = raw;
  if (name === undefined || id === undefined || column === undefined) return undefined;
  return { name, id, table: raw.table ?? column, column };
}
