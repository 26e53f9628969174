import type { RequestCost } from '../../src/rates/rates.js';
import type { VaultJob } from '../../src/protocol/messages.js';

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

/** For permissions, which are asked for by many at a time. */
const connections = 2;

/** The pace of all who use the job's table, where a store is configured; undefined: nobody else is known to. */
export async function openSharedTable({
  sharedTable,
  delivery,
  vault,
}: VaultJob): Promise<(SharedPace & { close(): Promise<void> }) | undefined> {
  if (sharedTable === undefined) return undefined;
  // The driver of the database is loaded by nobody else.
  const { openStore } = await import('../../src/store/open-store.js');
  const { url, patienceMs, target } = sharedTable;
  const store = await openStore(url, { name: `skyflow-supervise ${vault.name}`, connections, patienceMs });
  try {
    const table = await store.table(target, delivery.rates);
    return {
      enter: (cost, signal) => table.enter(cost, signal),
      pause: (pauseMs) => table.pause(pauseMs),
      close: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
