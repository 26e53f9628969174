import { errorFacts, type ErrorFacts } from '../../src/errors/supervise-error.js';
import { isOutOfRoom } from '../../src/journal/storage-error.js';
import type { ExitStatus } from '../../src/status/exit-status.js';
import { SIGNAL_EXIT, statuses } from '../../src/status/statuses.js';

/** What went wrong after a run had begun: children may have sent records, so it is no longer "nothing was started". */
export class RunFailure extends Error {
  override readonly name = 'RunFailure';

  constructor(cause: unknown) {
    super('the run could not be brought to its end', { cause });
  }
}

/**
 * What was thrown out of a command, and its exit status: before anything was started that of `not_started`, of a question that was
 * declined that of Ctrl-C; of everything else, a full disk too, that of `incomplete`.
 */
export function endOfCommand(thrown: unknown): {
  readonly error: unknown;
  readonly facts: ErrorFacts;
  readonly exitStatus: ExitStatus;
} {
  const hasStarted = thrown instanceof RunFailure;
  const error = hasStarted ? thrown.cause : thrown;
  const facts = errorFacts(error);
  const isFailure = hasStarted || facts.code === 'internal' || isOutOfRoom(error);
  if (isFailure) return { error, facts, exitStatus: statuses.incomplete.exits[0] };
  const exitStatus = facts.code === 'interrupted' ? SIGNAL_EXIT.SIGINT : statuses.not_started.exits[0];
  return { error, facts, exitStatus };
}
