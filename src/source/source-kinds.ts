import * as z from 'zod';
import { csvKind } from './csv/csv-kind.js';
import { errorLogReader } from './error-log/error-log-reader.js';
import { errorLogSpec } from './error-log/error-log-settings.js';
import { parquetKind } from './parquet/parquet-kind.js';
import { snowflakeKind } from './snowflake/snowflake-kind.js';
import type { SourceKind, SourceReader } from './source-kind.js';

/** Every kind of source that can be configured: who adds one adds it here, and nowhere else. */
export const sourceKinds = { csv: csvKind, parquet: parquetKind, snowflake: snowflakeKind };

type Kinds = typeof sourceKinds;
type Told = Kinds[SourceName]['told'];
type Merged<T> = (T extends unknown ? (all: T) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** What `source` may be. */
export type SourceName = keyof Kinds;
export const sourceNames = Object.keys(sourceKinds) as [SourceName, ...SourceName[]];

const allTold: readonly Told[] = sourceNames.map((name) => sourceKinds[name].told);

/** The sections of the configuration. */
export const sourceSections = perKind(({ section }) => section) as {
  [Name in SourceName]: Kinds[Name]['told']['section'];
};

/** What a vault may say of its source. */
export const vaultSourceKeys = Object.assign({}, ...allTold.map(({ vaultKeys }) => vaultKeys)) as Merged<
  Told['vaultKeys']
>;

/** The secrets of sources that their commands may give anew. */
export const renewableOfSources = allTold.flatMap((told) => ('renewable' in told ? told.renewable : []));

/** Keys that say who logs in to a source, and those whose texts name machines and users. */
export const loginOfSources = allTold.flatMap((told) => ('anew' in told ? told.anew : []));
export const namesOfSources = allTold.flatMap((told) => ('names' in told ? [told.names] : []));

type Sections = { readonly [Name in SourceName]: z.output<Kinds[Name]['told']['section']> };
type VaultKeys = z.output<z.ZodObject<typeof vaultSourceKeys>>;
/** The sections with the defaults that depend on other keys. */
export type ResolvedSections = { readonly [Name in SourceName]: ReturnType<Kinds[Name]['told']['resolve']> };
/** A vault's own keys with every default filled in. */
export type ResolvedVaultKeys = Merged<ReturnType<Told['resolveVault']>>;

export function resolveSections(sections: Sections): ResolvedSections {
  return perKind((told) => told.resolve(sections)) as ResolvedSections;
}

export function resolveVaultKeys(
  vault: VaultKeys & { readonly column: string },
  sections: Sections,
): ResolvedVaultKeys {
  const resolved = allTold.map((told) => told.resolveVault(vault, sections));
  return Object.assign({}, ...resolved) as ResolvedVaultKeys;
}

function perKind<T>(of: (told: Told) => T): Record<string, T> {
  return Object.fromEntries(sourceNames.map((name) => [name, of(sourceKinds[name].told)]));
}

/** The kind that is configured. */
export const kindOf = ({ source }: { readonly source: SourceName }): SourceKind => sourceKinds[source];

/** For a task that needs none. */
const noSpec = z.strictObject({ kind: z.literal('none') });
const specs = allTold.flatMap((told) => ('spec' in told ? [told.spec] : []));

/** What a child is told of its source. */
export const sourceSpecSchema = z.discriminatedUnion('kind', [noSpec, errorLogSpec, ...specs]);
export type SourceSpec = z.infer<typeof sourceSpecSchema>;

const noReader: SourceReader = { open: () => Promise.reject(new RangeError('this job has no source')) };

/** What reads what a child is told of. */
export function readerOf({ kind }: SourceSpec): SourceReader {
  if (kind === 'none') return noReader;
  return kind === 'error_log' ? errorLogReader : sourceKinds[kind];
}
