import { setTimeout as delay } from 'node:timers/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Engine } from '../engine.js';
import type { ResultStore, StoredResult } from '../result-store.js';
import type { Lease, SessionConnections } from '../session-connections.js';
import { runSessionStatement } from './session-statements.js';
import type { SandboxSession } from '../sessions.js';
import { runShow } from './show-statements.js';
import type { Bind } from './binds.js';
import { asSqlFailure } from './engine-failure.js';
import { fullName } from './rewrite-table.js';
import { SqlFailure } from './sql-failure.js';
import { foldQuoted, readTokens, isWord, type Token } from './tokens.js';
import { translateSql, type Translation } from './translate-sql.js';
import {
  statementKind,
  statementTypes,
  statusMessage,
  tableOf,
  type StatementKind,
} from './statement-kind.js';
import { copyTable } from './table-columns.js';
import { wireColumn, type WireColumn } from '../wire-types.js';

export interface StatementRequest {
  readonly session: SandboxSession;
  readonly sqlText: string;
  readonly binds: ReadonlyMap<number, Bind>;
  readonly describeOnly: boolean;
}

export interface StatementTools {
  readonly engine: Engine;
  readonly results: ResultStore;
  readonly connections: SessionConnections;
  /** Whether there is a warehouse of this name. */
  readonly hasWarehouse: (name: string) => boolean;
}

const statusColumn = wireColumn('status', 'VARCHAR');

async function describe(
  connection: DuckDBConnection,
  { sql, columnNames }: Translation,
): Promise<WireColumn[]> {
  const prepared = await connection.prepare(sql);
  try {
    const count = { length: prepared.columnCount };
    const names = columnNames(Array.from(count, (_unused, index) => prepared.columnName(index)));
    return Array.from(count, (_unused, index) => {
      const type = prepared.columnType(index);
      return wireColumn(names[index] ?? '', type.alias ?? type.toString());
    });
  } finally {
    prepared.destroySync();
  }
}

const numberParameter = (session: SandboxSession, name: string) => {
  const value = Number(session.parameters.get(name));
  return Number.isFinite(value) && value > 0 ? value : undefined;
};

async function runOnEngine(
  { connection, inTransaction, temporary }: Lease,
  translation: Translation,
  tokens: readonly Token[],
  kind: Exclude<StatementKind, { readonly kind: 'transaction' }>,
  { session, describeOnly }: StatementRequest,
  results: ResultStore,
): Promise<StoredResult> {
  switch (kind.kind) {
    case 'rows': {
      const columns = await describe(connection, translation);
      if (describeOnly) return results.inline(columns, [], statementTypes.select);
      const chunkMegabytes = numberParameter(session, 'CLIENT_RESULT_CHUNK_SIZE');
      return results.keep(connection, translation.sql, columns, {
        maxChunkBytes: chunkMegabytes === undefined ? undefined : chunkMegabytes * 1_048_576,
        maxRows: numberParameter(session, 'ROWS_PER_RESULTSET'),
        inMemory: inTransaction,
      });
    }
    case 'show': {
      const { columns, rows } = await runShow(tokens, session, temporary, connection);
      const wire = columns.map((name) => wireColumn(name, 'VARCHAR'));
      return results.inline(wire, rows, statementTypes.select);
    }
    case 'change': {
      const { rowsChanged } = await connection.run(translation.sql);
      const columns = kind.columns.map((name) => wireColumn(name, 'BIGINT'));
      return results.inline(
        columns,
        [columns.map((_column, at) => (at === 0 ? String(rowsChanged) : '0'))],
        kind.typeId,
      );
    }
    case 'ddl':
      for (const sql of translation.before) await connection.run(sql);
      if (translation.copy === undefined) await connection.run(translation.sql);
      else await copyTable(connection, translation.copy, temporary);
      return results.inline([statusColumn], [[statusMessage(tokens)]], statementTypes.ddl);
    default:
      return kind satisfies never;
  }
}

/** Statements that read or write rows of tables need a warehouse that is there. */
function assertWarehouse({ warehouse }: SandboxSession, tokens: readonly Token[]): void {
  if (warehouse !== undefined) return;
  if (isWord(tokens[0], 'SHOW', 'DESC', 'DESCRIBE', 'DROP', 'ALTER')) return;
  if (!tokens.some((token) => isWord(token, 'FROM', 'INTO', 'UPDATE', 'SELECT'))) return;
  const call = "Select an active warehouse with the 'use warehouse' command.";
  throw new SqlFailure('000606', '57P03', `No active warehouse selected in the current session.  ${call}\n`);
}

/** Runs the statement while an abort of the signal interrupts the engine. */
async function interruptible<T>(
  connection: DuckDBConnection,
  signal: AbortSignal,
  run: () => Promise<T>,
): Promise<T> {
  let interrupting: NodeJS.Timeout | undefined;
  // Again and again: an interrupt that comes between two steps of a statement is lost.
  const interrupt = () => {
    connection.interrupt();
    interrupting = setInterval(() => connection.interrupt(), 20);
  };
  try {
    signal.throwIfAborted();
    signal.addEventListener('abort', interrupt, { once: true });
    const result = await run();
    signal.throwIfAborted();
    return result;
  } finally {
    signal.removeEventListener('abort', interrupt);
    clearInterval(interrupting);
  }
}

/**
 * Runs one statement for a session. Throws SqlFailure; a signal that aborts interrupts the engine, and what was
 * thrown then is the signal's reason.
 */
export async function runStatement(
  request: StatementRequest,
  { engine, results, connections, hasWarehouse }: StatementTools,
  signal: AbortSignal,
): Promise<StoredResult> {
  const { session, binds } = request;
  const ignoresCase = session.parameters.get('QUOTED_IDENTIFIERS_IGNORE_CASE')?.toLowerCase() === 'true';
  const sqlText = ignoresCase ? foldQuoted(request.sqlText) : request.sqlText;
  const done = (message = 'Statement executed successfully.') =>
    results.inline([statusColumn], [[message]], statementTypes.set);
  if (await runSessionStatement(sqlText, session, engine, hasWarehouse)) return done();
  const wait = /^\s*SELECT\s+SYSTEM\$WAIT\s*\(\s*(\d+)[^)]*\)[\s;]*$/i.exec(sqlText);
  if (wait !== null) {
    await delay(Number(wait[1]) * 1000, undefined, { signal });
    return done(`waited ${wait[1] ?? ''} seconds`);
  }
  const tokens = readTokens(sqlText);
  const kind = statementKind(tokens);
  if (kind.kind === 'transaction') {
    if (kind.how === 'BEGIN') await connections.begin(session);
    else await connections.end(session, kind.how);
    return done();
  }
  assertWarehouse(session, tokens);
  const table = tableOf(tokens);
  const tableName = table && fullName(table.chain, session).join('.');
  // DDL ends the transaction, as it does in Snowflake.
  if (kind.kind === 'ddl') await connections.end(session, 'COMMIT');
  const isMade = isWord(tokens[0], 'CREATE');
  const isTemporary = tableName !== undefined && table?.isTemporary === true && isMade;
  if (isTemporary) await connections.addTemporary(session, tableName);
  const lease = await connections.lease(session);
  try {
    return await interruptible(lease.connection, signal, async () => {
      const translation = translateSql(sqlText, binds, { ...session, temporary: lease.temporary });
      const result = await runOnEngine(lease, translation, tokens, kind, request, results);
      if (tableName !== undefined && !isMade) connections.dropTemporary(session, tableName);
      return result;
    });
  } catch (error) {
    if (isTemporary) connections.dropTemporary(session, tableName);
    signal.throwIfAborted();
    throw asSqlFailure(error, { ...session, sql: sqlText });
  } finally {
    lease.release();
  }
}
