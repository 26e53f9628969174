import { pairsOf } from './build-query.js';
import { querySql } from './prepare-snapshot.js';
import { SessionKeeper } from './session-keeper.js';
import type { SnowflakeSourceOptions } from './snowflake-options.js';

/** Pairs that contradict each other: a vault holds one token for a value, and one value under a token. */
export interface QueryConflicts {
  readonly valuesWithSeveralTokens: number;
  readonly tokensWithSeveralValues: number;
}

export type ConflictCheckOptions = Pick<
  SnowflakeSourceOptions,
  | 'vaultName'
  | 'column'
  | 'connection'
  | 'login'
  | 'query'
  | 'fetchSize'
  | 'runId'
  | 'statementTimeoutSeconds'
  | 'onNotice'
  | 'watchdogMs'
  | 'patience'
>;

/** Counts the conflicts of a query; rows that are skipped (NULL, empty) do not count. Pure. */
export function conflictsSql(sql: string, columnCount: number): string {
  const several = (one: string, other: string) =>
    `(SELECT TO_VARCHAR(COUNT(*)) FROM (SELECT ${one} FROM filled GROUP BY ${one} HAVING COUNT(DISTINCT ${other}) > 1) c)`;
  return (
    `${pairsOf(sql, columnCount)},\n` +
    "filled AS (SELECT value, token FROM pairs WHERE value IS NOT NULL AND value <> '' AND token IS NOT NULL AND token <> '')\n" +
    `SELECT ${several('value', 'token')} AS value_conflicts, ${several('token', 'value')} AS token_conflicts`
  );
}

/** Asks Snowflake for the conflicts of a vault's query, before anything is sent. Throws SuperviseError. */
export async function checkConflicts(
  options: ConflictCheckOptions,
  signal: AbortSignal,
): Promise<QueryConflicts> {
  const { sql } = querySql(options);
  const keeper = new SessionKeeper(options, options.patience);
  try {
    const describing = { doing: 'cannot compile the query', sql };
    const columns = await keeper.work(describing, signal, (session) => session.countColumns(sql, signal));
    const counting = conflictsSql(sql, columns);
    const task = { doing: 'cannot look for conflicting pairs', sql: counting };
    const [row] = await keeper.work(task, signal, (session) => session.rows(counting, signal));
    return { valuesWithSeveralTokens: Number(row?.[0]), tokensWithSeveralValues: Number(row?.[1]) };
  } finally {
    await keeper.close();
  }
}
