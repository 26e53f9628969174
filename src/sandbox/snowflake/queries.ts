import { randomBytes } from 'node:crypto';
import type { FaultPlan } from './faults.js';
import type { Child, StoredResult } from './result-store.js';
import { runStatement, type StatementRequest, type StatementTools } from './sql/run-statement.js';
import { asSqlFailure } from './sql/engine-failure.js';
import { notEmulated, SqlFailure } from './sql/sql-failure.js';
import { statementsOf } from './sql/translate-sql.js';
import { statementTypes } from './sql/statement-kind.js';
import { wireColumn } from './wire-types.js';

export type QueryState =
  | { readonly kind: 'RUNNING' }
  | { readonly kind: 'SUCCESS'; readonly result: StoredResult }
  | { readonly kind: 'FAILED_WITH_ERROR' | 'ABORTED'; readonly failure: SqlFailure };

/** One statement that was submitted. `done` resolves, never rejects, when it is no longer running. */
export interface Query {
  readonly id: string;
  readonly sqlText: string;
  readonly tag: string;
  readonly user: string;
  readonly sessionId: number;
  readonly startedAtMs: number;
  readonly done: Promise<void>;
  readonly abort: (failure: SqlFailure) => void;
  /** How many requests asked for it to be run; it was run once. */
  submissions: number;
  state: QueryState;
}

export interface Submission extends StatementRequest {
  readonly requestId: string | undefined;
  readonly tag: string;
  readonly timeoutMs: number | undefined;
  /** How many statements the text may hold; 0: any number. */
  readonly statementCount: number;
}

/** The form of Snowflake's query ids: a UUID that begins with 01. */
function newQueryId(): string {
  const hex = randomBytes(15).toString('hex');
  return `01${hex.slice(0, 6)}-${hex.slice(6, 10)}-${hex.slice(10, 14)}-${hex.slice(14, 18)}-${hex.slice(18, 30)}`;
}

const cancelled = () => new SqlFailure('000604', '57014', 'SQL execution canceled');
const shownSqlLength = 2000;

/** Copied, because a slice would keep the whole text of a large INSERT in memory. */
const shortened = (sql: string) => Buffer.from(sql.slice(0, shownSqlLength)).toString();

/** The statements of a text that was said to hold several; throws SqlFailure where there are more or fewer. */
function severalStatements({ sqlText, statementCount, binds }: Submission): string[] | undefined {
  if (statementCount === 1) return undefined;
  const statements = statementsOf(sqlText);
  if (statementCount !== 0 && statements.length !== statementCount) {
    const counts = `Actual statement count ${statements.length} did not match the desired statement count ${statementCount}.`;
    throw new SqlFailure('000008', '0A000', counts);
  }
  if (statements.length === 1) return undefined;
  if (binds.size > 0) throw notEmulated('bind variables with several statements');
  return statements;
}

/** The statements of this server's life, by query id and by request id: a repeated request is the same query. */
export class QueryRegistry {
  readonly #tools: StatementTools;
  readonly #faults: FaultPlan;
  readonly #byId = new Map<string, Query>();
  readonly #byRequest = new Map<string, Query>();

  constructor(tools: StatementTools, faults: FaultPlan) {
    this.#tools = tools;
    this.#faults = faults;
  }

  get all(): Iterable<Query> {
    return this.#byId.values();
  }

  find(queryId: string): Query | undefined {
    return this.#byId.get(queryId);
  }

  submit(submission: Submission): Query {
    const { requestId } = submission;
    const known = requestId === undefined ? undefined : this.#byRequest.get(requestId);
    if (known !== undefined) {
      known.submissions += 1;
      return known;
    }
    const query = this.#start(submission);
    if (requestId !== undefined) this.#byRequest.set(requestId, query);
    return query;
  }

  cancel(key: { readonly queryId: string } | { readonly requestId: string }): Query | undefined {
    const query = 'queryId' in key ? this.#byId.get(key.queryId) : this.#byRequest.get(key.requestId);
    query?.abort(cancelled());
    return query;
  }

  /** Every result that exists now has expired. */
  expireResults(): void {
    for (const query of this.#byId.values()) {
      if (query.state.kind !== 'SUCCESS') continue;
      query.state = { kind: 'SUCCESS', result: { ...query.state.result, expiresAtMs: 0 } };
    }
  }

  /** Ends whatever is still running. */
  async close(): Promise<void> {
    for (const query of this.#byId.values()) query.abort(cancelled());
    await Promise.all([...this.#byId.values()].map(({ done }) => done));
  }

  #start(submission: Submission): Query {
    const controller = new AbortController();
    const finish = (state: QueryState) => {
      query.state = state;
    };
    const { session, sqlText, tag } = submission;
    const query: Query = {
      id: newQueryId(),
      sqlText: shortened(sqlText),
      tag,
      user: session.user,
      sessionId: session.id,
      startedAtMs: Date.now(),
      done: this.#run(submission, controller).then(finish),
      abort: (failure) => controller.abort(failure),
      submissions: 1,
      state: { kind: 'RUNNING' },
    };
    this.#byId.set(query.id, query);
    return query;
  }

  /** Statement after statement, each a query of its own; the first that fails ends them. */
  async #runAll(statements: readonly string[], submission: Submission): Promise<StoredResult> {
    const children: Child[] = [];
    for (const sqlText of statements) {
      const child = this.#start({ ...submission, sqlText, requestId: undefined, statementCount: 1 });
      await child.done;
      if (child.state.kind === 'SUCCESS') {
        children.push({ queryId: child.id, typeId: child.state.result.statementTypeId });
      } else if ('failure' in child.state) throw child.state.failure;
    }
    const column = wireColumn('multiple statement execution', 'VARCHAR');
    const rows = [['Multiple statements executed successfully.']];
    return { ...this.#tools.results.inline([column], rows, statementTypes.multi), children };
  }

  async #run(submission: Submission, controller: AbortController): Promise<QueryState> {
    const { timeoutMs, sqlText } = submission;
    const timeout =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            const seconds = `Statement reached its statement or warehouse timeout of ${timeoutMs / 1000} second(s)`;
            controller.abort(new SqlFailure('000630', '57014', `${seconds} and was canceled.`));
          }, timeoutMs);
    try {
      if (!/^\s*(ALTER\s+SESSION|USE)\b/i.test(sqlText)) {
        await this.#faults.slowDown(Date.now(), controller.signal);
      }
      const several = severalStatements(submission);
      const result =
        several === undefined
          ? await runStatement(submission, this.#tools, controller.signal)
          : await this.#runAll(several, submission);
      return { kind: 'SUCCESS', result };
    } catch (error) {
      const { signal } = controller;
      const failure = asSqlFailure(signal.aborted ? signal.reason : error, { sql: sqlText });
      return { kind: failure.code === '000604' ? 'ABORTED' : 'FAILED_WITH_ERROR', failure };
    } finally {
      clearTimeout(timeout);
    }
  }
}
