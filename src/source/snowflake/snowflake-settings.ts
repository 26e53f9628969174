import * as z from 'zod';
import { secretCommand } from '../../config/secret-command.js';
import { accountName } from './account-name.js';
import { proxySchema } from '../../vault/proxy-choice.js';

const identifier = z.string().max(255).optional();
const tableName = z.string().max(1000).optional();

/** The ways to log in. An authenticator that the driver does not know would silently become a password login. */
export const AUTHENTICATORS = ['snowflake', 'programmatic_access_token', 'SNOWFLAKE_JWT', 'OAUTH'] as const;

/** The table of mode simple, and where the UDFs of mode union are, as in the loader being replaced. */
export const usualQuery = {
  table: 'ELEVANCE.PUBLIC.PATIENTS',
  udf_database: 'T01_PROTEGRITY',
  udf_schema: 'SCRTY_ACS_CNTRL',
} as const;

const snowflake = z.strictObject({
  user: z
    .string()
    .optional()
    .meta({ today: 'place', description: 'User name.', flag: '--sf-user', placeholder: 'USER' }),
  password: z.string().optional().meta({
    description: 'Password, or programmatic access token.',
    flag: '--sf-password',
    secret: true,
  }),
  password_command: secretCommand(
    'password',
    'the password or programmatic access token',
    '--sf-password-command',
  ),
  authenticator: z.enum(AUTHENTICATORS).default('snowflake').meta({
    today: 'credential',
    description: 'How to log in: password, programmatic access token, key pair, or OAuth token.',
    flag: '--sf-authenticator',
    placeholder: 'METHOD',
  }),
  token_file: z.string().optional().meta({
    file: 'secret',
    description: 'File of the programmatic access token or OAuth token, read again at every login.',
    path: true,
    allowed: 'the path of a file',
  }),
  oauth_token: z.string().optional().meta({ description: 'OAuth token.', secret: true }),
  oauth_token_command: secretCommand('oauth_token', 'the OAuth token'),
  private_key_path: z.string().optional().meta({
    file: 'secret',
    description: 'PEM file of the private key for SNOWFLAKE_JWT.',
    path: true,
    allowed: 'the path of a PEM file',
  }),
  private_key: z
    .string()
    .max(100_000)
    .optional()
    .meta({ description: 'That private key itself, as PEM; meant for the environment.', secret: true }),
  private_key_command: secretCommand('private_key', 'that private key as PEM'),
  private_key_passphrase: z.string().optional().meta({
    description: 'Passphrase of the private key, if it has one.',
    secret: true,
  }),
  private_key_passphrase_command: secretCommand('private_key_passphrase', 'that passphrase'),
  account: z.string().optional().meta({
    today: 'place',
    description:
      'Account identifier, such as `ORG-ACCOUNT`; the URL of the account is taken too. There is no default account.',
    flag: '--sf-account',
    placeholder: 'ACCOUNT',
  }),
  access_url: z.string().optional().meta({
    today: 'place',
    description: 'URL of the account where it is not the usual one (private link).',
    allowed: 'an https URL without user name, path or query',
  }),
  allowed_hosts: z.string().max(10_000).optional().meta({
    today: 'place',
    description:
      "The hosts that the driver may reach, between commas: the account's, its cloud's storage, and those of OCSP. `.suffix` allows every name below it.",
    allowed: 'host names or addresses between commas, such as .snowflakecomputing.com, .amazonaws.com',
  }),
  role: identifier.meta({
    description: 'Role; the default role of the user when left out.',
    flag: '--sf-role',
    placeholder: 'NAME',
  }),
  warehouse: z
    .string()
    .max(255)
    .default('APP_WH')
    .meta({ description: 'Warehouse.', flag: '--sf-warehouse', placeholder: 'NAME' }),
  database: identifier.meta({
    description: 'Database of tables that are named without one.',
    flag: '--sf-database',
    placeholder: 'NAME',
    defaultText: 'SKYFLOW_DEMO; D01_SKYFLOW_POC in mode union',
  }),
  schema: identifier.meta({
    description: 'Schema of tables that are named without one.',
    flag: '--sf-schema',
    placeholder: 'NAME',
    defaultText: 'PUBLIC; SKYFLOW_POC in mode union',
  }),
  query_mode: z.enum(['simple', 'union', 'generic', 'custom']).default('simple').meta({
    description:
      'Query: one table; two tables and UDFs; two tables with token columns; or the SQL of each vault (`query`).',
    flag: '--sf-query-mode',
    placeholder: 'MODE',
  }),
  table: z.string().max(1000).default(usualQuery.table).meta({
    description: 'Table of mode simple.',
    flag: '--sf-table',
    placeholder: 'TABLE',
  }),
  clm_table: tableName.meta({
    description: 'Claims table of the modes union and generic.',
    flag: '--sf-clm-table',
    placeholder: 'TABLE',
    defaultText: '`<database>.<schema>.CLM`',
  }),
  mbr_table: tableName.meta({
    description: 'Members table of the modes union and generic.',
    flag: '--sf-mbr-table',
    placeholder: 'TABLE',
    defaultText: '`<database>.<schema>.MBR`',
  }),
  udf_database: z
    .string()
    .max(255)
    .default(usualQuery.udf_database)
    .meta({ description: 'Database of the UDFs of mode union.' }),
  udf_schema: z
    .string()
    .max(255)
    .default(usualQuery.udf_schema)
    .meta({ description: 'Schema of the UDFs of mode union.' }),
  fetch_size: z.int().min(1).max(10_000_000).default(100_000).meta({
    description: 'Rows to read ahead. It never limits the result.',
    flag: '--sf-fetch-size',
  }),
  query_id: z
    .string()
    .regex(/^[0-9A-Za-z-]{1,64}$/)
    .optional()
    .meta({
      description: 'Read the result of this query instead of asking anew; it is kept for 24 hours.',
      flag: '--sf-query-id',
      placeholder: 'ID',
      allowed: 'a query ID as Snowflake shows it',
    }),
  start_record: z.int().min(0).default(0).meta({
    description: 'The same as `performance.start_record`, which stands before it.',
  }),
  end_record: z.int().min(1).optional().meta({
    description: 'The same as `performance.end_record`, which stands before it.',
    defaultText: 'the end',
  }),
  snapshot: z.enum(['result', 'table']).default('result').meta({
    description:
      'What a load reads from: the result set, which lives 24 hours, or a transient table that lasts as long as the load.',
  }),
  scratch_schema: identifier.meta({
    description: 'Schema for the transient table of snapshot table, as `SCHEMA` or `DATABASE.SCHEMA`.',
  }),
  statement_timeout_seconds: z.int().min(60).max(604_800).default(14_400).meta({
    description: 'Seconds after which Snowflake ends a statement of a load.',
  }),
  watchdog_ms: z.int().min(1_000).max(3_600_000).default(300_000).meta({
    description: 'Milliseconds without a row, while rows are wanted, after which a result is opened again.',
  }),
  heap_limit_mb: z.int().min(256).max(65_536).default(3_072).meta({
    description:
      'Largest JavaScript heap of a child that reads from Snowflake, in MB: it holds chunks of the result.',
  }),
  keep_snapshot: z.boolean().default(false).meta({
    description: 'Keep the transient table after the load.',
    flag: '--keep-snapshot',
  }),
});

/** The section `snowflake`. An empty text is the same as leaving the key out, as in the reference's example. */
export const snowflakeSection = snowflake
  .prefault({})
  .meta({ description: 'Snowflake as the source.', variables: 'SNOWFLAKE_' });
export type SnowflakeSection = z.output<typeof snowflake>;

/** What a vault may say of its source: its SQL. */
export const vaultQuery = z.string().min(1).max(100_000).optional().meta({
  description: 'SQL for `query_mode` custom: the first two columns are value and token.',
  allowed: 'a SELECT statement',
});

/** The section with every default filled in. */
const resolvedSnowflake = snowflake.required({
  database: true,
  schema: true,
  clm_table: true,
  mbr_table: true,
});
export type SnowflakeSettings = Readonly<z.infer<typeof resolvedSnowflake>>;

/** Fills in the defaults that depend on other keys. */
export function resolveSnowflake(section: SnowflakeSection): SnowflakeSettings {
  const union = section.query_mode === 'union';
  const database = section.database ?? (union ? 'D01_SKYFLOW_POC' : 'SKYFLOW_DEMO');
  const schema = section.schema ?? (union ? 'SKYFLOW_POC' : 'PUBLIC');
  return {
    ...section,
    account: section.account === undefined ? undefined : (accountName(section.account) ?? section.account),
    database,
    schema,
    clm_table: section.clm_table ?? `${database}.${schema}.CLM`,
    mbr_table: section.mbr_table ?? `${database}.${schema}.MBR`,
  };
}

/** What a child is told of a vault that is loaded from Snowflake; secrets are in it. */
export const snowflakeSpec = z.strictObject({
  kind: z.literal('snowflake'),
  settings: resolvedSnowflake,
  /** The vault's own SQL. */
  sql: z.string().optional(),
  proxy: proxySchema,
  /** Count values with two tokens and tokens with two values before anything is sent. */
  checkConflicts: z.boolean(),
});

/** What the configuration and the jobs of children are made of. */
export const snowflakeTold = {
  section: snowflakeSection,
  vaultKeys: { query: vaultQuery },
  resolve: ({ snowflake }: { snowflake: SnowflakeSection }) => resolveSnowflake(snowflake),
  resolveVault: ({ query }: { query?: string | undefined }) => ({ query }),
  spec: snowflakeSpec,
  forms: {
    header: ['snowflake.oauth_token'],
    line: ['snowflake.password', 'snowflake.private_key_passphrase'],
    server: ['snowflake.access_url'],
  },
  anew: ['snowflake.user', 'snowflake.password', 'snowflake.password_command'],
  names: { hosts: ['snowflake.account', 'snowflake.allowed_hosts'], users: ['snowflake.user'] },
  renewable: [
    'snowflake.password',
    'snowflake.oauth_token',
    'snowflake.private_key',
    'snowflake.private_key_passphrase',
  ] as const,
};
