import type { RunSummary } from '../../src/report/summary-format.js';
import { childEnvironment } from '../process/child-environment.js';
import type { RunEvent } from './run-event.js';

/** What is known of a run when an event happens. Names and counts: no values, no secrets, no text from outside. */
export interface EventFacts {
  readonly event: RunEvent;
  readonly runId: string;
  readonly runDirectory: string;
  /** While the run goes on: the vault that waits. */
  readonly vaults: readonly string[];
  /** At the end of the command. */
  readonly summary?: RunSummary | undefined;
}

/** The whole environment of an event's command. */
export function eventEnvironment(facts: EventFacts, own: NodeJS.ProcessEnv): Record<string, string> {
  const { event, runId, runDirectory, vaults, summary } = facts;
  const told: Record<string, string | number> = {
    SUPERVISE_EVENT: event.event,
    SUPERVISE_REASON: event.reason,
    SUPERVISE_RUN_ID: runId,
    SUPERVISE_RUN_DIRECTORY: runDirectory,
    SUPERVISE_VAULTS: vaults.join(','),
  };
  if (summary !== undefined) {
    const { totals } = summary;
    Object.assign(told, {
      SUPERVISE_STATUS: summary.status,
      SUPERVISE_EXIT_CODE: summary.exit_code,
      SUPERVISE_READ: totals.read,
      SUPERVISE_UPLOADED: totals.uploaded,
      SUPERVISE_FAILED: totals.failed,
      SUPERVISE_SKIPPED: totals.skipped,
      SUPERVISE_UNSETTLED: totals.unsettled,
    });
  }
  const texts = Object.entries(told).map(([name, value]) => [name, String(value)] as const);
  return { ...childEnvironment(own), ...Object.fromEntries(texts) };
}
