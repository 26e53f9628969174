import { randomBytes, randomUUID } from 'node:crypto';
import { SuperviseError } from '../../errors/supervise-error.js';
import { buildQuery } from './build-query.js';
import { isMissingObject, isRecoverable, isResultGone } from './driver-failure.js';
import type { DriverStatement } from './load-driver.js';
import type { Session } from './session.js';
import type { SessionKeeper, Undertaking } from './session-keeper.js';
import { countSnapshotSql, createSnapshotSql, snapshotTableName } from './snapshot-table.js';
import { ResultSnapshot, TableSnapshot, type Snapshot } from './snapshot.js';
import type { SnowflakeSourceOptions } from './snowflake-options.js';

/** A snapshot that can be read, and since when it stands; undefined for somebody else's query. */
export interface PreparedSnapshot {
  readonly snapshot: Snapshot;
  readonly submittedAtMs: number | undefined;
  /** The table that this run made. */
  readonly table: string | undefined;
}

type Outcome<T> = { readonly found: T } | { readonly lost: unknown };

/**
 * The snapshot that the options ask for: attached to where a query is given or recorded, else submitted, journalled
 * and waited for. An abort cancels a query of this run that is still running.
 */
export async function prepareSnapshot(
  options: SnowflakeSourceOptions,
  keeper: SessionKeeper,
  signal: AbortSignal,
): Promise<PreparedSnapshot> {
  return options.snapshot === 'table'
    ? prepareTable(options, keeper, signal)
    : prepareResult(options, keeper, signal);
}

async function prepareResult(
  options: SnowflakeSourceOptions,
  keeper: SessionKeeper,
  signal: AbortSignal,
): Promise<PreparedSnapshot> {
  const { vaultName, queryId, recorded } = options;
  const known = queryId ?? recorded?.queryId;
  if (known !== undefined) {
    const own = queryId === undefined;
    const task = { doing: 'cannot attach to the query', queryId: known };
    const outcome = await attempt(keeper, task, signal, (session) =>
      session.result(known, signal, { cancels: own, running: true }),
    );
    if ('found' in outcome) {
      const snapshot = new ResultSnapshot(vaultName, known, outcome.found);
      return { snapshot, submittedAtMs: own ? submittedAtMs(options) : undefined, table: undefined };
    }
    assertMayAskAgain(options, outcome.lost, keeper.describe(outcome.lost, task), known);
  }
  const { sql } = querySql(options);
  const {
    statement,
    queryId: newQueryId,
    submittedAt,
  } = await submit(options, keeper, signal, { sql, table: undefined });
  const snapshot = new ResultSnapshot(vaultName, newQueryId, statement);
  return { snapshot, submittedAtMs: Date.parse(submittedAt), table: undefined };
}

async function prepareTable(
  options: SnowflakeSourceOptions,
  keeper: SessionKeeper,
  signal: AbortSignal,
): Promise<PreparedSnapshot> {
  const { recorded, connection, runId, vaultName, scratchSchema } = options;
  if (recorded?.table !== undefined) {
    const attached = await attachToTable(recorded.table, recorded.queryId, options, keeper, signal);
    if (attached !== undefined) return attached;
  }
  const { database, schema } = connection;
  const attemptId = randomBytes(4).toString('hex');
  const table = snapshotTableName({ runId, vaultName, scratchSchema, database, schema, attempt: attemptId });
  const { sql } = querySql(options);
  const describing = { doing: 'cannot compile the query', sql };
  const columns =
    options.query.mode === 'custom'
      ? await keeper.work(describing, signal, (session) => session.countColumns(sql, signal))
      : 2;
  await submit(options, keeper, signal, { sql: createSnapshotSql(table, sql, columns), table });
  const counting = { doing: `cannot count the rows of the snapshot table ${table}` };
  const rows = await keeper.work(counting, signal, (session) => countRows(session, table, signal));
  return { snapshot: new TableSnapshot(table, rows), submittedAtMs: undefined, table };
}

async function attachToTable(
  table: string,
  queryId: string,
  options: SnowflakeSourceOptions,
  keeper: SessionKeeper,
  signal: AbortSignal,
): Promise<PreparedSnapshot | undefined> {
  const task = { doing: `cannot go on with the snapshot table ${table}`, queryId };
  const count = () => attempt(keeper, task, signal, (session) => countRows(session, table, signal));
  let counted = await count();
  if ('lost' in counted && isMissingObject(counted.lost)) {
    // It may still be in the making; the statement's own result is no longer asked for once the table is there.
    const made = await attempt(keeper, task, signal, (session) =>
      session.result(queryId, signal, { cancels: true, running: true }),
    );
    counted = 'lost' in made ? made : await count();
  }
  if ('found' in counted) {
    return { snapshot: new TableSnapshot(table, counted.found), submittedAtMs: undefined, table };
  }
  assertMayAskAgain(options, counted.lost, keeper.describe(counted.lost, task), queryId);
  return undefined;
}

/** Submits a statement once, has its id journalled, and waits for its end. */
async function submit(
  options: SnowflakeSourceOptions,
  keeper: SessionKeeper,
  signal: AbortSignal,
  { sql, table }: { sql: string; table: string | undefined },
): Promise<{ statement: DriverStatement; queryId: string; submittedAt: string }> {
  // The same for every try: a submission whose answer was lost is found again instead of being run twice.
  const requestId = randomUUID();
  const submittedAt = new Date().toISOString();
  const submitting = { doing: 'Snowflake refuses the query', sql };
  const queryId = await keeper.work(submitting, signal, (session) => session.submit(sql, requestId, signal));
  try {
    await options.onQuerySubmitted({ queryId, submittedAt, sql, table });
  } catch (error) {
    await keeper.work({ doing: 'cannot cancel the query', queryId }, signal, (session) =>
      session.cancel(queryId),
    );
    throw error;
  }
  const running = { doing: 'the query failed', sql, queryId };
  const statement = await keeper.work(running, signal, (session) =>
    session.result(queryId, signal, { cancels: true, running: true }),
  );
  return { statement, queryId, submittedAt };
}

/** What Snowflake has decided about an attempt, as data; what may pass is tried again by the keeper. */
async function attempt<T>(
  keeper: SessionKeeper,
  task: Undertaking,
  signal: AbortSignal,
  work: (session: Session) => Promise<T>,
): Promise<Outcome<T>> {
  return keeper.work<Outcome<T>>(task, signal, async (session) => {
    try {
      return { found: await work(session) };
    } catch (error) {
      signal.throwIfAborted();
      if (isRecoverable(error) || error instanceof SuperviseError) throw error;
      return { lost: error };
    }
  });
}

async function countRows(session: Session, table: string, signal: AbortSignal): Promise<number> {
  const [row] = await session.rows(countSnapshotSql(table), signal);
  return Number(row?.[0]);
}

/** The SQL of the vault, as it is asked; also for showing it. Throws SuperviseError `config`. */
export function querySql(
  options: Pick<SnowflakeSourceOptions, 'vaultName' | 'column' | 'query' | 'connection'>,
): {
  sql: string;
  tables: readonly string[];
} {
  const { vaultName, column, query, connection } = options;
  return buildQuery({ vaultName, column, query, database: connection.database, schema: connection.schema });
}

function submittedAtMs({ recorded }: SnowflakeSourceOptions): number | undefined {
  const parsed = Date.parse(recorded?.submittedAt ?? '');
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** Only a query of this run, of which no row was taken, may be asked anew: another result has other positions. */
function assertMayAskAgain(
  options: SnowflakeSourceOptions,
  lost: unknown,
  described: SuperviseError,
  queryId: string,
): void {
  const { vaultName, recorded, queryId: given, onNotice } = options;
  if (given === undefined && recorded !== undefined && !recorded.rowsTaken) {
    onNotice(
      `vault ${vaultName}: query ${queryId} of this run has no result; no row of it was sent: asking again`,
    );
    return;
  }
  const isTable = given === undefined && recorded?.table !== undefined;
  if (!isTable && !isResultGone(lost)) throw described;
  const what = isTable
    ? `the snapshot table ${recorded.table ?? ''} is gone`
    : `the result of query ${queryId} is gone: Snowflake keeps a result for 24 hours, for the user who asked`;
  throw new SuperviseError(
    'source',
    `vault ${vaultName}: ${what}; another result has other rows at the same positions`,
    {
      hint:
        given === undefined
          ? 'What is left is loaded by a new load (--new-run) with skyflow.upsert (--upsert --allow-token-change), which finds what is there. A load of more than 20 hours needs snowflake.snapshot: table.'
          : 'Leave --sf-query-id out to ask anew.',
    },
  );
}
