import type { InputIdentity } from '../record-source.js';
import type { DriverStatement } from './load-driver.js';
import { StreamFailure } from './driver-failure.js';
import { SuperviseError } from '../../errors/supervise-error.js';
import { shownQueryId } from '../../outside/known-forms.js';
import { RowFeed } from './row-feed.js';
import type { Session } from './session.js';
import type { Undertaking } from './session-keeper.js';
import { readSnapshotSql } from './snapshot-table.js';
import { formatCount } from '../../report/format-numbers.js';

export interface FeedRequest {
  readonly vaultName: string;
  /** Rows of the snapshot, end excluded; the feed may end earlier. */
  readonly start: number;
  readonly end: number;
  readonly watchdogMs: number;
  readonly signal: AbortSignal;
}

/** Rows that stay as they are while they are read, in whatever session and process: row n is always the same one. */
export interface Snapshot {
  readonly totalRows: number;
  readonly identity: InputIdentity;
  readonly reading: Undertaking;
  openFeed(session: Session, request: FeedRequest): Promise<RowFeed>;
}

/** The result set of a query, which Snowflake keeps for 24 hours. */
export class ResultSnapshot implements Snapshot {
  readonly totalRows: number;
  readonly identity: InputIdentity;
  readonly reading: Undertaking;
  readonly #queryId: string;

  constructor(vaultName: string, queryId: string, statement: DriverStatement) {
    assertTextColumns(vaultName, queryId, statement);
    this.#queryId = queryId;
    this.totalRows = statement.getNumRows();
    this.identity = { role: 'query', name: queryId, rows: this.totalRows };
    this.reading = { doing: 'cannot read the result', queryId };
  }

  /** Fetched anew each time: chunk URLs live for 6 hours, and the driver keeps chunks it has read ahead. */
  async openFeed(session: Session, request: FeedRequest): Promise<RowFeed> {
    const statement = await session.result(this.#queryId, request.signal, { cancels: false, running: false });
    assertRows(statement, this.totalRows, request.vaultName);
    return new RowFeed({ ...request, statement });
  }
}

/** Rows of a table per query: enough to be worth one, and sorted in little time. */
const tableRowsPerQuery = 1_000_000;

/** A transient table with row numbers, which lives until it is dropped. */
export class TableSnapshot implements Snapshot {
  readonly totalRows: number;
  readonly identity: InputIdentity;
  readonly reading: Undertaking;
  readonly #table: string;

  constructor(table: string, totalRows: number) {
    this.#table = table;
    this.totalRows = totalRows;
    this.identity = { role: 'snapshot table', name: table, rows: totalRows };
    this.reading = { doing: `cannot read the snapshot table ${table}` };
  }

  async openFeed(session: Session, request: FeedRequest): Promise<RowFeed> {
    const { start, vaultName, signal } = request;
    const end = Math.min(request.end, start + tableRowsPerQuery);
    const statement = await session.query(readSnapshotSql(this.#table, start, end), signal);
    assertRows(statement, end - start, vaultName);
    return new RowFeed({ ...request, statement, start: 0, end: end - start });
  }
}

function assertRows(statement: DriverStatement, expected: number, vaultName: string): void {
  const rows = statement.getNumRows();
  if (rows === expected) return;
  throw new SuperviseError(
    'source',
    `vault ${vaultName}: query ${shownQueryId(statement.getQueryId())} has ${formatCount(rows)} rows where it had ${formatCount(expected)}`,
    { hint: 'Positions no longer mean the same records. Start a new load.' },
  );
}

function assertTextColumns(vaultName: string, queryId: string, statement: DriverStatement): void {
  const columns = statement.getColumns();
  if (columns === undefined)
    throw new StreamFailure(`the result of query ${shownQueryId(queryId)} has no columns`);
  const [value, token] = columns;
  if (value === undefined || token === undefined) {
    throw new SuperviseError(
      'source',
      `vault ${vaultName}: query ${shownQueryId(queryId)} has ${columns.length} column`,
      {
        hint: 'The first two columns of the query are value and token.',
      },
    );
  }
  const at = [value, token].findIndex((column) => !column.isString());
  const other = [value, token][at];
  if (other === undefined) return;
  const type = other.getType().toUpperCase();
  // Neither the name, which may be an expression with a literal, nor any type that is none.
  throw new SuperviseError(
    'source',
    `vault ${vaultName}: the ${at === 0 ? 'first' : 'second'} column of query ${shownQueryId(queryId)} is ${/^[A-Z_]{1,24}$/.test(type) ? `of type ${type}, ` : ''}not text`,
    {
      hint: 'Write TO_VARCHAR(…) around it in the query: how a number or a date is written is then said by SQL.',
    },
  );
}
