import { createHash } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import * as z from 'zod';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { recordedSettingsSchema } from '../config/redact-configuration.js';
import { runOrdersSchema, type RunOrders } from '../control/run-control.js';
import { inputIdentitySchema, withFormerName } from '../source/input-identity.js';
import { productVersion, productCommit } from '../product/product.js';
import { mayGoOn } from './formats.js';
import type { RunDirectory } from './run-directory.js';
import { openRunStore } from '../journal/open-run-store.js';
import type { RunStore } from '../journal/run-store.js';
import { DamageError } from '../journal/storage-error.js';

const count = z.int().nonnegative();

const credentialSchema = z.strictObject({
  kind: z.enum(['bearer_token', 'bearer_token_file', 'api_key', 'credentials_file', 'credentials']),
  client_id: z.string().optional(),
  key_id: z.string().optional(),
  /** Tells its key from another: of a service account's public key, or an API key's keyed fingerprint. */
  key_thumbprint: z.string().optional(),
});
export type DescribedCredential = z.infer<typeof credentialSchema>;

/** One command that worked on a run: the first one, a resume, a retry. */
export const sessionSchema = z.strictObject({
  command: z.enum(['load', 'resume', 'retry']),
  started_at: z.iso.datetime(),
  finished_at: z.iso.datetime().optional(),
  exit_code: count.optional(),
  pid: count,
  user: z.string(),
  host: z.string(),
  program_version: z.string(),
  node_version: z.string(),
  /** The commit of this program, where it is known. */
  program_commit: z.string().optional(),
  /** What the vault was asked with; never the secret itself. */
  credential: credentialSchema.optional(),
  /** The same of looking up, where that has a credential of its own. */
  lookup_credential: credentialSchema.optional(),
  settings: recordedSettingsSchema,
  /** What was asked of it from outside while it lasted: the first of many, and the newest. */
  orders: z.array(runOrdersSchema).optional(),
});

const runVaultSchema = z.strictObject({
  name: z.string(),
  id: z.string(),
  table: z.string(),
  column: z.string(),
  /** The query, where the source is Snowflake. */
  sql: z.string().optional(),
  /** What the source was found to be; absent until it has been looked over. */
  rows: count.optional(),
  inputs: z.array(inputIdentitySchema).optional(),
});

const retriedLogSchema = z.preprocess(
  withFormerName,
  z.strictObject({
    /** Absolute path. */
    file: z.string(),
    /** Of what it held. */
    fingerprint: z.string(),
    /** The run that wrote it; absent in logs of the replaced loader. */
    run: z.string().optional(),
    /** Whose records are taken from it, and how many. */
    vaults: z.array(z.strictObject({ name: z.string(), id: z.string(), table: z.string(), records: count })),
  }),
);
export type RetriedLog = z.infer<typeof retriedLogSchema>;

/** `run.json`: what was asked, by whom, with which settings from where; no secrets. Written anew, never in place. */
export const runRecordSchema = z.strictObject({
  format_version: z.literal(1),
  run_id: z.string(),
  started_at: z.iso.datetime(),
  working_directory: z.string(),
  /** The configuration file of the load; absolute. */
  config_file: z.string().optional(),
  precount: z.boolean(),
  /** Its ledger is in a database that machines share, and in this directory only what was written out from there. */
  in_store: z.literal(true).optional(),
  /** `--new-run` was said: what earlier runs have loaded may be inserted once more. */
  new_run: z.boolean().optional(),
  /** The approved plan that it kept to. */
  plan: z.strictObject({ file: z.string(), checksum: z.string() }).optional(),
  /** Unix seconds in every suffix; absent when values and tokens travel as they stand. */
  suffix_unix_seconds: count.optional(),
  vaults: z.array(runVaultSchema),
  /** In a retry: the error logs whose records are sent again. */
  error_logs: z.array(retriedLogSchema).optional(),
  sessions: z.array(sessionSchema).min(1),
  /** Of everything else in the file; absent in those written before there was one. */
  checksum: z.string().optional(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;
export type RunSession = RunRecord['sessions'][number];
/** What a run is authorised by. */
export type RunAuthority = Pick<RunSession, 'credential' | 'lookup_credential'>;

/** A session that begins now, on this machine, in this process. */
export function beginSession(
  begin: { readonly startedAt: Date } & Pick<RunSession, 'command' | 'settings'> & RunAuthority,
): RunSession {
  const { command, startedAt, settings, credential, lookup_credential } = begin;
  const commit = productCommit();
  return {
    command,
    started_at: startedAt.toISOString(),
    pid: process.pid,
    user: userName(),
    host: hostname(),
    program_version: productVersion,
    node_version: process.versions.node,
    ...(commit === undefined ? {} : { program_commit: commit }),
    ...(credential === undefined ? {} : { credential }),
    ...(lookup_credential === undefined ? {} : { lookup_credential }),
    settings,
  };
}

const mostOrders = 1_000;

/** The record with an order that its last session has followed. */
export function withOrder(record: RunRecord, order: RunOrders): RunRecord {
  const last = record.sessions.length - 1;
  const add = (orders: readonly RunOrders[] = []) => [...orders.slice(0, mostOrders - 1), order];
  return {
    ...record,
    sessions: record.sessions.map((session, at) =>
      at === last ? { ...session, orders: add(session.orders) } : session,
    ),
  };
}

/** In a container a user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.geteuid?.() ?? 'unknown'}`;
  }
}

export async function writeRunRecord(directory: RunDirectory, record: RunRecord): Promise<void> {
  const sealed = { ...record, checksum: checksumOf(record) };
  await openRunStore(directory.path).keepRecord(`${JSON.stringify(sealed, undefined, 2)}\n`);
}

/** What a record carries as its own checksum: of its JSON, whatever the white space in the file. */
export function checksumOf(record: object): string {
  const text = JSON.stringify({ ...record, checksum: undefined });
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Throws `storage` when the run has no readable record, and when it is not the one that was written: what is left out of
 * it would not be loaded, without a word. `edited` takes it as it stands, for what only looks at a run.
 */
export async function readRunRecord(
  directory: RunDirectory,
  { edited = false }: { readonly edited?: boolean } = {},
): Promise<RunRecord> {
  const store = openRunStore(directory.path);
  const text = await store.record().catch((error: unknown) => {
    throw error instanceof SuperviseError ? error : unreadable(store, systemCode(error) ?? 'unknown error');
  });
  if (text === undefined) throw unreadable(store, 'ENOENT');
  let record: RunRecord;
  let checksum: string;
  try {
    const found: unknown = JSON.parse(text);
    record = runRecordSchema.parse(found);
    checksum = checksumOf(z.record(z.string(), z.unknown()).parse(found));
  } catch (error) {
    throw notUnderstood(store.recordPlace, text, error);
  }
  if (edited || checksum === record.checksum) return record;
  const isMissing = record.checksum === undefined;
  if (isMissing && !(await isSealed(store))) return record;
  throw new DamageError(
    `${store.recordPlace} is not what was written (its checksum ${isMissing ? 'is missing' : 'differs'})`,
    {
      hint: 'Put the original file back; without it, load what is missing with `load --skip-existing`, which asks the vault for what it holds.',
    },
  );
}

function unreadable({ recordPlace }: RunStore, why: string): SuperviseError {
  return new SuperviseError('storage', `${recordPlace} cannot be read (${why})`, {
    hint: 'The run cannot be gone on with; its journals and error logs are still readable.',
  });
}

/** Whether the run's record was written with a checksum: those that have a key of their own were. */
async function isSealed(store: RunStore): Promise<boolean> {
  return (await store.fingerprintKey()) !== undefined;
}

const writerSchema = z.looseObject({ sessions: z.array(z.looseObject({ program_version: z.string() })) });

/** The version that wrote to a record last, as far as it says so. */
function lastWriter(text: string): string | undefined {
  try {
    const writer = writerSchema.parse(JSON.parse(text)).sessions.at(-1)?.program_version ?? '';
    return /^\d+\.\d+\.\d+[\w.+-]*$/.test(writer) ? writer : undefined;
  } catch {
    return undefined;
  }
}

/** Of a record that another version wrote: which one may go on with it. */
function notUnderstood(place: string, text: string, cause: unknown): SuperviseError {
  const writer = lastWriter(text);
  return new SuperviseError(
    'storage',
    `${place} is not the record of a run that version ${productVersion} understands`,
    {
      hint:
        writer !== undefined && writer !== productVersion
          ? `It was written to last by another version; go on with ${mayGoOn(writer)}.`
          : 'The run cannot be gone on with; its journals and error logs are still readable.',
      cause,
    },
  );
}
