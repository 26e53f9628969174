import type { Account } from './account.js';
import type { Query } from './queries.js';

/** A query in the log: it ran once, however many requests asked for it. */
export interface QueryLogEntry {
  readonly queryId: string;
  readonly sqlText: string;
  readonly tag: string;
  readonly status: Query['state']['kind'];
  readonly submissions: number;
  readonly rows: number | undefined;
  readonly user: string;
  readonly sessionId: number;
}

/** What the sandbox has seen since it was started. */
export interface SnowflakeSandboxStats {
  readonly sessionsOpened: number;
  readonly sessionsOpen: number;
  readonly loginsRefused: number;
  readonly renewals: number;
  readonly chunksServed: number;
  /** Requests by route, faults included. */
  readonly requests: Readonly<Record<string, number>>;
  /** Faults that happened, by name. */
  readonly faults: Readonly<Record<string, number>>;
  /** Executions by SQL text (its first 2,000 characters). */
  readonly executions: Readonly<Record<string, number>>;
  readonly queries: readonly QueryLogEntry[];
}

export function sandboxStats(account: Account): SnowflakeSandboxStats {
  const { opened, open, renewals } = account.sessions.counts;
  const executions: Record<string, number> = {};
  const queries = [...account.queries.all].map((query): QueryLogEntry => {
    const { id, sqlText, tag, state, submissions, user, sessionId } = query;
    executions[sqlText] = (executions[sqlText] ?? 0) + 1;
    const rows = state.kind === 'SUCCESS' ? state.result.totalRows : undefined;
    return { queryId: id, sqlText, tag, status: state.kind, submissions, rows, user, sessionId };
  });
  return {
    sessionsOpened: opened,
    sessionsOpen: open,
    loginsRefused: account.loginsRefused,
    renewals,
    chunksServed: account.chunksServed,
    requests: Object.fromEntries(account.requests),
    faults: Object.fromEntries(account.faults.applied),
    executions,
    queries,
  };
}
