import * as z from 'zod';
import { faultShape, paceShape } from './fault-options.js';
import { flowShape } from './flow/flow-options.js';

const access = z
  .enum(['full', 'insert', 'none'])
  .default('full')
  .describe('What the credential may do: everything, inserts only, nothing (403).');

/** Fixed at the start. */
const fixedShape = {
  host: z.string().default('127.0.0.1').describe('Address to listen on.'),
  port: z.int().min(0).max(65_535).default(0).describe('HTTP port; 0 for a free one.'),
  tls: z.boolean().default(false).describe('Also listen with TLS: HTTP/2 and HTTP/1.1 over ALPN.'),
  tlsPort: z.int().min(0).max(65_535).default(0).describe('TLS port; 0 for a free one.'),
  hostNames: z
    .array(z.string().regex(/^[a-z0-9.-]{1,253}$/u))
    .default([])
    .describe('Names that the TLS certificate is for, besides localhost.'),
  caFile: z.string().optional().describe('Where to write the certificate authority (PEM); needs tls.'),
  credentialsFile: z
    .string()
    .optional()
    .describe('Where to write the credentials.json of a newly made service account.'),
  seed: z.int().min(0).default(1).describe('Seed of everything drawn at random.'),
  store: z
    .enum(['records', 'digest', 'counts'])
    .default('records')
    .describe('What is kept of inserted records: all, their digest (about 1 µs each), or their number.'),
} as const;

const recordsShape = {
  vaults: z.array(z.string()).default([]).describe('Known vault ids; none listed: any is made on demand.'),
  tables: z.array(z.string()).default([]).describe('Known tables; none listed: any is made on demand.'),
  uniqueColumns: z
    .array(z.string())
    .default([])
    .describe('Unique columns as COLUMN or TABLE.COLUMN, or * for every one.'),
  duplicateStatus: z
    .union([z.literal(400), z.literal(409)])
    .default(400)
    .describe('Answer to a second equal value in a unique column.'),
  unknownTableStatus: z
    .union([z.literal(400), z.literal(404)])
    .default(400)
    .describe('Answer to an insert into a table that is not among the known ones.'),
  upsertToken: z
    .enum(['replace', 'keep'])
    .default('replace')
    .describe('Whether an upsert of a known value takes the new token or keeps (and answers) the old one.'),
  keptTokens: z
    .enum(['sent', 'own', 'none'])
    .default('sent')
    .describe(
      'What an insert stores and answers: the tokens sent, tokens of its own, or own ones and answers none.',
    ),
  tokenConflict: z
    .union([z.literal('store'), z.literal(400), z.literal(409)])
    .default('store')
    .describe('Answer to a token that another value of the column already has, or to store it.'),
  byotDefault: z
    .enum(['DISABLE', 'ENABLE', 'ENABLE_STRICT'])
    .default('DISABLE')
    .describe('Meaning of a request that does not say byot.'),
  statusAsString: z.boolean().default(false).describe('Status of the record wire as a string.'),
  getAboveLimit: z.enum(['refuse', 'clamp']).default('clamp').describe('What a get of over 25 records does.'),
  deleteAll: z.enum(['take', 'refuse']).default('take').describe('What a deletion of * (all records) does.'),
  detokenizeNone: z
    .union([z.literal(207), z.literal(404)])
    .default(404)
    .describe('Status of a detokenize with continueOnError that finds none of its tokens.'),
  defaultRedaction: z
    .enum(['PLAIN_TEXT', 'MASKED', 'REDACTED'])
    .default('REDACTED')
    .describe('How a column is shown where a request says no redaction, or DEFAULT.'),
  plainText: z
    .enum(['show', 'refuse'])
    .default('show')
    .describe('Whether detokenize shows values in plain text, or refuses to (403).'),
  valueTypes: z
    .record(z.string(), z.enum(['DATE', 'DATETIME']))
    .default({})
    .describe('Columns (COLUMN or TABLE.COLUMN) whose texts are dates, for the valueType of detokenize.'),
  echoRequestId: z.boolean().default(true).describe("Whether a client's own x-request-id comes back."),
  errorFromClient: z.boolean().default(false).describe('Send the header error-from-client with 4xx.'),
} as const;

const accessShape = {
  accessTokens: z
    .array(
      z.strictObject({
        token: z.string().min(1),
        access,
        lifetimeMs: z.number().min(0).optional().describe('Expires so long after this option is set.'),
      }),
    )
    .default([])
    .describe(
      'Accepted bearer tokens and API keys, as [{"token":"…"}]; none, and no service account: any is accepted.',
    ),
  expiredTokens: z.array(z.string()).default([]).describe('Bearer tokens that are answered with 401.'),
  serviceAccounts: z
    .array(
      z.strictObject({
        clientId: z.string().min(1),
        keyId: z.string().min(1),
        publicKeyPem: z.string().min(1),
        access,
        roles: z
          .array(z.string())
          .default([])
          .describe(
            'Roles of which the exchange must name one or more as its scope; none: no scope is needed.',
          ),
        needsContext: z.boolean().default(false).describe('Whether the assertion must have a ctx.'),
      }),
    )
    .default([])
    .describe('Service accounts that may ask for bearer tokens.'),
  issuedLifetimeMs: z
    .number()
    .min(0)
    .default(3_600_000)
    .describe('Lifetime of bearer tokens issued to service accounts.'),
  accountId: z
    .string()
    .default('')
    .describe('Requests without this x-skyflow-account-id are refused (403); empty: none is needed.'),
} as const;

const limitsShape = {
  maxBatchRecords: z.int().min(0).default(0).describe('Most records of an insert; 0 for no limit.'),
  maxBatchBytes: z.int().min(0).default(0).describe('Most bytes of a request; 0 for no limit.'),
  tooLargeStatus: z
    .union([z.literal(413), z.literal(400)])
    .default(413)
    .describe('Answer to an insert above the limits.'),
  cutAboveBytes: z
    .int()
    .min(0)
    .default(0)
    .describe('A longer insert is not answered: its connection is reset, without an effect; 0 for none.'),
  maxDetokenizeTokens: z.int().min(0).default(0).describe('400 above so many tokens; 0 for no limit.'),
} as const;

const refusalsShape = {
  poison: z.array(z.string().min(1)).default([]).describe('Values that contain one of these are refused.'),
  poisonPattern: z
    .string()
    .refine(isPattern, 'is not a regular expression')
    .default('')
    .describe('Values that match this regular expression are refused; empty for none.'),
  poisonStatus: z
    .union([z.literal(400), z.literal(409), z.literal(422)])
    .default(400)
    .describe('Answer to a poison value.'),
  poisonQuotesValue: z.boolean().default(false).describe('Whether that answer quotes value and token.'),
  refuseAll: z.boolean().default(false).describe('Refuse every record with 400.'),
} as const;

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

const liveShape = {
  ...recordsShape,
  ...accessShape,
  ...limitsShape,
  ...refusalsShape,
  ...flowShape,
  ...paceShape,
  ...faultShape,
};

/** The options by what they are about, in the order in which people look for them, each group with an example. */
export const optionGroups: readonly {
  readonly title: string;
  readonly example: string;
  readonly shape: Readonly<Record<string, z.ZodType>>;
}[] = [
  { title: 'The server', example: 'store=digest', shape: fixedShape },
  { title: 'Records and answers', example: 'uniqueColumns=["ssn"]', shape: recordsShape },
  { title: 'Who may use it', example: 'accessTokens=[{"token":"t1"}]', shape: accessShape },
  {
    title: 'Limits, pace and latency',
    example: 'requestsPerSecond=50',
    shape: { ...limitsShape, ...paceShape },
  },
  { title: 'Records that it refuses', example: 'poison=["BAD"]', shape: refusalsShape },
  { title: 'Flow vaults', example: 'flow.tokens=list', shape: flowShape },
  { title: 'Faults', example: 'resetAfter.rate=0.05', shape: faultShape },
];

/** Every option of the vault sandbox: for the command line, a JSON file and `startVaultSandbox` alike. */
export const vaultSandboxOptions = z.strictObject({ ...fixedShape, ...liveShape });
/** The options that `PATCH /sandbox/faults` may change while it runs. */
export const liveOptions = z.strictObject(liveShape);

/** Options as written: what is left out has its default. */
export type VaultSandboxOptions = z.input<typeof vaultSandboxOptions>;
/** Options with their defaults. */
export type FixedOptions = z.output<z.ZodObject<typeof fixedShape>>;
/** Live options with their defaults; the `next` of a fault counts down in place. */
export type LiveOptions = z.output<typeof liveOptions>;
export type CredentialAccess = z.output<typeof access>;

/** The options are wrong; `problems` holds one line for each mistake, led by its key. */
export class SandboxOptionsError extends Error {
  override readonly name = 'SandboxOptionsError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The sandbox's options are wrong: ${problems.join('; ')}`);
    this.problems = problems;
  }
}

function accepted<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new SandboxOptionsError(
    result.error.issues.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`),
  );
}

/** Checks options and fills in defaults; throws a SandboxOptionsError with every mistake. */
export function parseSandboxOptions(input: unknown): FixedOptions & LiveOptions {
  return accepted(vaultSandboxOptions, input);
}

/** Checks live options and fills in defaults; throws a SandboxOptionsError with every mistake. */
export function parseLiveOptions(input: unknown): LiveOptions {
  return accepted(liveOptions, input);
}

/** The live part of all options. */
export function liveOptionsOf(all: FixedOptions & LiveOptions): LiveOptions {
  const isLive = (entry: [string, unknown]): boolean => Object.hasOwn(liveShape, entry[0]);
  return parseLiveOptions(Object.fromEntries(Object.entries(all).filter(isLive)));
}
