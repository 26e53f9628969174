import { PermitExpired } from '../../src/vault/post.js';
import type { VaultClient } from '../../src/vault/vault-client.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';
import type { PaceGate } from '../pace/pace-gate.js';

/** Whether the vault answers a small request at present, whatever it says. Rejects when the vault is stopped. */
export async function isAnswered(
  { tokens }: RecordColumns,
  {
    client,
    gate,
    stopping,
  }: { readonly client: VaultClient; readonly gate: PaceGate; readonly stopping: AbortSignal },
): Promise<boolean> {
  const permit = await gate.enter({ records: 1, bytes: 0 }, stopping);
  try {
    const { stillAllowed } = permit;
    const answer = await client.lookup(tokens.slice(0, 1), { signal: stopping, stillAllowed });
    return answer.kind === 'found' || (answer.status !== undefined && answer.status < 500);
  } catch (error) {
    if (error instanceof PermitExpired) return false;
    throw error;
  } finally {
    permit.leave();
  }
}
