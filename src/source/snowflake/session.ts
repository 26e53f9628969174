import { setTimeout as delay } from 'node:timers/promises';
import { abortReason, callDriver } from './call-driver.js';
import { readErrorCode } from '../../outside/known-forms.js';
import type { SharedLogin } from '../source-kind.js';
import { confineDriver } from './confine-driver.js';
import { describeFailure, isRecoverable, sourceError } from './driver-failure.js';
import { sqlLiteral } from './identifiers.js';
import {
  loadDriver,
  type DriverConnection,
  type DriverRow,
  type DriverStatement,
  type ExecuteOptions,
} from './load-driver.js';
import { loginOptions, secretsOf } from './login-options.js';
import type { SnowflakeConnection } from './snowflake-options.js';

export interface SessionOptions {
  readonly vaultName: string;
  readonly connection: SnowflakeConnection;
  /** The connection with other secrets, when a login was refused; undefined: there are none. */
  readonly renew?: ((signal: AbortSignal) => Promise<SnowflakeConnection | undefined>) | undefined;
  /** Absent: nobody else logs in as this user. */
  readonly login?: SharedLogin | undefined;
  readonly fetchSize: number;
  readonly runId: string;
  readonly statementTimeoutSeconds: number;
  /** How long a request that is no query may go without an answer. */
  readonly watchdogMs: number;
  readonly onNotice: (message: string) => void;
}

/** Megabytes of a result's chunks; the driver holds two of them, several times their size, in memory. */
const chunkMegabytes = 48;
const logoutMs = 3_000;

/**
 * What decides how a value is written as text, pinned to Snowflake's own defaults: an account or a user that has others
 * would give a date as another text than the one that its token was made for, or another one on another day. LTZ and TZ
 * have no default of their own but follow the general one; it is said again, since an own one would outrank it.
 */
const writtenForms = [
  "TIMEZONE = 'UTC'",
  "DATE_OUTPUT_FORMAT = 'YYYY-MM-DD'",
  "TIME_OUTPUT_FORMAT = 'HH24:MI:SS'",
  "TIMESTAMP_OUTPUT_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM'",
  "TIMESTAMP_NTZ_OUTPUT_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF3'",
  "TIMESTAMP_LTZ_OUTPUT_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM'",
  "TIMESTAMP_TZ_OUTPUT_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM'",
  'QUOTED_IDENTIFIERS_IGNORE_CASE = FALSE',
].join(' ');

/** What a load's session pins, for people. */
export function pinnedParameters(statementTimeoutSeconds: number): string {
  return `STATEMENT_TIMEOUT_IN_SECONDS = ${statementTimeoutSeconds} ${writtenForms}`.replaceAll(
    / (?=[A-Z_]+ = )/g,
    ', ',
  );
}

const arrayRows = { streamResult: true, rowMode: 'array' } as const;

/** One login. Methods reject with the driver's own errors; the caller knows what was being done. */
export class Session {
  readonly #connection: DriverConnection;
  readonly #answerMs: number;
  readonly #queryMs: number;

  private constructor(connection: DriverConnection, { watchdogMs, statementTimeoutSeconds }: SessionOptions) {
    this.#connection = connection;
    this.#answerMs = watchdogMs;
    this.#queryMs = statementTimeoutSeconds * 1000 + watchdogMs;
  }

  /**
   * Logs in and sets the session up. Throws SuperviseError for what only a person can mend (credentials, role), the
   * driver's error for what may pass.
   */
  static async open(options: SessionOptions, signal: AbortSignal): Promise<Session> {
    const { vaultName, connection: settings, fetchSize } = options;
    const login = await loginOptions(vaultName, settings, fetchSize);
    const driver = await loadDriver();
    confineDriver(settings);
    const secrets = [...secretsOf(settings), ...(login.token === undefined ? [] : [login.token])];
    const refused = (error: unknown) => {
      if (isRecoverable(error)) return error;
      const address = settings.access_url ?? settings.account;
      return sourceError(error, { vaultName, doing: `cannot log in to Snowflake (${address})`, secrets });
    };
    let connection: DriverConnection;
    try {
      // Constructing it checks the options, and throws.
      connection = driver.createConnection(login);
    } catch (error) {
      throw refused(error);
    }
    const session = new Session(connection, options);
    try {
      await callDriver<undefined>(signal, options.watchdogMs, (done) => {
        connection.connect((error) => done(error, undefined));
      });
      await session.#setUp(options, signal);
      return session;
    } catch (error) {
      await session.close();
      signal.throwIfAborted();
      throw refused(error);
    }
  }

  /** Submits a query that goes on without us and gives its id. The same `requestId` again is the same query. */
  async submit(sqlText: string, requestId: string, signal: AbortSignal): Promise<string> {
    const statement = await this.#execute({ sqlText, requestId, asyncExec: true }, signal, this.#answerMs);
    return statement.getQueryId();
  }

  /**
   * The result of a query, waited for if it is still `running`: an abort then cancels the query when `cancels` says so.
   */
  async result(
    queryId: string,
    signal: AbortSignal,
    { cancels, running }: { readonly cancels: boolean; readonly running: boolean },
  ): Promise<DriverStatement> {
    try {
      return await callDriver<DriverStatement>(signal, running ? this.#queryMs : this.#answerMs, (done) => {
        this.#connection.fetchResult({ queryId, ...arrayRows, complete: done });
      });
    } catch (error) {
      if (signal.aborted && cancels) await this.cancel(queryId);
      throw error;
    }
  }

  /** Cancels a query by its id, if it is still running. */
  async cancel(queryId: string): Promise<void> {
    await cancel(this.#connection.fetchResult({ queryId, ...arrayRows, complete: () => undefined }));
  }

  /** Runs a query whose rows are then streamed. An abort cancels it. */
  async query(sqlText: string, signal: AbortSignal): Promise<DriverStatement> {
    return this.#execute({ sqlText }, signal, this.#answerMs);
  }

  /** Runs a statement with a small result and gives its rows. */
  async rows(sqlText: string, signal: AbortSignal): Promise<DriverRow[]> {
    const statement = await this.#execute({ sqlText }, signal, this.#queryMs);
    const rows: DriverRow[] = [];
    const stream = statement.streamRows({ start: 0, end: statement.getNumRows() - 1 });
    for await (const row of stream) {
      signal.throwIfAborted();
      rows.push(Array.isArray(row) ? row : []);
    }
    return rows;
  }

  /** Runs an INSERT for all rows at once: all of them are in, or none. The same `requestId` again is the same INSERT. */
  async insert(sqlText: string, binds: string[][], requestId: string, signal: AbortSignal): Promise<void> {
    await this.#execute({ sqlText, binds, requestId }, signal, this.#queryMs);
  }

  /** How many columns a query has; it is compiled and not run. */
  async countColumns(sqlText: string, signal: AbortSignal): Promise<number> {
    const statement = await this.#execute({ sqlText, describeOnly: true }, signal, this.#answerMs);
    return statement.getColumns()?.length ?? 0;
  }

  /** Logs out; takes some seconds at most, and what goes wrong no longer matters. */
  async close(): Promise<void> {
    const loggedOut = new AbortController();
    const destroyed = new Promise<void>((resolve) => {
      this.#connection.destroy(() => resolve());
    });
    await Promise.race([destroyed, delay(logoutMs, undefined, loggedOut).catch(() => undefined)]);
    loggedOut.abort();
  }

  async #execute(
    options: Omit<ExecuteOptions, 'complete' | 'streamResult' | 'rowMode'>,
    signal: AbortSignal,
    limitMs: number,
  ): Promise<DriverStatement> {
    let statement: DriverStatement | undefined;
    try {
      return await callDriver<DriverStatement>(signal, limitMs, (done) => {
        statement = this.#connection.execute({ ...options, ...arrayRows, complete: done });
      });
    } catch (error) {
      if (signal.aborted && statement !== undefined) await cancel(statement);
      throw signal.aborted ? abortReason(signal) : error;
    }
  }

  async #setUp(options: SessionOptions, signal: AbortSignal): Promise<void> {
    const { runId, statementTimeoutSeconds, vaultName, onNotice } = options;
    // ROWS_PER_RESULTSET would cut every result short without a word.
    const settings =
      `QUERY_TAG = ${sqlLiteral(runId)} ROWS_PER_RESULTSET = 0 ` +
      `STATEMENT_TIMEOUT_IN_SECONDS = ${statementTimeoutSeconds} ${writtenForms}`;
    await this.#execute({ sqlText: `ALTER SESSION SET ${settings}` }, signal, this.#answerMs);
    await this.#setIfAllowed(`CLIENT_RESULT_CHUNK_SIZE = ${chunkMegabytes}`, signal, (reason) =>
      onNotice(
        `vault ${vaultName}: Snowflake refuses a chunk size of ${chunkMegabytes} MB (${reason}); reading may take more memory`,
      ),
    );
    // Where this is unknown JSON is all there is; a result that comes in another form is refused when it is opened.
    await this.#setIfAllowed("QUERY_RESULT_FORMAT = 'JSON'", signal, () => undefined);
  }

  async #setIfAllowed(
    setting: string,
    signal: AbortSignal,
    refused: (reason: string) => void,
  ): Promise<void> {
    try {
      await this.#execute({ sqlText: `ALTER SESSION SET ${setting}` }, signal, this.#answerMs);
    } catch (error) {
      signal.throwIfAborted();
      if (isRecoverable(error)) throw error;
      refused(`code ${readErrorCode(describeFailure(error).code) ?? 'unknown'}`);
    }
  }
}

/** Cancelling is a courtesy to the warehouse: it is waited for briefly, and its failure changes nothing. */
async function cancel(statement: DriverStatement): Promise<void> {
  const cancelled = new AbortController();
  const done = new Promise<void>((resolve) => {
    statement.cancel(() => resolve());
  });
  await Promise.race([done, delay(logoutMs, undefined, cancelled).catch(() => undefined)]);
  cancelled.abort();
}
