import type { VaultJob } from '../../src/protocol/messages.js';
import type { SharedPace } from './shared-pace.js';

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
