import { createHash } from 'node:crypto';
import { TOKENS_COLUMN, TOKENS_TABLE } from './flow/flow-tokens.js';
import { isJsonObject } from './merge-options.js';
import type { LookupSurroundings } from './lookup-routes.js';
import { jsonReply, VaultRefusal, type Reply } from './vault-reply.js';

/** `POST /v1/vaults/{id}/tokenize`: equal values of one column group get equal tokens, and no record is made. */
export function tokenize({ options, store }: LookupSurroundings, vaultId: string, body: unknown): Reply {
  store.requireVault(vaultId, options);
  const parameters = isJsonObject(body) ? body['tokenizationParameters'] : undefined;
  if (!Array.isArray(parameters) || parameters.length === 0) {
    throw new VaultRefusal(400, 'Invalid request. tokenizationParameters are missing');
  }
  const table = store.tableForInsert(vaultId, TOKENS_TABLE, { ...options, tables: [] });
  const records = parameters.map((parameter: unknown) => {
    const { value, columnGroup } = isJsonObject(parameter) ? parameter : {};
    if (typeof value !== 'string' || typeof columnGroup !== 'string') {
      throw new VaultRefusal(400, 'Invalid request. A value or its columnGroup is missing');
    }
    const digest = createHash('sha256')
      .update(JSON.stringify([columnGroup, value]))
      .digest('hex');
    const token = [8, 12, 16, 20, 32].map((end, at, ends) => digest.slice(ends[at - 1] ?? 0, end)).join('-');
    if (table.rowOfToken(TOKENS_COLUMN, token) === undefined) {
      table.append({ [TOKENS_COLUMN]: value }, { [TOKENS_COLUMN]: token });
    }
    return { token };
  });
  return jsonReply(JSON.stringify({ records }));
}
