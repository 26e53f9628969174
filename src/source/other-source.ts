import { resolve } from 'node:path';
import type { Configuration, VaultSettings } from '../config/configuration.js';

/**
 * The settings with which a vault's records are read from somewhere else than it was loaded from: the result of a query of
 * two columns, value and token, or a file that has both columns under the vault's headers.
 */
export function withOtherSource(
  vault: VaultSettings,
  configuration: Configuration,
  queryOrFile: string,
): { readonly vault: VaultSettings; readonly configuration: Configuration } {
  // A limit of the load says nothing about the other source.
  const performance = { ...configuration.performance, max_records: 0 };
  if (isQuery(queryOrFile)) {
    const snowflake = { ...configuration.snowflake, query_mode: 'custom' as const };
    return {
      vault: { ...vault, query: queryOrFile },
      configuration: { ...configuration, source: 'snowflake', snowflake, performance },
    };
  }
  const file = resolve(queryOrFile);
  return {
    vault: { ...vault, csv: { ...vault.csv, data_file: file, token_file: file } },
    configuration: { ...configuration, source: 'csv', performance },
  };
}

/** Whether it is a query, and not a file. */
export function isQuery(queryOrFile: string): boolean {
  return /^\s*(?:select|with)\s/i.test(queryOrFile);
}
