import * as z from 'zod';

const count = z.int().nonnegative();

const recordSchema = z.looseObject({
  Value: z.string().optional(),
  Token: z.string().optional(),
  Position: count.optional(),
  /** Of a redacted record, under the user's own key. */
  Hmac: z.string().optional(),
});

const looseEntrySchema = z.looseObject({
  batch_number: count,
  records: z.array(recordSchema),
  /** Values and tokens of the records, as `src/privacy` seals them. */
  encrypted: z
    .looseObject({ version: z.int().optional(), key: z.string(), nonce: z.string(), data: z.string() })
    .optional(),
  /** Values and tokens of the records are nowhere; with a key there are HMACs of them. */
  redacted: z.looseObject({ key_id: z.string().optional() }).optional(),
  error: z.string(),
  status_code: z.int(),
  timestamp: z.string().optional(),
  reason: z.string().optional(),
  /** The values stand, or may stand, in the vault under other tokens, though the reason does not say so. */
  foreign: z.boolean().optional(),
  request_id: z.string().optional(),
  run: z.string().optional(),
  // In merged logs, where each entry says whose it is.
  vault_name: z.string().optional(),
  vault_id: z.string().optional(),
  table: z.string().optional(),
  column: z.string().optional(),
});

/** Keys beyond these are kept: a merged log passes them on. A record has value and token, or the entry says why not. */
export const entrySchema = looseEntrySchema.superRefine(({ records, encrypted, redacted }, context) => {
  if (encrypted !== undefined || redacted !== undefined) return;
  for (const [at, record] of records.entries()) {
    for (const key of ['Value', 'Token'] as const) {
      if (record[key] !== undefined) continue;
      context.addIssue({ code: 'invalid_type', expected: 'string', path: ['records', at, key] });
      return;
    }
  }
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
  readonly foreign: boolean;
  readonly requestId: string | undefined;
  readonly run: string | undefined;
}

/** Why an entry's records do not stand in it; undefined when they do. */
export function withholding(raw: RawEntry): 'encrypted' | 'redacted' | undefined {
  if (raw.encrypted !== undefined) return 'encrypted';
  return raw.redacted === undefined ? undefined : 'redacted';
}

/** The records of an entry that stand in it in clear. Must not be asked for those that are withheld. */
export function clearRecords({ records }: RawEntry): { value: string; token: string }[] {
  return records.map(({ Value = '', Token = '' }) => ({ value: Value, token: Token }));
}

/** An entry in the form that the program works with, `pairs` being its records one for one. */
export function loggedEntry(
  raw: RawEntry,
  vault: LoggedVault,
  pairs: readonly { readonly value: string; readonly token: string }[] = clearRecords(raw),
): LoggedEntry {
  return {
    vault,
    batchNumber: raw.batch_number,
    records: pairs.map(({ value, token }, at) => ({ value, token, position: raw.records[at]?.Position })),
    error: raw.error,
    statusCode: raw.status_code,
    timestamp: raw.timestamp,
    reason: raw.reason,
    foreign: raw.foreign === true,
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
