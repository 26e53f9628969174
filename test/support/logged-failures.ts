import { readErrorLog } from '../../src/error-log/read-error-log.js';
import type { Workspace } from './workspace.js';

interface LoggedFailure {
  readonly value: string;
  readonly token: string;
  readonly reason: string;
}

/** Every record of an error log. */
export async function loggedFailures(file: string): Promise<LoggedFailure[]> {
  const found: LoggedFailure[] = [];
  for await (const { reason = '', records } of (await readErrorLog(file)).entries)
    found.push(...records.map(({ value, token }) => ({ value, token, reason })));
  return found;
}

/** Every record of an error log as a pair. */
export async function loggedPairs(file: string): Promise<(readonly [value: string, token: string])[]> {
  return (await loggedFailures(file)).map(({ value, token }) => [value, token] as const);
}

/** How many records of the newest run's only vault have failed for each reason. */
export async function reasonsOf(workspace: Workspace): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  const file = await workspace.errorLog();
  for (const { reason } of file === '' ? [] : await loggedFailures(file))
    found[reason] = (found[reason] ?? 0) + 1;
  return found;
}
