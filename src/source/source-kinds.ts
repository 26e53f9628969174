import { csvKind } from './csv/csv-kind.js';
import { errorLogReader } from './error-log/error-log-reader.js';
import { parquetKind } from './parquet/parquet-kind.js';
import { snowflakeKind } from './snowflake/snowflake-kind.js';
import type { SourceKind, SourceReader } from './source-kind.js';
import type { SourceName, SourceSpec } from './source-settings.js';

/** What every kind of `source-settings.ts` does. */
export const sourceKinds: Readonly<Record<SourceName, SourceKind>> = {
  csv: csvKind,
  parquet: parquetKind,
  snowflake: snowflakeKind,
};

/** The kind that is configured. */
export const kindOf = ({ source }: { readonly source: SourceName }): SourceKind => sourceKinds[source];

const noReader: SourceReader = { open: () => Promise.reject(new RangeError('this job has no source')) };

/** What reads what a child is told of. */
export function readerOf({ kind }: SourceSpec): SourceReader {
  if (kind === 'none') return noReader;
  return kind === 'error_log' ? errorLogReader : sourceKinds[kind];
}
