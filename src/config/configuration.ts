import type { ParsedConfiguration } from './schema.js';
import type { ParsedVault } from './vault-schema.js';

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

type Section<Name extends keyof ParsedConfiguration> = ParsedConfiguration[Name];
type With<T, Keys extends keyof T> = T & { [Key in Keys]-?: Exclude<T[Key], undefined> };

/** A vault's CSV files with every default filled in; both paths are absolute. */
export interface VaultCsv {
  readonly data_file: string;
  readonly token_file: string;
  readonly value_header: string;
  readonly token_header: string;
  readonly key_column: string | undefined;
  readonly delimiter: string;
  readonly encoding: Section<'csv'>['encoding'];
  readonly accept: Section<'csv'>['accept'];
}

/** A vault with every default filled in. */
export interface VaultSettings extends Readonly<Omit<ParsedVault, 'csv' | 'table'>> {
  readonly table: string;
  readonly csv: VaultCsv;
}

/**
 * What is configured, key by key valid, defaults filled in, paths absolute, and not necessarily enough for a
 * load. Deeply frozen. Keys are snake_case, as in the file.
 */
export interface Settings {
  readonly source: Section<'source'>;
  readonly run_dir: string;
  readonly skyflow: DeepReadonly<Omit<Section<'skyflow'>, 'vaults'>> & {
    readonly vaults: readonly VaultSettings[];
  };
  readonly snowflake: DeepReadonly<
    With<Section<'snowflake'>, 'database' | 'schema' | 'clm_table' | 'mbr_table'>
  >;
  readonly csv: DeepReadonly<Section<'csv'>>;
  readonly performance: DeepReadonly<With<Section<'performance'>, 'max_records'>>;
  readonly error_log: DeepReadonly<Section<'error_log'>>;
}

/** Settings that are enough for a load, and make sense together. */
export interface Configuration extends Settings {
  readonly skyflow: Settings['skyflow'] & { readonly vault_url: string };
  readonly performance: Settings['performance'] & { readonly append_suffix: boolean };
}

/**
 * Where each setting comes from, by key: `flag --batch-size`, `environment SKYFLOW_VAULT_URL`, the file's name,
 * `prompt` or `default`. The vaults' own keys are `skyflow.vaults[0].id`.
 */
export type Origins = Readonly<Record<string, string>>;
