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
  return { ...snowflake, account: snowflake.account, proxy, connectTimeoutMs };
}

/** The SQL of a vault as it will be submitted. Pure: nothing is connected. */
export function snowflakeSql(vault: VaultSettings, { snowflake }: Pick<Settings, 'snowflake'>): string {
  const { database, schema } = snowflake;
  const query = planQuery(snowflake, vault.query);
  return buildQuery({ vaultName: vault.name, column: vault.column, query, database, schema }).sql;
}

/** What a vault asks Snowflake for, before it is SQL. */
export function planQuery(snowflake: SnowflakeSettings, sql: string | undefined): QueryChoice {
  const { query_mode: mode, table, clm_table, mbr_table, udf_database, udf_schema } = snowflake;
  return { mode, table, clm_table, mbr_table, udf_database, udf_schema, sql };
}
