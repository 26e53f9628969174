import * as z from 'zod';
import { ratesSchema } from '../config/rates.js';
import { renewableSecretSchema } from '../config/renewable-secrets.js';
import { ERROR_CODES } from '../errors/supervise-error.js';
import { errorLogPrivacySchema } from '../privacy/record-protection.js';
import { inputIdentitySchema } from '../source/input-identity.js';
import { vaultStatusSchema, type VaultStatus } from '../report/statuses.js';
import { sourceSpecSchema } from '../source/source-kinds.js';
import { flowSettingsSchema } from '../vault/flow/flow-settings.js';
import { proxySchema } from '../vault/proxy-settings.js';
import { snapshotSchema } from '../figures/snapshot.js';
import { submittedQuerySchema } from './query.js';
import { findingsSchema, taskSchema } from './task.js';

const count = z.int().nonnegative();

const errorSchema = z.strictObject({
  code: z.enum(ERROR_CODES),
  message: z.string(),
  hint: z.string().optional(),
});

export { vaultStatusSchema, type VaultStatus };

/** What authorises the requests of a vault; `renewable`: the supervisor gives it anew when it is refused. */
const renewable = renewableSecretSchema.optional();
const credentialSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('token'), token: z.string(), renewable }),
  z.strictObject({ kind: z.literal('token_file'), file: z.string() }),
  z.strictObject({ kind: z.literal('service_account_file'), file: z.string() }),
  z.strictObject({ kind: z.literal('service_account'), json: z.string(), renewable }),
]);
export type CredentialJob = z.infer<typeof credentialSchema>;

/** A part of a vault's rows, whose ledger is in a database that machines share. */
const shardJobSchema = z.strictObject({
  /** With its password. */
  url: z.string(),
  shard: count,
  /** The positions of the shard: `end` is the first behind it. */
  start: count,
  end: count,
  /** Rows of the whole source. */
  rows: count,
  /** What the source was when it was cut. */
  inputs: z.array(inputIdentitySchema),
  /** The query that has the rows; absent where files have them. */
  query: submittedQuerySchema.optional(),
  /** How long a permission to send is good for. */
  permitTtlMs: z.int().positive(),
  /** In whose hands the shard is, for people. */
  owner: z.string(),
});
export type ShardJob = z.infer<typeof shardJobSchema>;

/** Everything one child needs; secrets travel here and nowhere else. */
export const vaultJobSchema = z.strictObject({
  /** Absent: the vault is loaded. */
  task: taskSchema.optional(),
  runId: z.string(),
  runDirectory: z.string(),
  /** ISO 8601; names the error log. */
  startedAt: z.string(),
  /** This user's folder for load locks and what calibrations have still to delete. */
  stateFolder: z.string(),
  /** Where the release before this one kept load locks. */
  formerLockFolder: z.string().optional(),
  vault: z.strictObject({ name: z.string(), id: z.string(), table: z.string(), column: z.string() }),
  source: sourceSpecSchema,
  /** Absent: the vault is loaded whole, and its ledger is in the run directory. */
  shard: shardJobSchema.optional(),
  /** What is known of the vault's journal from elsewhere, and whether it may be put together again from its remains. */
  ledger: z
    .strictObject({
      evidence: z.strictObject({ settledRows: count, hasBegun: z.boolean() }),
      repair: z.boolean(),
    })
    .partial()
    .optional(),
  /** How failed records stand in the error log; absent: in clear. */
  errorLogPrivacy: errorLogPrivacySchema.optional(),
  connection: z.strictObject({
    vaultUrl: z.string(),
    credential: credentialSchema,
    /** For looking records up, where reading needs another credential. */
    lookupCredential: credentialSchema.optional(),
    /** What is asked about records in doubt. */
    lookup: z.enum(['value', 'existence']),
    byot: z.enum(['DISABLE', 'ENABLE', 'ENABLE_STRICT']),
    upsert: z.boolean(),
    /** Keep the ids of the records, so that they can be deleted again. */
    recordIds: z.boolean().optional(),
    /** Look each batch up, and insert only what the vault does not hold. */
    skipExisting: z.boolean(),
    wire: z.enum(['bulk', 'record', 'flow']),
    /** Of Flow vaults. */
    flow: flowSettingsSchema.optional(),
    httpVersion: z.enum(['1.1', '2', 'auto']),
    caFile: z.string().optional(),
    allowedHosts: z.string().optional(),
    /** The usual proxy variables as the supervisor found them. */
    proxy: proxySchema,
    /** How long a changed credential file is waited for after a 401. */
    authWaitMs: count,
    requestTimeoutMs: count,
    headersTimeoutMs: count,
    bodyTimeoutMs: count,
    connectTimeoutMs: count,
  }),
  delivery: z.strictObject({
    batchSize: count,
    /** Of values and tokens: a batch is closed before they are larger. */
    maxBatchBytes: count,
    concurrency: count,
    /** 0: no limit. */
    maxRecords: count,
    /** The positions of the source that are meant; absent: all. */
    extent: z.strictObject({ start: count, end: count.optional() }).optional(),
    /** Whether anyone asked for `maxRecords`; a default that cuts the source makes the vault `limited`. */
    maxRecordsIsDefault: z.boolean(),
    maxAttempts: count,
    baseDelayMs: count,
    /** 95 % of the answers are to come within it; absent: no ceiling. */
    maxLatencyMs: count.optional(),
    rates: ratesSchema,
    /** A number of failed records, or a percentage such as `5%`. */
    maxErrors: z.union([count, z.string()]),
    /** Of records that are held back; absent: no limit. */
    maxHeld: count.optional(),
    inDoubt: z.enum(['hold', 'send']),
    /** Of a retry: records that the vault took under tokens of its own are sent again if it does not hold theirs. */
    resendMismatched: z.boolean().optional(),
    /** How long a lost request may take to commit: nobody asks before. */
    settleMs: count,
    /** What to do when the vault holds what is to be loaded; absent: a sample need not be looked up. */
    alreadyLoadedHint: z.string().optional(),
    /** Unix seconds of the run's start: the fixed part of the suffix. Absent: no suffix. */
    suffixUnixSeconds: count.optional(),
  }),
});
export type VaultJob = z.infer<typeof vaultJobSchema>;

/** Supervisor to child. */
export const toChildSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('job'), version: z.string(), job: vaultJobSchema }),
  /** The answer to `unauthorized`: a token that somebody entered, or none. */
  z.strictObject({ type: z.literal('token'), token: z.string().optional() }),
  /** The answer to `secret_refused`: the secret anew, or none. */
  z.strictObject({
    type: z.literal('secret'),
    key: renewableSecretSchema,
    generation: count,
    text: z.string().optional(),
  }),
  /** This vault's share of a budget that it has with others has changed. */
  z.strictObject({ type: z.literal('rates'), rates: ratesSchema }),
  /** Send nothing more until `release`; answered by `held` when nothing is on its way. */
  z.strictObject({ type: z.literal('hold') }),
  z.strictObject({ type: z.literal('release') }),
  /** Stop reading, let requests in flight finish for at most `drainMs`, report, end. */
  z.strictObject({ type: z.literal('stop'), drainMs: count }),
]);
export type ToChild = z.infer<typeof toChildSchema>;

/** Child to supervisor. The first message is `hello`, the last one is `result`. */
export const fromChildSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('hello'), version: z.string(), pid: count }),
  z.strictObject({
    type: z.literal('phase'),
    phase: z.enum(['checking', 'loading', 'draining']),
  }),
  /** What the source is, and what the journal held as uploaded when this child opened it. */
  z.strictObject({
    type: z.literal('inputs'),
    rows: count.optional(),
    inputs: z.array(inputIdentitySchema),
    uploadedBefore: count,
  }),
  /** Sent 4 times a second at most, and at least once in 2 s: its absence is a missed heartbeat. */
  z.strictObject({ type: z.literal('progress'), snapshot: snapshotSchema }),
  /** The vault refuses a credential that it took before; the vault pauses until `token` comes. */
  z.strictObject({ type: z.literal('unauthorized'), message: z.string() }),
  /** The vault refuses a credential that it took before; it pauses until the credential's file has changed. */
  z.strictObject({ type: z.literal('credential_awaited'), waitMs: count }),
  /** A secret is refused that a command gives: `generation` times this process was given it anew, its job's not counted. */
  z.strictObject({ type: z.literal('secret_refused'), key: renewableSecretSchema, generation: count }),
  /** After `unauthorized` or `credential_awaited`: the waiting is over, one way or the other. */
  z.strictObject({ type: z.literal('credential_settled') }),
  /** The answers of so many rows are unknown; the vault is asked for them when `waitMs` is over. */
  z.strictObject({ type: z.literal('waiting'), waitMs: count, rows: count }),
  /** After `hold`: nothing is on its way to the vault. */
  z.strictObject({ type: z.literal('held') }),
  /** A line for people and the run's log. */
  z.strictObject({ type: z.literal('notice'), level: z.enum(['info', 'warn']), message: z.string() }),
  z.strictObject({
    type: z.literal('result'),
    status: vaultStatusSchema,
    snapshot: snapshotSchema,
    /** The error log, if this vault has failures. */
    errorLog: z.string().optional(),
    error: errorSchema.optional(),
    /** What a task other than loading came to. */
    findings: findingsSchema.optional(),
  }),
]);
export type FromChild = z.infer<typeof fromChildSchema>;

/**
 * A message that has arrived, or the keys at which it is malformed. Interpreted: zod would compile a parser for each
 * schema first, which takes longer than the few messages of a run.
 */
export function parseMessage<T>(
  schema: z.ZodType<T>,
  raw: unknown,
): { readonly message: T } | { readonly malformedAt: string } {
  const { data, error } = schema.safeParse(raw, { jitless: true });
  if (error === undefined) return { message: data };
  return { malformedAt: error.issues.map(({ path }) => path.join('.')).join(', ') };
}
