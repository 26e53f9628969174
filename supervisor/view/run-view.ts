import type { RunBegin, RunObserver } from '../observers/run-observer.js';
import type { TextStyle } from '../../src/report/text-style.js';
import type { NoticeLevel, VaultState } from '../run/vault-state.js';

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

/** What a view writes to, how, and by which time. */
export interface ViewOptions {
  readonly stream: TextStream;
  readonly style: TextStyle;
  readonly clock?: ViewClock;
}
