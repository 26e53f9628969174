import type { Settings } from '../config/configuration.js';
import { csvKind } from './csv/csv-kind.js';
import { errorLogReader } from './error-log/error-log-reader.js';
import { parquetKind } from './parquet/parquet-kind.js';
import { snowflakeKind } from './snowflake/snowflake-kind.js';
import type { SourceKind, SourceReader } from './source-kind.js';
import type { SourceName, SourceSpec } from './source-settings.js';

/** Every kind of source that can be configured. */
export const sourceKinds: Readonly<Record<SourceName, SourceKind>> = {
  csv: csvKind,
  parquet: parquetKind,
  snowflake: snowflakeKind,
};

/** The kind that is configured. */
export const kindOf = ({ source }: Pick<Settings, 'source'>): SourceKind => sourceKinds[source];

const readers: Readonly<Record<SourceSpec['kind'], SourceReader>> = {
  csv: csvKind,
  snowflake: snowflakeKind,
  error_log: errorLogReader,
  none: { open: () => Promise.reject(new RangeError('this job has no source')) },
};

/** What reads what a child is told of. */
export const readerOf = ({ kind }: SourceSpec): SourceReader => readers[kind];
