import type { VaultStatus } from '../../src/protocol/messages.js';
import type { VaultSnapshot } from '../../src/protocol/snapshot.js';
import type { Task } from '../../src/protocol/task.js';
import type { RunBegin, RunObserver } from '../run/run-observer.js';

/** Where a vault is, for a person. */
export type VaultPhase = 'waiting' | 'checking' | 'loading' | 'draining' | 'restarting' | 'finished';

export interface VaultState {
  /** What is done with the vault; absent: it is loaded. */
  readonly task?: Task['kind'] | undefined;
  readonly phase: VaultPhase;
  /** The last one received. */
  readonly snapshot?: VaultSnapshot | undefined;
  /** Of which of the vault's processes `snapshot` is, counted from 0: its request figures are of that one alone. */
  readonly snapshotProcess?: number | undefined;
  /** How it ended; set when `phase` is `finished`. */
  readonly status?: VaultStatus | undefined;
  /** One sentence of what is the matter; may hold text from outside. */
  readonly message?: string | undefined;
  readonly restarts: number;
  /** Of its present process; null between two. */
  readonly pid?: number | null | undefined;
  /** What comes when the monotonic clock of this process has reached `untilMs`; in plain words. */
  readonly wait?: { readonly untilMs: number; readonly then: string } | undefined;
  /** How the process before this one ended, if one did. */
  readonly lastDeath?: string | undefined;
  /** What it cannot go on without: another credential, or somebody's `go`. */
  readonly waitsFor?: 'credential' | 'go' | undefined;
}

export type NoticeLevel = 'info' | 'warn' | 'error';

/**
 * What a person sees while a run lasts. All calls return at once and never throw for what they are given;
 * calls before `begun` and after `settled` are safe (a notice is still written, an update is not).
 */
export interface RunView extends RunObserver {
  begun(run: Pick<RunBegin, 'vaults'>): void;
  changed(vault: string, state: VaultState): void;
  notice(level: NoticeLevel, text: string, vault?: string): void;
  /** Leaves the terminal to somebody else, such as a prompt, until the function it returns is called. */
  suspend(): () => void;
  /** Shows the last state, stops every timer and gives the terminal back; a second call does nothing. */
  settled(): void;
}

/** The part of a stream that views use; `process.stdout` and `process.stderr` are ones. */
export interface TextStream {
  write(text: string): unknown;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  on?(event: 'resize', listener: () => void): unknown;
  off?(event: 'resize', listener: () => void): unknown;
}

/** The size of a terminal; one that does not know it (absent or 0) counts as 80 by 24. */
export function terminalSize(stream: TextStream): { readonly columns: number; readonly rows: number } {
  const { columns = 0, rows = 0 } = stream;
  return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 };
}

/** Time as views know it: a monotonic clock and a repeated call that never keeps the process alive. */
export interface ViewClock {
  nowMs(): number;
  /** Returns what ends the repetition. */
  every(intervalMs: number, call: () => void): () => void;
}

/** The clock of the process. */
export const PROCESS_CLOCK: ViewClock = {
  nowMs: () => performance.now(),
  every: (intervalMs, call) => {
    const timer = setInterval(call, intervalMs);
    timer.unref();
    return () => {
      clearInterval(timer);
    };
  },
};
