import { SuperviseError } from '../../errors/supervise-error.js';
import { pairsOf } from './build-query.js';
import { sqlIdentifier, sqlNameParts } from './identifiers.js';

export interface SnapshotTableChoice {
  readonly runId: string;
  readonly vaultName: string;
  /** `SCHEMA` or `DATABASE.SCHEMA`; `schema` when absent. */
  readonly scratchSchema?: string | undefined;
  readonly database: string;
  readonly schema: string;
  /** Another one for every attempt: a query that was given up may still finish, and must not touch a later table. */
  readonly attempt: string;
}

/** The transient table of a run, vault and attempt, as SQL. */
export function snapshotTableName(choice: SnapshotTableChoice): string {
  const parts = sqlNameParts(choice.scratchSchema ?? choice.schema, 'snowflake.scratch_schema');
  if (parts.length > 2) {
    throw new SuperviseError('config', 'snowflake.scratch_schema is not SCHEMA or DATABASE.SCHEMA');
  }
  if (parts.length === 1) parts.unshift(...sqlNameParts(choice.database, 'snowflake.database'));
  const own = `SKYFLOW_SUPERVISE_${choice.runId}_${choice.vaultName}_${choice.attempt}`
    .replace(/[^A-Za-z0-9]/g, '_')
    .toUpperCase();
  return [...parts, sqlIdentifier(own, 'the snapshot table')].join('.');
}

/** Makes the snapshot of a query, which has `columnCount` columns. */
export function createSnapshotSql(table: string, query: string, columnCount: number): string {
  return (
    `CREATE TRANSIENT TABLE ${table} DATA_RETENTION_TIME_IN_DAYS = 0 AS\n` +
    `${pairsOf(query, columnCount)}\n` +
    'SELECT ROW_NUMBER() OVER (ORDER BY value, token) - 1 AS rn, value, token FROM pairs'
  );
}

/** The rows `start` to `end` (excluded) of a snapshot, in order. */
export function readSnapshotSql(table: string, start: number, end: number): string {
  return `SELECT value, token FROM ${table} WHERE rn >= ${start} AND rn < ${end} ORDER BY rn`;
}

export function countSnapshotSql(table: string): string {
  return `SELECT TO_VARCHAR(COUNT(*)) FROM ${table}`;
}

export function dropSnapshotSql(table: string): string {
  return `DROP TABLE IF EXISTS ${table}`;
}
