import * as z from 'zod';
import { performanceKeys } from '../config/performance-section.js';
import { ratesSchema } from '../rates/rates.js';
import { renewableSecretSchema } from '../config/renewable-secrets.js';
import { skyflowKeys } from '../config/skyflow-section.js';
import { ERROR_CODES } from '../errors/supervise-error.js';
import { errorLogPrivacySchema } from '../privacy/record-protection.js';
import { inputIdentitySchema, submittedQuerySchema } from '../source/input-identity.js';
import { vaultStatusSchema, type VaultStatus } from '../status/statuses.js';
import { sourceSpecSchema } from '../source/source-settings.js';
import { tokenWishesSchema } from '../vault/credential/token-wishes.js';
import { proxySchema } from '../vault/proxy-choice.js';
import { wireNames } from '../vault/wires.js';
import { snapshotSchema } from '../figures/snapshot.js';
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
const wishes = tokenWishesSchema.optional();
const credentialSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('token'), token: z.string(), renewable }),
  z.strictObject({ kind: z.literal('token_file'), file: z.string() }),
  z.strictObject({ kind: z.literal('service_account_file'), file: z.string(), wishes }),
  z.strictObject({ kind: z.literal('service_account'), json: z.string(), renewable, wishes }),
]);
export type CredentialJob = z.infer<typeof credentialSchema>;

/** How a shard is worked on beside other machines. */
const storeJobSchema = z.strictObject({
  /** Of the database that has its ledger, with its password. */
  url: z.string(),
  /** How long a permission to send is good for. */
  permitTtlMs: z.int().positive(),
  /** How long the database is waited for when it is away. */
  patienceMs: z.int().positive(),
  /** In whose hands the shard is, for people. */
  owner: z.string(),
});
export type StoreJob = z.infer<typeof storeJobSchema>;

/** A table that machines of a store may be at work on, for whoever is none of them. */
const sharedTableJobSchema = z.strictObject({
  url: z.string(),
  patienceMs: z.int().positive(),
  target: z.string(),
});

/** A part of a vault's rows, with a ledger of its own. */
const shardJobSchema = z.strictObject({
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
  /** A record of another shard has come back under its own token before this one began. */
  isProven: z.boolean().optional(),
  /** Absent: its ledger is in the run directory, and its supervisor has the table's lock. */
  store: storeJobSchema.optional(),
});
export type ShardJob = z.infer<typeof shardJobSchema>;

/** What a child takes of the section `skyflow`, as it is configured. */
export const skyflowSlice = skyflowKeys
  .pick({
    vault_url: true,
    byot: true,
    upsert: true,
    allow_token_change: true,
    skip_existing: true,
    record_ids: true,
    lookup: true,
    auth_wait_ms: true,
    ca_file: true,
    allowed_hosts: true,
    account_id: true,
    in_doubt: true,
    resend_mismatched: true,
    settle_ms: true,
  })
  .required({ vault_url: true });

/** What a child takes of the section `performance`. */
export const performanceSlice = performanceKeys
  .pick({
    batch_size: true,
    max_batch_bytes: true,
    max_concurrency: true,
    max_records: true,
    base_delay_ms: true,
    max_latency_ms: true,
    max_attempts: true,
    request_timeout_ms: true,
    headers_timeout_ms: true,
    body_timeout_ms: true,
    connect_timeout_ms: true,
    http_version: true,
    max_errors: true,
    max_held: true,
  })
  .required({ max_records: true });

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
  /** What the source has to be found to be; absent: nobody has planned it. */
  plannedInputs: z.array(inputIdentitySchema).optional(),
  /** Absent: the vault is loaded whole, and its ledger is in the run directory. */
  shard: shardJobSchema.optional(),
  /** Requests take their share of what all may send to the table; absent: nobody else is known to use it. */
  sharedTable: sharedTableJobSchema.optional(),
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
  skyflow: skyflowSlice,
  performance: performanceSlice,
  /** What was made of the configuration and the environment to reach the vault. */
  connection: z.strictObject({
    credential: credentialSchema,
    /** For looking records up, where reading needs another credential. */
    lookupCredential: credentialSchema.optional(),
    wire: z.enum(wireNames),
    /** What is that wire's own: its folder reads it. */
    wireSettings: z.record(z.string(), z.unknown()).optional(),
    /** The usual proxy variables as the supervisor found them. */
    proxy: proxySchema,
  }),
  /** What this run says besides. */
  delivery: z.strictObject({
    /** Below those of the configuration, where others share them or somebody steers. */
    rates: ratesSchema,
    /** The positions of the source that are meant; absent: all. */
    extent: z.strictObject({ start: count, end: count.optional() }).optional(),
    /** The most records of a source that does not last: more are not begun. */
    mostRecords: count.optional(),
    /** Whether anyone asked for `max_records`; a default that cuts the source makes the vault `limited`. */
    maxRecordsIsDefault: z.boolean(),
    /** What to do when the vault holds what is to be loaded; absent: a sample need not be looked up. */
    alreadyLoadedHint: z.string().optional(),
    /** The run that has loaded the same query to its end: only the vault can say whether its rows are others by now. */
    queryLoadedBy: z.string().optional(),
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
  /** The answer to `login_wanted`: go on, with secrets anew where others needed them, or not, for what others were refused. */
  z.strictObject({ type: z.literal('login'), renewed: z.boolean(), refusal: errorSchema.optional() }),
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
  /** A login to the source is due; it waits for `login`, since vaults share their user. */
  z.strictObject({ type: z.literal('login_wanted') }),
  /** What it came to; `failed`: nobody answered. `renewed`: with other secrets than the job's. */
  z.strictObject({
    type: z.literal('login_ended'),
    outcome: z.enum(['accepted', 'refused', 'failed']),
    renewed: z.boolean(),
    error: errorSchema.optional(),
  }),
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
