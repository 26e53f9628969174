import { setTimeout as delay } from 'node:timers/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Engine } from './engine.js';
import type { ResultStore, StoredResult, WireRow } from './result-store.js';
import { identifierPattern as identifier, runSessionStatement, unquoted } from './session-statements.js';
import type { SandboxSession } from './sessions.js';
import { asSqlFailure, SqlFailure } from './sql-failure.js';
import { translateSql, type Bind } from './translate-sql.js';
import { wireColumn, type WireColumn } from './wire-types.js';

export interface StatementRequest {
  readonly session: SandboxSession;
  readonly sqlText: string;
  readonly binds: ReadonlyMap<number, Bind>;
  readonly describeOnly: boolean;
}

export interface StatementTools {
  readonly engine: Engine;
  readonly results: ResultStore;
}

/** Snowflake's numbers for kinds of statements; the driver tells by them whether rows were changed. */
const statementTypes = {
  select: 0x1000,
  insert: 0x3100,
  update: 0x3200,
  delete: 0x3300,
  set: 0x4000,
  ddl: 0x6000,
};

const statusColumn = wireColumn('status', 'VARCHAR');
function refuseUnsupported(sql: string): void {
  const match =
    /^(BEGIN|START\s+TRANSACTION|COMMIT|ROLLBACK|PUT|GET|COPY|CALL|ATTACH|DETACH|PRAGMA|INSTALL|LOAD|EXPORT|IMPORT|SET)\b|^CREATE\s+(OR\s+REPLACE\s+)?(TEMP(ORARY)?\s+)?(STAGE|TEMP(ORARY)?)\b/i.exec(
      sql,
    );
  if (match === null) return;
  throw new SqlFailure('000002', '0A000', `not emulated: ${match[0].toUpperCase()}`);
}

const changes: readonly (readonly [verb: RegExp, label: string, statementTypeId: number])[] = [
  [/^(INSERT|WITH\b[\s\S]*\bINSERT)\b/i, 'inserted', statementTypes.insert],
  [/^UPDATE\b/i, 'updated', statementTypes.update],
  [/^DELETE\b/i, 'deleted', statementTypes.delete],
];

/** What Snowflake says when an object was made, dropped or emptied. */
function statusMessage(sql: string): string {
  const match = new RegExp(
    `^(CREATE|DROP)\\s+(?:OR\\s+REPLACE\\s+)?(TABLE|SCHEMA|VIEW)\\s+(?:IF\\s+(?:NOT\\s+)?EXISTS\\s+)?(?:${identifier}\\.)*${identifier}`,
    'i',
  ).exec(sql);
  if (match === null) return 'Statement executed successfully.';
  const [, verb = '', kind = '', , name = ''] = match;
  const object = unquoted(name);
  if (verb.toUpperCase() === 'DROP') return `${object} successfully dropped.`;
  const noun = kind.charAt(0).toUpperCase() + kind.slice(1).toLowerCase();
  return `${noun} ${object} successfully created.`;
}

async function describe(connection: DuckDBConnection, sql: string): Promise<WireColumn[]> {
  const prepared = await connection.prepare(sql);
  try {
    return Array.from({ length: prepared.columnCount }, (_unused, index) =>
      wireColumn(prepared.columnName(index), prepared.columnType(index).toString()),
    );
  } finally {
    prepared.destroySync();
  }
}

const numberParameter = (session: SandboxSession, name: string) => {
  const value = Number(session.parameters.get(name));
  return Number.isFinite(value) && value > 0 ? value : undefined;
};

async function runOnEngine(
  connection: DuckDBConnection,
  sql: string,
  { session, describeOnly }: StatementRequest,
  results: ResultStore,
): Promise<StoredResult> {
  if (
    /^(\(|SELECT\b|WITH\b|VALUES\b|DESC(RIBE)?\b|SHOW\b|FROM\b)/i.test(sql) &&
    !/^WITH\b[\s\S]*\)\s*(INSERT|UPDATE|DELETE)\b/i.test(sql)
  ) {
    const columns = await describe(connection, sql);
    if (describeOnly) return results.inline(columns, [], statementTypes.select);
    const chunkMegabytes = numberParameter(session, 'CLIENT_RESULT_CHUNK_SIZE');
    return results.keep(connection, sql, columns, {
      maxChunkBytes: chunkMegabytes === undefined ? undefined : chunkMegabytes * 1_048_576,
      maxRows: numberParameter(session, 'ROWS_PER_RESULTSET'),
    });
  }
  const outcome = await connection.run(sql);
  const change = changes.find(([verb]) => verb.test(sql));
  if (change !== undefined) {
    const [, label, statementTypeId] = change;
    const rows: WireRow[] = [[String(outcome.rowsChanged)]];
    return results.inline([wireColumn(`number of rows ${label}`, 'BIGINT')], rows, statementTypeId);
  }
  return results.inline([statusColumn], [[statusMessage(sql)]], statementTypes.ddl);
}

/**
 * Runs one statement for a session. Throws SqlFailure; a signal that aborts interrupts the engine, and what was
 * thrown then is the signal's reason.
 */
export async function runStatement(
  request: StatementRequest,
  { engine, results }: StatementTools,
  signal: AbortSignal,
): Promise<StoredResult> {
  const { session, sqlText, binds } = request;
  const sql = translateSql(sqlText, binds);
  const status = (message: string) => results.inline([statusColumn], [[message]], statementTypes.set);
  if (await runSessionStatement(sql, session, engine)) {
    return status('Statement executed successfully.');
  }
  const wait = /^SELECT\s+SYSTEM\$WAIT\s*\(\s*(\d+)[^)]*\)$/i.exec(sql);
  if (wait !== null) {
    await delay(Number(wait[1]) * 1000, undefined, { signal });
    return status(`waited ${wait[1] ?? ''} seconds`);
  }
  refuseUnsupported(sql);
  const connection = await engine.connect(session);
  let interrupting: NodeJS.Timeout | undefined;
  // Again and again: an interrupt that comes between two steps of a statement is lost.
  const interrupt = () => {
    connection.interrupt();
    interrupting = setInterval(() => connection.interrupt(), 20);
  };
  try {
    signal.throwIfAborted();
    signal.addEventListener('abort', interrupt, { once: true });
    const result = await runOnEngine(connection, sql, request, results);
    signal.throwIfAborted();
    return result;
  } catch (error) {
    signal.throwIfAborted();
    throw asSqlFailure(error);
  } finally {
    signal.removeEventListener('abort', interrupt);
    clearInterval(interrupting);
    connection.closeSync();
  }
}
