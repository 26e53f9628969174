import { vaultStatusSchema, type VaultStatus } from '../protocol/messages.js';
import { statuses } from './statuses.js';

/** The signals that end a run in an orderly way. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

export type ExitStatus = 0 | 1 | 2 | 3 | 4 | 129 | 130 | 143;

/** As a shell has it: 128 and the signal's number. */
export const SIGNAL_EXIT = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const satisfies Record<
  StopSignal,
  number
>;

/** Whether a vault in this status has rows left that a `resume` would go on with. */
export function isUnfinished(status: VaultStatus): boolean {
  return !statuses[status].isAtItsEnd;
}

/**
 * The exit status of a run that started: interrupted, over a vault that could not be finished, over failed
 * records, over a default limit, over nothing to report. A signal that came when every vault had reached its
 * end anyway interrupted nothing. A run that `isOpen` has something left to do although its vaults may have not.
 */
export function exitStatus(
  vaults: readonly {
    readonly status: VaultStatus;
    readonly failed: number;
    readonly error?: { readonly code: string } | undefined;
  }[],
  interruptedBy?: StopSignal,
  { isOpen = false }: { readonly isOpen?: boolean } = {},
): ExitStatus {
  if (!isOpen && vaults.length > 0 && vaults.every(isRefused)) return 2;
  if (isOpen || vaults.some(({ status }) => isUnfinished(status))) {
    return interruptedBy === undefined ? 3 : SIGNAL_EXIT[interruptedBy];
  }
  if (vaults.some(({ status, failed }) => status === 'failures' || failed > 0)) return 1;
  if (vaults.some(({ status }) => status === 'limited')) return 4;
  return 0;
}

/** Whether a vault was not begun because it holds the records already: a resume would be refused as well. */
function isRefused({
  status,
  error,
}: {
  readonly status: VaultStatus;
  readonly error?: { readonly code: string } | undefined;
}): boolean {
  return status === 'not_started' && error?.code === 'already_loaded';
}

/** The status of the whole run that goes with an exit status. */
export function runStatus(exit: ExitStatus): VaultStatus {
  return vaultStatusSchema.options.find((status) => statuses[status].exits.includes(exit)) ?? 'incomplete';
}

/** Whether a command that exited so left rows for a `resume`. */
export function isUnfinishedExit(exit: number): boolean {
  return exit === 3 || exit === 129 || exit === 130 || exit === 143;
}
