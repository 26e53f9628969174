import type { RequestCost } from '../../src/rates/rates.js';

/** What all who send to one vault share, wherever they run: who may send, and when. */
export interface SharedPace {
  /**
   * Waits until one request may be sent; what it resolves with says, right before the first byte, whether it still may.
   * Rejects when `signal` is aborted, which whoever is not to send any more brings about.
   */
  enter(cost: RequestCost, signal: AbortSignal): Promise<() => boolean>;
  /** The vault wants a rest of so long from everybody. Nobody needs to wait for what it resolves with. */
  pause(pauseMs: number): Promise<void>;
}

/** Whose turn it is to send while no record has come back yet. */
export interface SharedTurns {
  /** Waits for the turn. What it resolves with gives it to the next; undefined: a record has come back meanwhile. */
  take(signal: AbortSignal): Promise<(() => void) | undefined>;
  /** Whether a record has come back under its own token, as far as anybody here knows. */
  readonly isProven: boolean;
}
