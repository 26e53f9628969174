import * as z from 'zod';
import { ERROR_CODES } from '../errors/supervise-error.js';
import { errorLogPrivacySchema } from '../privacy/record-protection.js';
import { ODDITIES } from '../source/csv/oddities.js';
import { snapshotSchema } from './snapshot.js';
import { findingsSchema, taskSchema } from './task.js';

const count = z.int().nonnegative();

const errorSchema = z.strictObject({
  code: z.enum(ERROR_CODES),
  message: z.string(),
  hint: z.string().optional(),
});

export const inputIdentitySchema = z.strictObject({
  role: z.string(),
  name: z.string(),
  sizeBytes: count.optional(),
  modifiedAt: z.string().optional(),
  rows: count.optional(),
  sha256: z.string().optional(),
});

/** How a vault ended in its child. `limited`: a default limit stopped it before the end of the source. */
export const vaultStatusSchema = z.enum([
  'complete',
  'failures',
  'limited',
  'incomplete',
  'interrupted',
  'not_started',
]);
export type VaultStatus = z.infer<typeof vaultStatusSchema>;

/** The usual proxy variables as the supervisor found them. */
const proxySchema = z
  .strictObject({ httpProxy: z.string(), httpsProxy: z.string(), noProxy: z.string() })
  .partial();

/** What authorises the requests of a vault. */
const credentialSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('token'), token: z.string() }),
  z.strictObject({ kind: z.literal('token_file'), file: z.string() }),
  z.strictObject({ kind: z.literal('service_account_file'), file: z.string() }),
  z.strictObject({ kind: z.literal('service_account'), json: z.string() }),
]);
export type CredentialJob = z.infer<typeof credentialSchema>;

const snowflakeSourceSchema = z.strictObject({
  kind: z.literal('snowflake'),
  connection: z.strictObject({
    accessUrl: z.string().optional(),
    account: z.string(),
    user: z.string().optional(),
    authenticator: z.enum(['snowflake', 'programmatic_access_token', 'SNOWFLAKE_JWT', 'OAUTH']),
    password: z.string().optional(),
    tokenFile: z.string().optional(),
    oauthToken: z.string().optional(),
    privateKeyPath: z.string().optional(),
    privateKeyPassphrase: z.string().optional(),
    warehouse: z.string(),
    database: z.string(),
    schema: z.string(),
    role: z.string().optional(),
    proxy: proxySchema,
  }),
  query: z.strictObject({
    mode: z.enum(['simple', 'union', 'generic', 'custom']),
    table: z.string().optional(),
    clmTable: z.string().optional(),
    mbrTable: z.string().optional(),
    udfDatabase: z.string().optional(),
    udfSchema: z.string().optional(),
    sql: z.string().optional(),
  }),
  snapshot: z.enum(['result', 'table']),
  scratchSchema: z.string().optional(),
  keepSnapshot: z.boolean(),
  /** The result of a query that somebody else has submitted. */
  queryId: z.string().optional(),
  startRecord: count.optional(),
  endRecord: count.optional(),
  fetchSize: count,
  statementTimeoutSeconds: count,
  watchdogMs: count,
  /** Of the child's JavaScript heap; set when it is started. */
  heapLimitMb: count,
  /** Count values with two tokens and tokens with two values before anything is sent. */
  checkConflicts: z.boolean(),
});

const csvSourceSchema = z.strictObject({
  kind: z.literal('csv'),
  dataFile: z.string(),
  tokenFile: z.string(),
  valueHeader: z.string(),
  tokenHeader: z.string(),
  /** A column of both files that must agree row by row. */
  keyHeader: z.string().optional(),
  delimiter: z.string(),
  encoding: z.enum(['utf8', 'latin1', 'utf16le']),
  accept: z.array(z.enum(ODDITIES)).readonly().optional(),
  /** False: no pass over the files before the first request. */
  precount: z.boolean(),
});

const errorLogSourceSchema = z.strictObject({
  kind: z.literal('error_log'),
  /** In the order in which they are read; what each must hold. */
  files: z
    .array(z.strictObject({ path: z.string(), sha256: z.string() }))
    .min(1)
    .readonly(),
});

const runOriginSchema = z.strictObject({
  run: z.string(),
  vault: z.strictObject({ name: z.string(), id: z.string(), table: z.string() }),
  source: z.discriminatedUnion('kind', [csvSourceSchema, errorLogSourceSchema]),
  suffixUnixSeconds: count.optional(),
  inputs: z.array(inputIdentitySchema).readonly(),
});

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
  source: z.discriminatedUnion('kind', [
    snowflakeSourceSchema,
    csvSourceSchema,
    /** For a task that needs none. */
    z.strictObject({ kind: z.literal('none') }),
    errorLogSourceSchema.extend({
      /** Opens records that are encrypted. */
      identityFile: z.string().optional(),
      /** Recognises records that are redacted. */
      redactKeyFile: z.string().optional(),
      /** Where runs that wrote redacted records had them from. */
      origins: z.array(runOriginSchema).readonly().optional(),
    }),
  ]),
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
    byot: z.enum(['DISABLE', 'ENABLE', 'ENABLE_STRICT']),
    upsert: z.boolean(),
    wire: z.enum(['bulk', 'record']),
    httpVersion: z.enum(['1.1', '2', 'auto']),
    caFile: z.string().optional(),
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
    /** Whether anyone asked for `maxRecords`; a default that cuts the source makes the vault `limited`. */
    maxRecordsIsDefault: z.boolean(),
    maxAttempts: count,
    baseDelayMs: count,
    maxRequestsPerSecond: z.number().positive().optional(),
    maxRecordsPerSecond: z.number().positive().optional(),
    /** A number of failed records, or a percentage such as `5%`. */
    maxErrors: z.union([count, z.string()]),
    inDoubt: z.enum(['hold', 'send']),
    /** Of a retry: records that the vault took under tokens of its own are sent again if it does not hold theirs. */
    resendMismatched: z.boolean().optional(),
    /** How long a lost request may take to commit: nobody asks before. */
    settleMs: count,
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
  /** This vault's share of a budget that it has with others has changed. */
  z.strictObject({
    type: z.literal('rates'),
    maxRequestsPerSecond: z.number().positive().optional(),
    maxRecordsPerSecond: z.number().positive().optional(),
  }),
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
