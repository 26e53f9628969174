import * as z from 'zod';
import { sourceNames, sourceSections } from '../source/source-settings.js';
import { paceWindowsForm } from './pace-windows.js';
import { rateSettings } from './rates.js';
import { secretCommand } from './secret-command.js';
import { storeSchema } from './store-schema.js';
import { vaultsSchema } from './vault-schema.js';

/**
 * The one definition of the configuration. From it come the TypeScript type, the validation, the JSON Schema
 * for editors, the environment variables, the flags' meaning and the table in the docs.
 *
 * Keys are snake_case, as in the file and in every message, and stay so in the code. Beside `description`, a
 * key's `meta` may say: `flag` (command-line flag; `placeholder` and `flagGroup` where the help should say more of it
 * than kind and section do), `secret` (told by its length only), `path` (made absolute),
 * `file` (a path to a file that strangers must not write; one of secrets they should not read), `today` (what a run
 * recorded never overrides it: a place where data goes, or part of a credential),
 * `allowed` (what is allowed, in words, where bounds and choices do not say it), `defaultText` (a default that
 * depends on something).
 */
const skyflowSchema = z
  .strictObject({
    vault_url: z.string().optional().meta({
      today: 'place',
      description:
        'URL of the vaults, without a path: `https://<name>.vault.skyflowapis.com`. Plain http only towards this machine.',
      flag: '--vault-url',
      placeholder: 'URL',
      allowed: 'an https URL without user name, path or query, such as https://abc.vault.skyflowapis.com',
    }),
    bearer_token: z.string().max(100_000).optional().meta({
      description: 'Bearer token. Better given in the environment or by `bearer_token_file`.',
      flag: '--token',
      placeholder: 'TOKEN',
      secret: true,
    }),
    bearer_token_command: secretCommand(
      'bearer_token',
      'the bearer token; run again when the vault refuses the one before',
      '--token-command',
    ),
    bearer_token_file: z.string().optional().meta({
      file: 'secret',
      description: 'File that holds the bearer token, read again when the vault asks for a new one.',
      path: true,
      allowed: 'the path of a file',
    }),
    api_key: z
      .string()
      .max(100_000)
      .optional()
      .meta({ description: 'API key, which does not expire.', secret: true }),
    api_key_command: secretCommand('api_key', 'the API key'),
    credentials_file: z.string().optional().meta({
      file: 'secret',
      description: "A service account's `credentials.json`; its tokens are renewed before they expire.",
      path: true,
      allowed: 'the path of a file',
    }),
    credentials: z.string().max(100_000).optional().meta({
      description: "A service account's JSON as text; meant for the environment.",
      secret: true,
    }),
    credentials_command: secretCommand('credentials', "a service account's JSON"),
    vaults: vaultsSchema.default([]).meta({
      description: 'The vaults to load, in this order.',
      allowed: 'a list of vaults, each with name, id and column',
    }),
    byot: z.enum(['DISABLE', 'ENABLE', 'ENABLE_STRICT']).default('ENABLE').meta({
      description:
        "The vault's mode for tokens that are brought along; ENABLE_STRICT requires one for every field.",
    }),
    upsert: z.boolean().default(false).meta({
      description:
        "Update the record whose value is already there, by the vault's unique column, instead of inserting.",
      flag: '--upsert',
      flagGroup: 'safety',
    }),
    skip_existing: z.boolean().default(false).meta({
      description:
        'Look every record up before it is sent and insert only what the vault does not hold: for files that rows were added to.',
      flag: '--skip-existing',
      flagGroup: 'safety',
    }),
    record_ids: z.boolean().default(false).meta({
      description:
        "Keep each record's id in the vault, 16 bytes a row, in the run directory: `undo` can delete exactly these records again.",
      flag: '--record-ids',
      flagGroup: 'safety',
    }),
    wire: z.enum(['auto', 'bulk', 'record', 'flow']).default('auto').meta({
      description:
        'Form of the requests: one table and many records (bulk), record by record, or that of Flow vaults; auto is flow for hosts such as abc.skyvault.skyflowapis.com, else bulk.',
    }),
    token_form: z.enum(['value', 'list']).default('value').meta({
      description:
        'Of Flow vaults, whose form for tokens that are brought along is not documented: {"column":"token"}, or a list of {"token","tokenGroupName"} as in their answers.',
    }),
    token_group: z.string().min(1).max(256).optional().meta({
      description: 'Of Flow vaults: the token group that the tokens are for, where a column has several.',
      allowed: 'the name of a token group',
    }),
    lookup_bearer_token: z.string().max(100_000).optional().meta({
      description:
        'Bearer token for looking records up, where reading needs another credential than inserting.',
      secret: true,
    }),
    lookup_bearer_token_command: secretCommand(
      'lookup_bearer_token',
      'the bearer token for looking records up',
    ),
    lookup_credentials_file: z.string().optional().meta({
      file: 'secret',
      description: "A service account's `credentials.json` for looking records up.",
      path: true,
      allowed: 'the path of a file',
    }),
    lookup: z.enum(['value', 'existence']).default('value').meta({
      description:
        'What is asked about records whose answer is unknown: the value under their token, or only whether there is one, for credentials that may not see values in plain text.',
    }),
    auth_wait_ms: z.int().min(0).max(86_400_000).default(0).meta({
      description:
        'Milliseconds to wait for a changed credential file after the vault refused the one it took before; then the vault ends, resumable.',
      flag: '--auth-wait',
      flagGroup: 'safety',
    }),
    ca_file: z.string().optional().meta({
      file: 'trust',
      description: 'PEM file of a private certificate authority that is trusted besides the usual ones.',
      path: true,
      allowed: 'the path of a PEM file',
    }),
    allowed_hosts: z.string().max(10_000).optional().meta({
      today: 'place',
      description:
        'The hosts to which records and credentials may go, between commas: vault and token endpoint. `.suffix` allows every name below it. Nothing is sent to any other.',
      allowed: 'host names or addresses between commas, such as abc.vault.skyflowapis.com, .skyflowapis.com',
    }),
    in_doubt: z.enum(['hold', 'send']).default('hold').meta({
      description:
        'What becomes of records whose answer was lost and that the vault cannot be asked about: held back as failed, or sent again.',
      flag: '--in-doubt',
      flagGroup: 'safety',
    }),
    resend_mismatched: z.boolean().default(false).meta({
      description:
        'In a retry, send records again whose value the vault took under another token, once it is seen not to hold theirs: the value is then in it twice.',
      flag: '--resend-mismatched',
      flagGroup: 'safety',
    }),
    settle_ms: z.int().min(0).max(3_600_000).default(30_000).meta({
      description:
        'Milliseconds to wait before the vault is asked about records whose answer is unknown, since a lost request may commit late.',
    }),
  })
  .prefault({})
  .meta({ description: 'The vaults and how to reach them.' });

const performanceSchema = z
  .strictObject({
    batch_size: z.int().min(1).max(10_000).default(300).meta({
      description: 'Records in one request.',
      flag: '--batch-size',
    }),
    max_batch_bytes: z.int().min(1_024).max(67_108_864).default(4_194_304).meta({
      description:
        'Bytes of values and tokens in one request: a batch with large values is closed before `batch_size`; a larger record goes alone.',
      flag: '--max-batch-bytes',
    }),
    max_concurrency: z.int().min(1).max(1024).default(32).meta({
      description: 'Requests in flight at the same time, for each vault.',
      flag: '--concurrency',
    }),
    max_records: z.int().min(0).optional().meta({
      description: 'Rows of the source to load for each vault; 0 is all of them.',
      flag: '--max-records',
      defaultText: '100000 for CSV, 100 for Snowflake',
    }),
    start_record: z.int().min(0).optional().meta({
      description: 'First row of each source to load, counted from 0: for a part of it.',
      flag: '--start-record',
      defaultText: '0',
    }),
    end_record: z.int().min(1).optional().meta({
      description: 'Row of each source before which to stop.',
      flag: '--end-record',
      defaultText: 'the end',
    }),
    append_suffix: z.boolean().optional().meta({
      description:
        'Append a unique suffix to every value and token, for load tests that are repeated. It changes the data.',
      flag: '--append-suffix',
      flagGroup: 'safety',
      defaultText: 'true towards this machine; must be said for any other vault',
    }),
    base_delay_ms: z.int().min(0).max(3_600_000).default(0).meta({
      description: 'Milliseconds that each worker waits between two requests.',
      flag: '--base-delay-ms',
    }),
    max_latency_ms: z.int().min(1).max(3_600_000).optional().meta({
      description:
        'Milliseconds within which 95 % of the answers are to come: fewer requests are in flight when they do not, for loads beside live traffic.',
      flag: '--max-latency-ms',
      defaultText: 'none',
    }),
    max_attempts: z.int().min(1).max(100).default(5).meta({
      description: 'Attempts for one request, the first one included; being throttled uses none up.',
    }),
    request_timeout_ms: z.int().min(100).max(3_600_000).default(120_000).meta({
      description:
        'Milliseconds until a request without a whole answer is given up, the wait for a connection included.',
    }),
    headers_timeout_ms: z.int().min(100).max(3_600_000).default(120_000).meta({
      description: 'Milliseconds from the end of a request to the headers of its answer.',
    }),
    body_timeout_ms: z.int().min(100).max(3_600_000).default(30_000).meta({
      description: 'Milliseconds of silence within the body of an answer.',
    }),
    connect_timeout_ms: z.int().min(100).max(600_000).default(10_000).meta({
      description: 'Milliseconds until a connection that does not come about is given up.',
    }),
    http_version: z.literal(['1.1', '2', 'auto']).default('1.1').meta({
      description:
        'HTTP version towards the vault; 1.1 is measured to be faster and leaves fewer answers unknown.',
    }),
    max_errors: z
      .union([z.int().min(0), z.string().regex(/^(100|\d{1,2}(\.\d+)?)%$/)])
      .default(10_000)
      .meta({
        description:
          'A vault whose failed records are more than this ends early, resumable: a number, or a percentage over a window.',
        flag: '--max-errors',
        flagGroup: 'safety',
        placeholder: 'N|N%',
        allowed: 'a whole number from 0, or a percentage such as "5%"; "100%" never ends a load',
      }),
    max_held: z.int().min(0).optional().meta({
      description:
        'A vault with more records than this that are held back, because they may be in it already, ends early, resumable; they do not count towards `max_errors`.',
      flag: '--max-held',
      flagGroup: 'safety',
      defaultText: 'no limit',
    }),
    ...rateSettings,
    share_limits: z.boolean().default(false).meta({
      description:
        'The rates per second are for all vaults of the run together: each has an equal share, more when others have ended.',
      flag: '--share-limits',
    }),
    pace_windows: z.string().max(10_000).optional().meta({
      description:
        'Other rates for some hours of the week, such as slow days and fast nights; the first window that fits counts, outside of all the rates above.',
      flag: '--pace-windows',
      placeholder: 'WINDOWS',
      allowed: paceWindowsForm,
    }),
    pace_time_zone: z.string().max(100).optional().meta({
      description: 'The time zone of `pace_windows`.',
      allowed: 'the name of a time zone, such as Europe/Berlin',
      defaultText: "this machine's",
    }),
    heartbeat_ms: z.int().min(2_500).max(3_600_000).default(30_000).meta({
      description:
        'Milliseconds of silence after which a child process is taken for hung, killed and restarted.',
    }),
    max_restarts: z.int().min(0).max(100).default(3).meta({
      description: 'Restarts of a child process that dies, counted anew after progress.',
    }),
  })
  .prefault({})
  .meta({ description: 'Speed, patience and limits.' });

const errorLogSchema = z
  .strictObject({
    encrypt_to: z.string().max(10_000).optional().meta({
      description:
        'Recipient of age (`age1…`) to whom the values and tokens in error logs are encrypted; positions and reasons stay readable.',
      flag: '--encrypt-errors',
      placeholder: 'RECIPIENT',
      allowed: 'a recipient of age, which begins with age1',
    }),
    redact: z.boolean().default(false).meta({
      description:
        'Error logs hold positions and reasons, no values and tokens; `retry` reads the source again by position.',
      flag: '--redact-errors',
    }),
    redact_key_file: z.string().optional().meta({
      file: 'secret',
      description:
        'File with a key: redacted records carry an HMAC under it, against which `retry` checks what it reads. A load makes it, of 256 random bits, where it does not exist.',
      flag: '--redact-key',
      path: true,
      allowed: 'the path of a file of at least 16 bytes',
    }),
    redact_key: z.string().max(10_000).optional().meta({
      description: 'That key itself; meant for the environment.',
      secret: true,
    }),
    redact_key_command: secretCommand('redact_key', 'that key'),
    identity_file: z.string().optional().meta({
      file: 'secret',
      description: 'File with the private key of age that opens encrypted error logs, for `retry`.',
      flag: '--identity',
      placeholder: 'KEYFILE',
      path: true,
      allowed: 'the path of a file',
    }),
    identity: z.string().max(100_000).optional().meta({
      description: 'That private key itself; meant for the environment.',
      secret: true,
    }),
    identity_command: secretCommand('identity', 'that private key'),
  })
  .prefault({})
  .meta({ description: 'What error logs hold of records that failed.' });

/** What `config.json` may hold. */
export const configurationSchema = z
  .strictObject({
    $schema: z.string().optional().meta({ description: 'The JSON Schema of this file, for editors.' }),
    source: z
      .enum(sourceNames)
      .default('csv')
      .meta({
        description: 'Where the records come from.',
        allowed: `one of ${sourceNames.join(', ')} (csv reads Parquet files too, where it finds them)`,
        flag: '--source',
        flagGroup: 'source',
      }),
    run_dir: z.string().min(1).default('runs').meta({
      description: 'Directory in which every run gets a directory of its own: journals, error logs, summary.',
      flag: '--run-dir',
      placeholder: 'DIR',
      path: true,
      allowed: 'the path of a directory',
    }),
    skyflow: skyflowSchema,
    ...sourceSections,
    performance: performanceSchema,
    error_log: errorLogSchema,
    store: storeSchema,
  })
  .meta({ title: 'Configuration of skyflow-supervise' });

/** The configuration as the schema leaves it: valid key by key, defaults filled in, not yet checked as a whole. */
export type ParsedConfiguration = z.output<typeof configurationSchema>;
