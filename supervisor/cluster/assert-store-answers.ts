import { Store } from '../../src/store/store.js';

/** Later a database that is away is waited for; one that never was there is more likely a wrong address. */
const longestPatienceMs = 5_000;

/** Throws, before anything is begun, for a store that cannot be used. */
export async function assertStoreAnswers(url: string, usualPatienceMs: number): Promise<void> {
  const patienceMs = Math.min(longestPatienceMs, usualPatienceMs);
  const store = await Store.open(url, { name: 'skyflow-supervise', connections: 1, patienceMs });
  try {
    await store.assertReady();
  } finally {
    await store.close();
  }
}
