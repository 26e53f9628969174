import * as z from 'zod';
import { keySourceSchema } from '../../privacy/read-key-file.js';
import { csvSpec } from '../csv/csv-settings.js';
import { filesOf } from '../csv/vault-files.js';
import { inputIdentitySchema } from '../input-identity.js';
import type { LoggedVault } from '../../error-log/error-log-entry.js';

const files = z
  .array(z.strictObject({ path: z.string(), fingerprint: z.string() }))
  .min(1)
  .readonly();

/** A run whose error log says which rows failed, but not what was in them: where it had them from. */
export const runOriginSchema = z.strictObject({
  run: z.string(),
  vault: z.strictObject({ name: z.string(), id: z.string(), table: z.string() }),
  /** Only what is read by position again. */
  source: z.discriminatedUnion('kind', [csvSpec, z.strictObject({ kind: z.literal('error_log'), files })]),
  /** The fixed part of the suffix that the run sent with every value and token, if it did. */
  suffixUnixSeconds: z.int().nonnegative().optional(),
  /** The key of the run's fingerprints, in hex; absent in runs of version 0.1. */
  fingerprintKey: z.string().optional(),
  /** What the source was when the run read it. */
  inputs: z.array(inputIdentitySchema).readonly(),
});
export type RunOrigin = Readonly<z.infer<typeof runOriginSchema>>;

/** What a child is told of a vault whose failed records are sent again. */
export const errorLogSpec = z.strictObject({
  kind: z.literal('error_log'),
  /** In the order in which they are read; what each must hold. */
  files,
  /** Opens records that are encrypted. */
  identityFile: keySourceSchema.optional(),
  /** Recognises records that are redacted. */
  redactKeyFile: keySourceSchema.optional(),
  /** Where runs that wrote redacted records had them from. */
  origins: z.array(runOriginSchema).readonly().optional(),
});

interface LogFile {
  readonly path: string;
  readonly fingerprint: string;
}

/** The files of those logs that hold records of a vault, as a source. */
export function planLogs(
  logs: readonly {
    readonly file: string;
    readonly fingerprint: string;
    readonly vaults: readonly { readonly name: string }[];
  }[],
  vaultName: string,
): { kind: 'error_log'; files: LogFile[] } {
  const own = logs.filter(({ vaults }) => vaults.some(({ name }) => name === vaultName));
  return { kind: 'error_log', files: own.map(({ file, fingerprint }) => ({ path: file, fingerprint })) };
}

/** The error logs that a run had its records from; none where it read anything else. */
export function logsOf({ source }: RunOrigin): readonly LogFile[] {
  return source.kind === 'error_log' ? source.files : [];
}

/** Every file that is read for an origin. */
export function pathsOf(source: RunOrigin['source']): readonly string[] {
  if (source.kind === 'error_log') return source.files.map(({ path }) => path);
  return filesOf({ csv: source.files });
}

/** The vault whose records are taken from error logs. */
export type WantedVault = Pick<LoggedVault, 'name' | 'id' | 'table'>;

/** Whether records of `logged` belong to `wanted`: same id and table, and the same name in any case. */
export function isOf(wanted: WantedVault, logged: LoggedVault): boolean {
  return (
    logged.id === wanted.id &&
    logged.table === wanted.table &&
    logged.name.toLowerCase() === wanted.name.toLowerCase()
  );
}
