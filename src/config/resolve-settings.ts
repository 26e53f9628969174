import { resolve } from 'node:path';
import { singleSettings } from './catalogue.js';
import type { Settings, VaultSettings } from './configuration.js';
import type { ParsedConfiguration } from './schema.js';
import type { CsvSettings, ParsedVault } from './vault-schema.js';

/** The header of a vault column's values in the reference's files. */
export function defaultValueHeader(column: string): string {
  return column === 'name' ? 'full_name' : column;
}

/** Fills in a vault's table, files and headers; files are resolved inside the (absolute) data directory. */
function resolveVault(vault: ParsedVault, csv: CsvSettings): VaultSettings {
  const own = vault.csv ?? {};
  const valueHeader = own.value_header ?? defaultValueHeader(vault.column);
  return {
    ...vault,
    table: vault.table ?? vault.column,
    csv: {
      data_file: resolve(csv.data_directory, own.data_file ?? `${vault.column}_data.csv`),
      token_file: resolve(csv.data_directory, own.token_file ?? `${vault.column}_tokens.csv`),
      value_header: valueHeader,
      token_header: own.token_header ?? `${valueHeader}_token`,
      key_column: own.key_column ?? csv.key_column,
      delimiter: own.delimiter ?? csv.delimiter,
      encoding: own.encoding ?? csv.encoding,
      accept: own.accept ?? csv.accept,
    },
  };
}

function resolvePaths<Part extends object>(section: string, part: Part, workingDirectory: string): Part {
  const copy = { ...part };
  for (const { key, path } of singleSettings) {
    if (!path || !key.startsWith(`${section}.`)) continue;
    const name = key.slice(section.length + 1);
    const value: unknown = Reflect.get(copy, name);
    if (typeof value === 'string') Reflect.set(copy, name, resolve(workingDirectory, value));
  }
  return copy;
}

function resolveSnowflake(snowflake: ParsedConfiguration['snowflake']): Settings['snowflake'] {
  const union = snowflake.query_mode === 'union';
  const database = snowflake.database ?? (union ? 'D01_SKYFLOW_POC' : 'SKYFLOW_DEMO');
  const schema = snowflake.schema ?? (union ? 'SKYFLOW_POC' : 'PUBLIC');
  return {
    ...snowflake,
    database,
    schema,
    clm_table: snowflake.clm_table ?? `${database}.${schema}.CLM`,
    mbr_table: snowflake.mbr_table ?? `${database}.${schema}.MBR`,
  };
}

/** Freezes a value and everything in it. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

/** Fills in the defaults that depend on other keys and makes paths absolute. */
export function resolveSettings(parsed: ParsedConfiguration, workingDirectory: string): Settings {
  const csv = resolvePaths('csv', parsed.csv, workingDirectory);
  return deepFreeze({
    source: parsed.source,
    run_dir: resolve(workingDirectory, parsed.run_dir),
    skyflow: {
      ...resolvePaths('skyflow', parsed.skyflow, workingDirectory),
      vaults: parsed.skyflow.vaults.map((vault) => resolveVault(vault, csv)),
    },
    snowflake: resolveSnowflake(resolvePaths('snowflake', parsed.snowflake, workingDirectory)),
    csv,
    error_log: resolvePaths('error_log', parsed.error_log, workingDirectory),
    performance: {
      ...parsed.performance,
      max_records: parsed.performance.max_records ?? (parsed.source === 'csv' ? 100_000 : 100),
    },
  });
}
