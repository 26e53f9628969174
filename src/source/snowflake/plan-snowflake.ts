import type { Settings, VaultSettings } from '../../config/configuration.js';
import { SuperviseError } from '../../errors/supervise-error.js';
import { buildQuery } from './build-query.js';
import type { QueryChoice, SnowflakeConnection } from './snowflake-options.js';
import type { SnowflakeSettings } from './snowflake-settings.js';

/** Where to log in, as whom, and with what of it in use. Throws `config` without an account. */
export function snowflakeConnection(
  snowflake: SnowflakeSettings,
  { proxy, connectTimeoutMs }: Pick<SnowflakeConnection, 'proxy' | 'connectTimeoutMs'>,
): SnowflakeConnection {
  if (snowflake.account === undefined) {
    throw new SuperviseError('config', 'no Snowflake account is configured', {
      hint: 'Set snowflake.account, SNOWFLAKE_ACCOUNT or --sf-account; there is no default.',
    });
  }
  return {
    accessUrl: snowflake.access_url,
    allowedHosts: snowflake.allowed_hosts,
    account: snowflake.account,
    user: snowflake.user,
    authenticator: snowflake.authenticator,
    password: snowflake.password,
    tokenFile: snowflake.token_file,
    oauthToken: snowflake.oauth_token,
    privateKeyPath: snowflake.private_key_path,
    privateKey: snowflake.private_key,
    privateKeyPassphrase: snowflake.private_key_passphrase,
    warehouse: snowflake.warehouse,
    database: snowflake.database,
    schema: snowflake.schema,
    role: snowflake.role,
    proxy,
    connectTimeoutMs,
  };
}

/** The SQL of a vault as it will be submitted. Pure: nothing is connected. */
export function snowflakeSql(vault: VaultSettings, { snowflake }: Pick<Settings, 'snowflake'>): string {
  const { database, schema } = snowflake;
  const query = planQuery(snowflake, vault.query);
  return buildQuery({ vaultName: vault.name, column: vault.column, query, database, schema }).sql;
}

/** What a vault asks Snowflake for, before it is SQL. */
export function planQuery(snowflake: SnowflakeSettings, sql: string | undefined): QueryChoice {
  return {
    mode: snowflake.query_mode,
    table: snowflake.table,
    clmTable: snowflake.clm_table,
    mbrTable: snowflake.mbr_table,
    udfDatabase: snowflake.udf_database,
    udfSchema: snowflake.udf_schema,
    sql,
  };
}
