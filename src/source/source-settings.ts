import * as z from 'zod';
import { csvTold } from './csv/csv-settings.js';
import { errorLogSpec } from './error-log/error-log-settings.js';
import { parquetTold } from './parquet/parquet-settings.js';
import { snowflakeTold } from './snowflake/snowflake-settings.js';

/** Keys of the configuration by what their texts have to be like. */
export interface SettingForms {
  /** They travel in an HTTP header. */
  readonly header?: readonly string[];
  /** They are of one line. */
  readonly line?: readonly string[];
  /** URLs of servers whose hosts `allowed_hosts` of the section may limit. */
  readonly server?: readonly string[];
}

/** What a kind is told: the configuration and the jobs of children are made of it. */
interface SourceTold {
  /** Its section of the configuration. */
  readonly section: z.ZodType;
  /** What a vault may say of its source. */
  readonly vaultKeys: z.ZodRawShape;
  /** The section with the defaults that depend on other keys. */
  resolve(sections: never): unknown;
  /** The vault's own keys with every default filled in. */
  resolveVault(vault: never, sections: never): object;
  /** What a child is told; a kind that reads what another one is told has none. */
  readonly spec?: z.ZodObject;
  /** What the texts of its section have to be like, by their keys. */
  readonly forms?: SettingForms;
  /** Keys of its section that say who logs in: what goes on with a run is told them anew. */
  readonly anew?: readonly string[];
  /** Keys whose texts name machines and users, and are nobody else's business. */
  readonly names?: { readonly hosts: readonly string[]; readonly users: readonly string[] };
  /** Secrets of its section that a command, `<key>_command`, may give anew while a run lasts. */
  readonly renewable?: readonly string[];
}

/**
 * What every kind of source is told: who adds one adds it here. Apart from `source-kinds.ts`, because what the kinds do is
 * said in terms of the configuration, which is made of this.
 */
const told = { csv: csvTold, parquet: parquetTold, snowflake: snowflakeTold } satisfies Record<
  string,
  SourceTold
>;

type Told = (typeof told)[SourceName];
type Merged<T> = (T extends unknown ? (all: T) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** What `source` may be. */
export type SourceName = keyof typeof told;
export const sourceNames = Object.keys(told) as [SourceName, ...SourceName[]];

/** Where none is named; it needs no credential. */
export const usualSource: SourceName = 'csv';

const allTold: readonly Told[] = sourceNames.map((name) => told[name]);

/** The sections of the configuration. */
export const sourceSections = perKind(({ section }) => section) as {
  [Name in SourceName]: (typeof told)[Name]['section'];
};

/** What a vault may say of its source. */
export const vaultSourceKeys = Object.assign({}, ...allTold.map(({ vaultKeys }) => vaultKeys)) as Merged<
  Told['vaultKeys']
>;

/** The keys of sources whose texts have to be like that. */
export function keysOfSources(form: keyof SettingForms): readonly string[] {
  return allTold.flatMap((one) => ('forms' in one ? one.forms[form] : []));
}

/** The secrets of sources that their commands may give anew. */
export const renewableOfSources = allTold.flatMap((one) => ('renewable' in one ? one.renewable : []));

/** Keys that say who logs in to a source, and those whose texts name machines and users. */
export const loginOfSources = allTold.flatMap((one) => ('anew' in one ? one.anew : []));
export const namesOfSources = allTold.flatMap((one) => ('names' in one ? [one.names] : []));

type Sections = { readonly [Name in SourceName]: z.output<(typeof told)[Name]['section']> };
type VaultKeys = z.output<z.ZodObject<typeof vaultSourceKeys>>;
/** The sections with the defaults that depend on other keys. */
export type ResolvedSections = { readonly [Name in SourceName]: ReturnType<(typeof told)[Name]['resolve']> };
/** A vault's own keys with every default filled in. */
export type ResolvedVaultKeys = Merged<ReturnType<Told['resolveVault']>>;

export function resolveSections(sections: Sections): ResolvedSections {
  return perKind((one) => one.resolve(sections)) as ResolvedSections;
}

export function resolveVaultKeys(
  vault: VaultKeys & { readonly column: string },
  sections: Sections,
): ResolvedVaultKeys {
  const resolved = allTold.map((one) => one.resolveVault(vault, sections));
  return Object.assign({}, ...resolved) as ResolvedVaultKeys;
}

function perKind<T>(of: (one: Told) => T): Record<string, T> {
  return Object.fromEntries(sourceNames.map((name) => [name, of(told[name])]));
}

/** For a task that needs none. */
const noSpec = z.strictObject({ kind: z.literal('none') });
const specs = allTold.flatMap((one) => ('spec' in one ? [one.spec] : []));

/** What a child is told of its source. */
export const sourceSpecSchema = z.discriminatedUnion('kind', [noSpec, errorLogSpec, ...specs]);
export type SourceSpec = z.infer<typeof sourceSpecSchema>;
