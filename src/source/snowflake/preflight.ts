import { randomBytes } from 'node:crypto';
import { SuperviseError } from '../../errors/supervise-error.js';
import type { CellLengths, InputShape } from '../record-source.js';
import { buildQuery, measurableSql, pairsOf, unionUdf } from './build-query.js';
import type { Session } from './session.js';
import { SessionKeeper, type Undertaking } from './session-keeper.js';
import { dropSnapshotSql, snapshotTableName } from './snapshot-table.js';
import type { Patience, QueryChoice, SnowflakeConnection } from './snowflake-options.js';

export interface PreflightOptions {
  readonly connection: SnowflakeConnection;
  /** How often a failure that may pass is tried again. */
  readonly patience?: Patience | undefined;
}

/** As whom, and with what, a session works; undefined where nothing is in use. */
export interface SessionFacts {
  readonly user: string | undefined;
  readonly role: string | undefined;
  readonly warehouse: string | undefined;
}

export interface CheckedQuery {
  readonly vaultName: string;
  readonly column: string;
  readonly query: QueryChoice;
}

const quick: Patience = { attempts: 2, firstDelayMs: 500, maxDelayMs: 500 };
const statementTimeoutSeconds = 120;
const watchdogMs = 60_000;
const purpose = '(check)';

/**
 * What a load from Snowflake needs, tried out without reading a row of data. One session for all of it; every method
 * throws SuperviseError, `source` for what Snowflake refuses, `config` for what cannot be meant.
 */
export class SnowflakePreflight {
  readonly #connection: SnowflakeConnection;
  readonly #keeper: SessionKeeper;

  constructor({ connection, patience = quick }: PreflightOptions) {
    this.#connection = connection;
    this.#keeper = new SessionKeeper(
      {
        vaultName: purpose,
        connection,
        fetchSize: 1,
        runId: 'skyflow-supervise-check',
        statementTimeoutSeconds,
        watchdogMs,
        // What passes at the second try is not worth a word here.
        onNotice: () => undefined,
      },
      patience,
    );
  }

  /** Logs in and asks what is in use: a warehouse that does not exist is no error of the login. */
  async logIn(signal: AbortSignal): Promise<SessionFacts> {
    const sql = 'SELECT CURRENT_USER(), CURRENT_ROLE(), CURRENT_WAREHOUSE()';
    const task = { doing: 'cannot log in to Snowflake' };
    const [row] = await this.#work(task, signal, (session) => session.rows(sql, signal));
    const text = (cell: unknown) => (typeof cell === 'string' && cell !== '' ? cell : undefined);
    return { user: text(row?.[0]), role: text(row?.[1]), warehouse: text(row?.[2]) };
  }

  /** Compiles the query of a vault, which is not run; resolves with how many columns it has. */
  async compile({ vaultName, column, query }: CheckedQuery, signal: AbortSignal): Promise<number> {
    const { database, schema } = this.#connection;
    const { sql } = buildQuery({ vaultName, column, query, database, schema });
    const task = { doing: 'the query does not compile', sql };
    return this.#work(task, signal, (session) => session.countColumns(sql, signal));
  }

  /** Counts the rows of a vault's query of so many columns, and their characters, in Snowflake; none is read. */
  async measure(
    { vaultName, column, query }: CheckedQuery,
    columns: number,
    signal: AbortSignal,
  ): Promise<{ readonly rows: number; readonly shape: InputShape }> {
    const { database, schema } = this.#connection;
    const measured = measurableSql({ vaultName, column, query, database, schema });
    const figure = (sql: string) => `TO_VARCHAR(${sql})`;
    const figures = [
      'COUNT(*)',
      "COUNT_IF(value <> '' AND token <> '')",
      "COUNT_IF(COALESCE(value, '') = '')",
      ...['MIN(LENGTH(value))', 'MAX(LENGTH(value))', 'CEIL(AVG(LENGTH(value)))'],
      ...['MIN(LENGTH(token))', 'MAX(LENGTH(token))', 'CEIL(AVG(LENGTH(token)))'],
    ];
    const sql = `${pairsOf(measured, columns)}\nSELECT ${figures.map(figure).join(', ')} FROM pairs`;
    const [row = []] = await this.#rows('cannot count the rows of the query', sql, signal);
    const [rows = 0, records = 0, emptyValues = 0, ...lengths] = row.map(Number);
    const lengthsFrom = (at: number): CellLengths | undefined => {
      const [shortest = 0, longest = 0, mean = 0] = lengths.slice(at, at + 3);
      return records === 0 ? undefined : { shortest, longest, mean };
    };
    const shape: InputShape = {
      records,
      skipped: { empty_value: emptyValues, empty_token: rows - records - emptyValues },
      values: lengthsFrom(0),
      tokens: lengthsFrom(3),
      repeatedTokens: undefined,
    };
    return { rows, shape };
  }

  /** Calls the vault's UDF with NULL, where its query has one; resolves with its name. */
  async callUdf(
    { column, query, vaultName }: CheckedQuery,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const udf = unionUdf({ vaultName, column, query });
    if (udf === undefined) return undefined;
    await this.#rows(`cannot call the UDF ${udf}`, `SELECT ${udf}(NULL) IS NULL`, signal);
    return udf;
  }

  /** Makes an empty table where the snapshot will be made, and drops it; resolves with its name. */
  async tryTable(scratchSchema: string | undefined, signal: AbortSignal): Promise<string> {
    const { database, schema } = this.#connection;
    const attempt = randomBytes(4).toString('hex');
    const table = snapshotTableName({
      runId: 'check',
      vaultName: 'RIGHTS',
      scratchSchema,
      database,
      schema,
      attempt,
    });
    await this.#rows(
      `cannot make a table like ${table}`,
      `CREATE TRANSIENT TABLE ${table} (rn INTEGER)`,
      signal,
    );
    await this.#rows(
      `cannot drop the table ${table}`,
      dropSnapshotSql(table),
      AbortSignal.timeout(watchdogMs),
    );
    return table;
  }

  async close(): Promise<void> {
    await this.#keeper.close();
  }

  #rows(doing: string, sql: string, signal: AbortSignal): Promise<readonly (readonly unknown[])[]> {
    return this.#work({ doing, sql }, signal, (session) => session.rows(sql, signal));
  }

  async #work<T>(task: Undertaking, signal: AbortSignal, work: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await this.#keeper.work(task, signal, work);
    } catch (error) {
      if (!(error instanceof SuperviseError)) throw error;
      const message = error.message.replace(`vault ${purpose}: `, '');
      const hint = error.hint?.replace('; then go on with `resume`', '');
      throw new SuperviseError(error.code, message, { hint, cause: error });
    }
  }
}
