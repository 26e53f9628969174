import { SuperviseError } from '../../errors/supervise-error.js';
import type { PositionRange } from '../../record/batch.js';
import type { RecordCursor, RecordSource, SourceInspection } from '../record-source.js';
import { ExpiryWatch, resultLifetime, SAFE_LIFETIME_MS } from './expiry-watch.js';
import { prepareSnapshot, querySql, type PreparedSnapshot } from './prepare-snapshot.js';
import type { DriverRow } from './load-driver.js';
import { SessionKeeper } from './session-keeper.js';
import { dropSnapshotSql } from './snapshot-table.js';
import { SnowflakeCursor } from './snowflake-cursor.js';
import type { SnowflakeSourceOptions } from './snowflake-options.js';
import { AUTHENTICATORS } from './snowflake-settings.js';
import { formatCount } from '../../report/format-numbers.js';

const queryIdForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const dropMs = 30_000;
const hourMs = 3_600_000;
const fourHoursMs = 4 * hourMs;

/**
 * The records of a query in Snowflake. Position n is row `startRecord` + n of one snapshot of the query, the same in
 * every process: a result set, found again by its query id, or a transient table. Nothing is loaded and nobody logs in
 * before a method is called; `finish` logs out. Throws SuperviseError `config` for options that cannot be meant.
 */
export function openSnowflakeSource(options: SnowflakeSourceOptions): RecordSource {
  assertUsable(options);
  return new SnowflakeSource(options);
}

class SnowflakeSource implements RecordSource {
  readonly #options: SnowflakeSourceOptions;
  readonly #keeper: SessionKeeper;
  #prepared: PreparedSnapshot | undefined;

  constructor(options: SnowflakeSourceOptions) {
    this.#options = options;
    this.#keeper = new SessionKeeper(options, options.patience);
  }

  async inspect(signal: AbortSignal): Promise<SourceInspection> {
    const prepared = await this.#prepare(signal);
    const { identity, totalRows } = prepared.snapshot;
    const slice = this.#slice(totalRows);
    const rows = slice.end - slice.start;
    this.#assertInTime(prepared, rows);
    return {
      rows,
      inputs: [identity, { role: 'range of rows', name: `${slice.start} to ${slice.end}`, rows }],
      warnings: resultWarnings({
        ...{ totalRows, rows, sample: await this.#sample(prepared, slice, signal) },
        ownSql: this.#options.query.sql,
        isForeign: this.#options.queryId !== undefined,
      }),
    };
  }

  async open(signal: AbortSignal): Promise<RecordCursor> {
    const { snapshot, submittedAtMs } = await this.#prepare(signal);
    const {
      vaultName,
      fetchSize,
      watchdogMs,
      maxBatchBytes,
      onNotice,
      reopenAfterMs = fourHoursMs,
    } = this.#options;
    return new SnowflakeCursor({
      vaultName,
      keeper: this.#keeper,
      snapshot,
      slice: this.#slice(snapshot.totalRows),
      fetchSize,
      watchdogMs,
      maxBatchBytes,
      reopenAfterMs,
      expiry:
        submittedAtMs === undefined ? undefined : new ExpiryWatch({ vaultName, submittedAtMs, onNotice }),
      signal,
    });
  }

  async finish({ completed }: { readonly completed: boolean }): Promise<void> {
    const table = this.#prepared?.table;
    if (completed && table !== undefined && !this.#options.keepSnapshot) await this.#drop(table);
    await this.#keeper.close();
  }

  async #prepare(signal: AbortSignal): Promise<PreparedSnapshot> {
    this.#prepared ??= await prepareSnapshot(this.#options, this.#keeper, signal);
    this.#keeper.progressed();
    return this.#prepared;
  }

  #slice(totalRows: number): PositionRange {
    const { startRecord = 0, endRecord = totalRows } = this.#options;
    const start = Math.min(startRecord, totalRows);
    return { start, end: Math.max(start, Math.min(endRecord, totalRows)) };
  }

  /** Refuses what will not end in time, while nothing was sent; what has begun goes on, and is watched. */
  #assertInTime({ submittedAtMs }: PreparedSnapshot, rows: number): void {
    const { vaultName, mostRecords, recorded } = this.#options;
    if (submittedAtMs === undefined || mostRecords === undefined || recorded?.rowsTaken === true) return;
    const hoursOld = Math.floor((Date.now() - submittedAtMs) / hourMs);
    const left = Math.max(0, 1 - (hoursOld * hourMs) / SAFE_LIFETIME_MS);
    if (rows <= mostRecords * left) return;
    throw new SuperviseError(
      'source',
      `vault ${vaultName}: ${formatCount(rows)} rows are more than a load gets through in 20 hours (${formatCount(mostRecords)} at the configured ` +
        'pace, or at 1,000 records a second where there is none), and Snowflake keeps the result of a query for 24. Nothing was sent',
      { hint: resultLifetime.hint },
    );
  }

  /** The first rows that are meant, where none of them was sent yet. */
  async #sample(
    { snapshot }: PreparedSnapshot,
    { start, end }: PositionRange,
    signal: AbortSignal,
  ): Promise<readonly DriverRow[]> {
    const { vaultName, watchdogMs, recorded } = this.#options;
    if (start === end || recorded?.rowsTaken === true) return [];
    const last = Math.min(end, start + sampleRows);
    return this.#keeper.work(snapshot.reading, signal, async (session) => {
      const feed = await snapshot.openFeed(session, { vaultName, start, end: last, watchdogMs, signal });
      try {
        const rows: DriverRow[] = [];
        for (;;) {
          const more = await feed.take(sampleRows);
          if (more === undefined) return rows;
          rows.push(...more);
        }
      } finally {
        feed.close();
      }
    });
  }

  async #drop(table: string): Promise<void> {
    const { vaultName, onNotice } = this.#options;
    const sql = dropSnapshotSql(table);
    const signal = AbortSignal.timeout(dropMs);
    try {
      await this.#keeper.work({ doing: 'cannot drop the snapshot table', sql }, signal, (session) =>
        session.rows(sql, signal),
      );
    } catch (error) {
      const reason = error instanceof SuperviseError ? error.message : 'it took too long';
      onNotice(`vault ${vaultName}: the snapshot table was not dropped (${reason}). Run: ${sql}`);
    }
  }
}

function assertUsable(options: SnowflakeSourceOptions): void {
  const {
    vaultName,
    connection,
    startRecord = 0,
    endRecord,
    queryId,
    recorded,
    snapshot,
    fetchSize,
  } = options;
  const refuse = (problem: string, hint?: string) =>
    new SuperviseError('config', `vault ${vaultName}: ${problem}`, { hint });
  // The driver takes an authenticator that it does not know for a password login.
  if (!AUTHENTICATORS.includes(connection.authenticator)) {
    throw refuse(`"${connection.authenticator}" is no authenticator; there are ${AUTHENTICATORS.join(', ')}`);
  }
  if (connection.account === '')
    throw refuse('no Snowflake account is configured', 'Set snowflake.account (--sf-account).');
  if (endRecord !== undefined && endRecord <= startRecord) {
    throw refuse(`end_record ${endRecord} is not beyond start_record ${startRecord}`);
  }
  if (fetchSize < 1) throw refuse('fetch_size is less than 1');
  if (queryId !== undefined && snapshot === 'table') {
    throw refuse(
      'query_id reads a result set, and snapshot table makes a table: only one of them is possible',
    );
  }
  for (const id of [queryId, recorded?.queryId]) {
    if (id !== undefined && !queryIdForm.test(id)) {
      throw refuse(
        `"${id.slice(0, 64)}" is no query id`,
        'It looks like 01b2c3d4-0000-1111-0000-000012345678.',
      );
    }
  }
  // Wrong names and modes are found before anyone logs in.
  querySql(options);
}

/** Rows at the beginning of a result that are looked at before the first request. */
const sampleRows = 1_000;
/** So many tokens of one value are no chance: a vault holds one token for a value. */
const fewestTokens = 3;

/**
 * What people should know of a result before the first request; no record stands in it. A masking policy gives a role
 * without rights a mask in place of every value, a row access policy gives it no rows, and a limit that somebody set gives
 * the first rows alone: each without a word.
 */
function resultWarnings(result: {
  readonly totalRows: number;
  /** Of them those that are meant. */
  readonly rows: number;
  readonly sample: readonly DriverRow[];
  /** The SQL, where it is the user's own. */
  readonly ownSql: string | undefined;
  /** Somebody else asked for it. */
  readonly isForeign: boolean;
}): readonly string[] {
  const { totalRows, rows, sample } = result;
  if (rows === 0) return [nothingToRead(totalRows)];
  return [mask(sample), limit(result)].filter((warning) => warning !== undefined);
}

function nothingToRead(totalRows: number): string {
  if (totalRows > 0) return `no row lies in the range asked for; the query gives ${formatCount(totalRows)}`;
  return `the query gives no rows. If there should be some, check snowflake.role: a row access policy hides rows from roles without a word`;
}

function mask(sample: readonly DriverRow[]): string | undefined {
  const filled = sample.filter(([value, token]) => typeof value === 'string' && typeof token === 'string');
  const tokens = new Set(filled.map(([, token]) => token));
  const [first] = filled;
  if (tokens.size < fewestTokens || filled.some(([value]) => value !== first?.[0])) return undefined;
  return `the first ${formatCount(tokens.size)} tokens all have one and the same value. If that is a mask, the role (snowflake.role) may not see the values: stop, and load with one that may`;
}

const literalsAndComments = /'(?:[^'\\]|''|\\[\s\S])*'|"(?:[^"]|"")*"|--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
const limits = /\b(?:LIMIT|TOP|FETCH\s+(?:FIRST\s+|NEXT\s+)?|SAMPLE\s*\()\s*(\d+)\b/gi;

function limit({
  totalRows,
  ownSql,
  isForeign,
}: {
  readonly totalRows: number;
  readonly ownSql: string | undefined;
  readonly isForeign: boolean;
}): string | undefined {
  const code = ownSql?.replace(literalsAndComments, ' ') ?? '';
  if ([...code.matchAll(limits)].some(([, count]) => Number(count) === totalRows)) {
    return `the query gives exactly as many rows as it is limited to (${formatCount(totalRows)}): what lies behind them is not loaded`;
  }
  // Worksheets and ROWS_PER_RESULTSET end a result at round numbers.
  if (!isForeign || totalRows % 1_000 !== 0) return undefined;
  return `the result of the given query has exactly ${formatCount(totalRows)} rows: if whoever asked for it had a limit, what lies behind it is not loaded`;
}
