import type { ErrorFacts } from '../../src/errors/supervise-error.js';
import type { RunSummary } from '../../src/report/summary-format.js';
import type { MachineState } from '../../src/store/machine-state.js';
import type { RunDirectory } from '../../src/run-record/run-directory.js';
import type { NoticeLevel, VaultState } from '../run/vault-state.js';

export interface RunBegin {
  readonly vaults: readonly string[];
  /** Absent: what is done leaves no run behind. */
  readonly directory: RunDirectory | undefined;
}

/** How a command's work on a run came to its end: with a summary, or not even with that. */
export type RunEnd = { readonly summary: RunSummary } | { readonly failure: ErrorFacts };

/**
 * Somebody who follows a run: a view, `status.json`, metrics, commands on events, a process at a terminal. None is in
 * the way of another or of the run: `broadcast` sees to that, whatever a call throws.
 */
export interface RunObserver {
  /** The run has its lock and its record, and nothing has been sent: it waits for this. */
  begun?(run: RunBegin): Promise<void> | void;
  changed?(vault: string, state: VaultState): void;
  notice?(level: NoticeLevel, text: string, vault?: string): void;
  /** Who works on a run that several machines share. */
  machines?(machines: readonly MachineState[]): void;
  /** Every child is reaped; the run waits for this before it writes its files. */
  settled?(): Promise<void> | void;
  /** The files are written and the run's lock is given up. */
  ended?(end: RunEnd): Promise<void> | void;
}

/** One observer for all of them, each told in their order. What one throws is told to `onFailure`, and to nobody else. */
export function broadcast(
  observers: readonly RunObserver[],
  onFailure: (error: unknown) => void,
): Required<RunObserver> {
  const tell = (call: (observer: RunObserver) => void): void => {
    for (const observer of observers) {
      try {
        call(observer);
      } catch (error) {
        onFailure(error);
      }
    }
  };
  const tellAndWait = async (call: (observer: RunObserver) => Promise<void> | void): Promise<void> => {
    await Promise.all(observers.map(async (observer) => call(observer)).map((told) => told.catch(onFailure)));
  };
  return {
    begun: (run) => tellAndWait((observer) => observer.begun?.(run)),
    changed: (vault, state) => tell((observer) => observer.changed?.(vault, state)),
    notice: (level, text, vault) => tell((observer) => observer.notice?.(level, text, vault)),
    machines: (machines) => tell((observer) => observer.machines?.(machines)),
    settled: () => tellAndWait((observer) => observer.settled?.()),
    ended: (end) => tellAndWait((observer) => observer.ended?.(end)),
  };
}
