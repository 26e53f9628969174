import * as z from 'zod';
import type { LoggedVault } from '../error-log/error-log-entry.js';
import type { RecordProtection } from '../error-log/error-log-format.js';
import { createDataKey } from './data-key.js';
import { keySourceSchema } from './read-key-file.js';
import { RedactionKey } from './redaction-key.js';
import { RecordSealer } from './sealed-records.js';

/** How records stand in error logs; absent: in clear. */
export const errorLogPrivacySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('encrypted'), recipient: z.string() }),
  z.strictObject({
    kind: z.literal('redacted'),
    /** Of the user's own key, under which records are recognised. */
    keyFile: keySourceSchema.optional(),
  }),
]);
export type ErrorLogPrivacy = z.infer<typeof errorLogPrivacySchema>;

/**
 * What keeps the records of one process out of its error log's text. Encryption begins with a key of its own each
 * time: neither a restart nor a resume needs a private key. Throws `config` for a wrong recipient or key file.
 */
export async function createProtection(privacy: ErrorLogPrivacy): Promise<RecordProtection> {
  switch (privacy.kind) {
    case 'encrypted':
      return sealing(new RecordSealer(await createDataKey(privacy.recipient)));
    case 'redacted':
      return redacting(privacy.keyFile === undefined ? undefined : await RedactionKey.read(privacy.keyFile));
    default:
      return privacy satisfies never;
  }
}

function sealing(sealer: RecordSealer): RecordProtection {
  return (entry, failures, vault) => {
    const records = failures.map(({ position }) => ({ Position: position }));
    const said = failures[0]?.said?.forErrorLog();
    return { records, encrypted: sealer.seal({ ...entry, records }, vault, { pairs: failures, said }) };
  };
}

function redacting(key: RedactionKey | undefined): RecordProtection {
  return (entry, failures, vault: LoggedVault) => ({
    records: failures.map(({ position, value, token }) =>
      key === undefined
        ? { Position: position }
        : { Position: position, Hmac: key.digest(placeOf(entry.run, vault, position), value, token) },
    ),
    redacted: key === undefined ? {} : { key_id: key.id },
  });
}

function placeOf(run: string, { id, table }: LoggedVault, position: number) {
  return { run, vaultId: id, table, position };
}
