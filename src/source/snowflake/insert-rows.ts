import { randomUUID } from 'node:crypto';
import { isMissingObject } from './driver-failure.js';
import { sqlIdentifier, sqlLiteral, sqlTable } from './identifiers.js';
import type { Session } from './session.js';
import { SessionKeeper } from './session-keeper.js';
import type { Patience, SnowflakeConnection } from './snowflake-options.js';

/** A table of VARCHAR columns; the first one tells its rows apart. */
export interface TableShape {
  /** As a person writes it: what it lacks of database and schema comes from the connection. */
  readonly name: string;
  readonly columns: readonly string[];
}

export interface RowInserterOptions {
  readonly connection: SnowflakeConnection;
  /** What the rows are for, in the place of a vault's name in messages, and the query tag. */
  readonly purpose: string;
  readonly onNotice: (message: string) => void;
  readonly patience?: Patience | undefined;
}

/** More bound values than this make the driver go by a file in a stage, which needs other rights. */
const maxBoundValues = 100_000;
const statementTimeoutSeconds = 600;
const watchdogMs = 60_000;

/** The most rows of a table that go into one INSERT. */
export function maxInsertRows({ columns }: TableShape): number {
  return Math.max(1, Math.floor(maxBoundValues / columns.length));
}

/**
 * Fills tables in Snowflake, statement after statement, in one session that is renewed when it fails. Every method
 * throws SuperviseError `source` for what Snowflake refuses, `config` for names that are none.
 */
export class RowInserter {
  readonly #connection: SnowflakeConnection;
  readonly #keeper: SessionKeeper;

  constructor({ connection, purpose, onNotice, patience }: RowInserterOptions) {
    this.#connection = connection;
    this.#keeper = new SessionKeeper(
      {
        vaultName: purpose,
        connection,
        fetchSize: 1,
        runId: purpose,
        statementTimeoutSeconds,
        watchdogMs,
        onNotice,
      },
      patience,
    );
  }

  /** The table as SQL names it. */
  nameOf({ name }: TableShape): string {
    return sqlTable(name, this.#connection, 'the table');
  }

  /** Makes the table if it is missing; resolves with how many rows it holds. */
  async prepare(table: TableShape, signal: AbortSignal): Promise<number> {
    const name = this.nameOf(table);
    const countSql = `SELECT TO_VARCHAR(COUNT(*)) FROM ${name}`;
    const held = await this.#keeper.work(
      { doing: `cannot count the rows of ${name}`, sql: countSql },
      signal,
      async (session) => {
        try {
          return await countBy(session, countSql, signal);
        } catch (error) {
          // Looked at first, because making a table that is there takes rights that filling it does not.
          if (isMissingObject(error)) return undefined;
          throw error;
        }
      },
    );
    if (held === undefined) {
      const columns = namesOf(table).map((column) => `${column} VARCHAR`);
      await this.#run(
        `cannot make the table ${name}`,
        `CREATE TABLE IF NOT EXISTS ${name} (${columns.join(', ')})`,
        signal,
      );
    }
    return held ?? 0;
  }

  /** Takes every row out of the table. */
  async truncate(table: TableShape, signal: AbortSignal): Promise<void> {
    const name = this.nameOf(table);
    await this.#run(`cannot empty the table ${name}`, `TRUNCATE TABLE ${name}`, signal);
  }

  /**
   * Adds the rows, of which `maxInsertRows` are possible, by one statement: all of them or, when it throws or the signal
   * aborts, none that is known of. A statement whose answer was lost is not repeated when its rows are there.
   */
  async insert(table: TableShape, rows: readonly (readonly string[])[], signal: AbortSignal): Promise<void> {
    const [first] = rows;
    if (first === undefined) return;
    const name = this.nameOf(table);
    const columns = namesOf(table);
    const sql = `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
    const arrived = `SELECT TO_VARCHAR(COUNT(*)) FROM ${name} WHERE ${columns[0] ?? ''} = ${sqlLiteral(first[0] ?? '')}`;
    const requestId = randomUUID();
    let isRepeated = false;
    await this.#keeper.work(
      { doing: `cannot insert into ${name}`, sql },
      signal,
      async (session): Promise<void> => {
        if (isRepeated && (await countBy(session, arrived, signal)) > 0) return;
        isRepeated = true;
        await session.insert(
          sql,
          rows.map((row) => [...row]),
          requestId,
          signal,
        );
      },
    );
    this.#keeper.progressed();
  }

  async close(): Promise<void> {
    await this.#keeper.close();
  }

  async #run(doing: string, sql: string, signal: AbortSignal): Promise<void> {
    await this.#keeper.work({ doing, sql }, signal, (session) => session.rows(sql, signal));
    this.#keeper.progressed();
  }
}

function namesOf({ columns }: TableShape): string[] {
  return columns.map((column) => sqlIdentifier(column, 'the column'));
}

async function countBy(session: Session, sql: string, signal: AbortSignal): Promise<number> {
  const [row] = await session.rows(sql, signal);
  return Number(row?.[0]);
}
