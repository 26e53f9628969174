export type { Origins } from './settings-view.js';
import type { ResolvedSections, ResolvedVaultKeys } from '../source/source-settings.js';
import type { ParsedConfiguration } from './schema.js';
import type { ParsedVault } from './skyflow-section.js';

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

type Section<Name extends keyof ParsedConfiguration> = ParsedConfiguration[Name];
type With<T, Keys extends keyof T> = T & { [Key in Keys]-?: Exclude<T[Key], undefined> };

/** A vault with every default filled in. */
export type VaultSettings = Readonly<
  Omit<ParsedVault, keyof ResolvedVaultKeys | 'table'> & ResolvedVaultKeys
> & {
  readonly table: string;
};

/**
 * What is configured, key by key valid, defaults filled in, paths absolute, and not necessarily enough for a
 * load. Deeply frozen. Keys are snake_case, as in the file.
 */
export interface Settings extends ResolvedSections {
  readonly source: Section<'source'>;
  readonly run_dir: string;
  readonly web: boolean;
  readonly skyflow: DeepReadonly<Omit<Section<'skyflow'>, 'vaults'>> & {
    readonly vaults: readonly VaultSettings[];
  };
  readonly performance: DeepReadonly<With<Section<'performance'>, 'max_records'>>;
  readonly error_log: DeepReadonly<Section<'error_log'>>;
  readonly store: DeepReadonly<Section<'store'>>;
}

/** Settings that are enough for a load, and make sense together. */
export interface Configuration extends Settings {
  readonly skyflow: Settings['skyflow'] & { readonly vault_url: string };
  readonly performance: Settings['performance'] & { readonly append_suffix: boolean };
}
