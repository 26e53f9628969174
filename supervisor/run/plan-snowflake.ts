import type { Configuration, Settings, VaultSettings } from '../../src/config/configuration.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import { buildQuery, type BuiltQuery } from '../../src/source/snowflake/build-query.js';

type SnowflakeJob = Extract<VaultJob['source'], { kind: 'snowflake' }>;

/** The Snowflake source of a vault, secrets included. */
export function planSnowflake(
  vault: VaultSettings,
  configuration: Configuration,
  {
    proxy,
    checkConflicts,
  }: { readonly proxy: SnowflakeJob['connection']['proxy']; readonly checkConflicts: boolean },
): SnowflakeJob {
  const { snowflake } = configuration;
  return {
    kind: 'snowflake',
    connection: snowflakeConnection(snowflake, proxy),
    query: planQuery(vault, configuration),
    snapshot: snowflake.snapshot,
    scratchSchema: snowflake.scratch_schema,
    keepSnapshot: snowflake.keep_snapshot,
    queryId: snowflake.query_id,
    startRecord: snowflake.start_record,
    endRecord: snowflake.end_record,
    fetchSize: snowflake.fetch_size,
    statementTimeoutSeconds: snowflake.statement_timeout_seconds,
    watchdogMs: snowflake.watchdog_ms,
    heapLimitMb: snowflake.heap_limit_mb,
    checkConflicts,
  };
}

/** Where to log in, as whom, and with what of it in use. Throws `config` without an account. */
export function snowflakeConnection(
  snowflake: Settings['snowflake'],
  proxy: SnowflakeJob['connection']['proxy'],
): SnowflakeJob['connection'] {
  if (snowflake.account === undefined) {
    throw new SuperviseError('config', 'no Snowflake account is configured', {
      hint: 'Set snowflake.account, SNOWFLAKE_ACCOUNT or --sf-account; there is no default.',
    });
  }
  return {
    accessUrl: snowflake.access_url,
    account: snowflake.account,
    user: snowflake.user,
    authenticator: snowflake.authenticator,
    password: snowflake.password,
    tokenFile: snowflake.token_file,
    oauthToken: snowflake.oauth_token,
    privateKeyPath: snowflake.private_key_path,
    privateKeyPassphrase: snowflake.private_key_passphrase,
    warehouse: snowflake.warehouse,
    database: snowflake.database,
    schema: snowflake.schema,
    role: snowflake.role,
    proxy,
  };
}

/** The SQL of a vault as it will be submitted. Pure: nothing is connected. */
export function snowflakeSql(vault: VaultSettings, configuration: Settings): BuiltQuery {
  const { database, schema } = configuration.snowflake;
  return buildQuery({
    vaultName: vault.name,
    column: vault.column,
    query: planQuery(vault, configuration),
    database,
    schema,
  });
}

/** What a vault asks Snowflake for, before it is SQL. */
export function planQuery(vault: VaultSettings, { snowflake }: Settings): SnowflakeJob['query'] {
  return {
    mode: snowflake.query_mode,
    table: snowflake.table,
    clmTable: snowflake.clm_table,
    mbrTable: snowflake.mbr_table,
    udfDatabase: snowflake.udf_database,
    udfSchema: snowflake.udf_schema,
    sql: vault.query,
  };
}
