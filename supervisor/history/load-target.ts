import * as z from 'zod';
import type { VaultSettings } from '../../src/config/configuration.js';
import { isLoopbackUrl } from '../../src/outside/hosts.js';

/** Where records go: one column of one table of one vault. */
export const loadTargetSchema = z.strictObject({
  vault_url: z.string(),
  id: z.string(),
  table: z.string(),
  column: z.string(),
});
export type LoadTarget = Readonly<z.infer<typeof loadTargetSchema>>;

/** Where a configured vault's records go. */
export function targetOf({ id, table, column }: VaultSettings, vaultUrl: string | undefined): LoadTarget {
  return { vault_url: vaultUrl ?? '', id, table, column };
}

/**
 * Whether two tables are one. A vault's id is its own in all the world, however it is reached; only on this machine
 * may a rehearsal have given it to a sandbox, which is another vault at every other address.
 */
export function isSameTable(
  one: Pick<LoadTarget, 'vault_url' | 'id' | 'table'>,
  other: Pick<LoadTarget, 'vault_url' | 'id' | 'table'>,
): boolean {
  if (one.id !== other.id || one.table !== other.table) return false;
  return (
    one.vault_url === other.vault_url || (!isLoopbackUrl(one.vault_url) && !isLoopbackUrl(other.vault_url))
  );
}

/**
 * Whether a run that was not finished may have been meant for this table: on this machine also at another address, where
 * whoever goes on with it is shown both and says which it is.
 */
export function mayBeSameTable(
  one: Pick<LoadTarget, 'vault_url' | 'id' | 'table'>,
  other: Pick<LoadTarget, 'vault_url' | 'id' | 'table'>,
): boolean {
  const here = isLoopbackUrl(one.vault_url) && isLoopbackUrl(other.vault_url);
  return isSameTable(one, here ? { ...other, vault_url: one.vault_url } : other);
}
