import { SIGNAL_EXIT, statuses, worstOf, type StopSignal, type VaultStatus } from './statuses.js';

export type ExitStatus = (typeof statuses)[VaultStatus]['exits'][number];

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
  if (!isOpen && vaults.length > 0 && vaults.every(isRefused)) return statuses.not_started.exits[0];
  if (isOpen || vaults.some(({ status }) => isUnfinished(status))) {
    return interruptedBy === undefined ? statuses.incomplete.exits[0] : SIGNAL_EXIT[interruptedBy];
  }
  const ends = vaults.map(({ status, failed }) =>
    worstOf([status, ...(failed > 0 ? ['failures' as const] : [])]),
  );
  return statuses[worstOf(ends.flatMap((end) => end ?? [])) ?? 'complete'].exits[0];
}

/** Whether a vault was not begun because of what it holds already: a resume would be refused as well. */
function isRefused({
  status,
  error,
}: {
  readonly status: VaultStatus;
  readonly error?: { readonly code: string } | undefined;
}): boolean {
  return status === 'not_started' && (error?.code === 'already_loaded' || error?.code === 'token_change');
}

/** The status of the whole run that goes with an exit status. */
export function runStatus(exit: ExitStatus): VaultStatus {
  return statusOfExit(exit) ?? 'incomplete';
}

/** Whether a command that exited so left rows for a `resume`. */
export function isUnfinishedExit(exit: number): boolean {
  const status = statusOfExit(exit);
  return status !== undefined && status !== 'not_started' && isUnfinished(status);
}

/** The status that goes with an exit status; undefined for one that no run of this version ends with. */
export function statusOfExit(exit: number): VaultStatus | undefined {
  const all: readonly (readonly [string, { readonly exits: readonly number[] }])[] = Object.entries(statuses);
  return all.find(([, { exits }]) => exits.includes(exit))?.[0] as VaultStatus | undefined;
}
