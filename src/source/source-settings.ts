import * as z from 'zod';
import { csvSection, csvSpec, resolveVaultCsv, vaultCsvSection } from './csv/csv-settings.js';
import {
  parquetSection,
  resolveParquet,
  resolveText,
  resolveVaultParquet,
  vaultParquetSection,
} from './parquet/parquet-settings.js';
import { errorLogSpec } from './error-log/error-log-settings.js';
import {
  resolveSnowflake,
  snowflakeSection,
  snowflakeSpec,
  vaultQuery,
} from './snowflake/snowflake-settings.js';

// The list of what source kinds are told: a kind's settings stand in its folder, and here. What they do is in `source-kinds.ts`.

/** What `source` may be. */
export const sourceNames = ['csv', 'parquet', 'snowflake'] as const;
export type SourceName = (typeof sourceNames)[number];

/** The sections of the configuration. */
export const sourceSections = { snowflake: snowflakeSection, csv: csvSection, parquet: parquetSection };

/** What a vault may say of its source. */
export const vaultSourceKeys = { csv: vaultCsvSection, parquet: vaultParquetSection, query: vaultQuery };

type Sections = { readonly [Name in keyof typeof sourceSections]: z.output<(typeof sourceSections)[Name]> };
type VaultKeys = z.output<z.ZodObject<typeof vaultSourceKeys>>;

/** The sections with the defaults that depend on other keys. */
export function resolveSections({ snowflake, csv, parquet }: Sections) {
  return { snowflake: resolveSnowflake(snowflake), csv, parquet: resolveParquet(parquet, csv) };
}

/** A vault's own keys with every default filled in. */
export function resolveVaultKeys(vault: VaultKeys & { readonly column: string }, { csv, parquet }: Sections) {
  return {
    csv: resolveVaultCsv(vault, csv, resolveText(vault.parquet, parquet)),
    parquet: resolveVaultParquet(vault, resolveParquet(parquet, csv)),
  };
}

/** What a child is told of its source. */
export const sourceSpecSchema = z.discriminatedUnion('kind', [
  csvSpec,
  snowflakeSpec,
  errorLogSpec,
  /** For a task that needs none. */
  z.strictObject({ kind: z.literal('none') }),
]);
export type SourceSpec = z.infer<typeof sourceSpecSchema>;
