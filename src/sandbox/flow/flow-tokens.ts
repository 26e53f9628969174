import { haveEffect, type InsertResult, type InsertSurroundings } from '../insert-routes.js';
import type { SoundRecord } from '../insert-rules.js';
import { isJsonObject } from '../merge-options.js';
import type { LiveOptions } from '../options.js';
import { redacted } from '../redaction.js';
import { jsonReply, VaultRefusal, type Reply } from '../vault-reply.js';
import type { LookupSurroundings } from '../lookup-routes.js';
import { groupNamed } from './flow-insert.js';
import { flowBody, listOf, partialStatus, refusedEntry, textOf, type JsonObject } from './flow-request.js';
import { storedTokensOf } from './token-groups.js';
import { findToken } from '../vault-store.js';
import { randomUUID } from 'node:crypto';

/** Where tokens without a record are kept: a table of this name, which no route of records shows. */
export const TOKENS_TABLE = '(tokens)';
/** Its only column. */
export const TOKENS_COLUMN = 'value';

/** `/v2/tokens/detokenize`: each token with its value, or an error of its own. */
export function detokenizeFlow({ options, store }: LookupSurroundings, given: unknown): Reply {
  const { vaultId, body } = flowBody(given);
  store.requireVault(vaultId, options);
  const tokens = listOf(body['tokens'], 'Tokens');
  if (options.maxDetokenizeTokens > 0 && tokens.length > options.maxDetokenizeTokens) {
    throw new VaultRefusal(400, `Invalid request. At most ${options.maxDetokenizeTokens} tokens at once`);
  }
  const redactions = new Map(
    (Array.isArray(body['tokenGroupRedactions']) ? body['tokenGroupRedactions'] : []).flatMap(
      (one: unknown) =>
        isJsonObject(one) ? [[String(one['tokenGroupName']), String(one['redaction'])] as const] : [],
    ),
  );
  const entries = tokens.map((given): JsonObject => {
    const token = textOf(given, 'A token');
    for (const { stored, group } of storedTokensOf(token, options.flow.tokenGroups)) {
      const found = findToken(store, vaultId, stored);
      if (found === undefined) continue;
      const own = found.table.tokenGroup ?? options.flow.tokenGroups[0] ?? '';
      const tokenGroupName = group ?? own;
      const redaction = redactions.get(tokenGroupName) ?? options.flow.defaultRedaction;
      if (/^plain_text$/iu.test(redaction) && options.plainText === 'refuse') {
        throw new VaultRefusal(403, 'Forbidden. The credential may not see values in plain text');
      }
      const metadata = { skyflowID: found.table.idOf(found.row), tableName: found.tableName };
      const value = redacted(found.value, redaction, options);
      return { token, value, tokenGroupName, error: null, [options.flow.codeKey]: 200, metadata };
    }
    const refusal = new VaultRefusal(
      404,
      `Detokenize failed. Token ${token} is invalid. Specify a valid token.`,
    );
    return refusedEntry(refusal, options, { token, value: null });
  });
  return jsonReply(JSON.stringify({ response: entries }), partialStatus(entries, options));
}

/** One value to be tokenized. */
interface Tokenized extends SoundRecord {
  readonly group: string;
  readonly own: string | undefined;
}

/** `/v2/tokens/tokenize`: values without a record, under tokens that may be brought along. */
export function tokenizeFlow(around: InsertSurroundings, given: unknown): InsertResult {
  const { options, store } = around;
  const { vaultId, body } = flowBody(given);
  const data = listOf(body['data'], 'Data');
  if (options.maxBatchRecords > 0 && data.length > options.maxBatchRecords) {
    const message = `Request size exceeds the limit: at most ${options.maxBatchRecords} values are allowed`;
    throw new VaultRefusal(options.tooLargeStatus, message);
  }
  const table = store.tableForInsert(vaultId, TOKENS_TABLE, { ...options, tables: [] });
  const checked = (): readonly (Tokenized | { readonly refusal: VaultRefusal })[] =>
    data.map((one) => {
      if (!isJsonObject(one) || one['value'] === undefined) {
        return { refusal: new VaultRefusal(400, 'Invalid request. A value is missing') };
      }
      const [name] = Array.isArray(one['tokenGroupNames']) ? (one['tokenGroupNames'] as unknown[]) : [];
      const own =
        options.flow.tokenize === 'take' && typeof one['token'] === 'string' ? one['token'] : undefined;
      const group = groupNamed(name, options.flow.tokenGroups);
      const poison = options.poison.find((part) => String(one['value']).includes(part));
      if (poison !== undefined) {
        return {
          refusal: new VaultRefusal(options.poisonStatus, 'Invalid request. A value is not acceptable'),
        };
      }
      const held = own === undefined ? undefined : table.rowOfToken(TOKENS_COLUMN, own);
      if (held !== undefined && table.valueAt(held, TOKENS_COLUMN) !== one['value']) {
        return { refusal: new VaultRefusal(409, 'Tokenize failed. The token is taken by another value') };
      }
      const tokens = own === undefined ? undefined : { [TOKENS_COLUMN]: own };
      return { fields: { [TOKENS_COLUMN]: one['value'] }, tokens, group, own };
    });
  const entries = haveEffect(around, checked, (one) => JSON.stringify(tokenizedEntry(one, table, options)));
  return entries === 'lost' ? entries : jsonReply(`{"response":[${entries.join(',')}]}`);
}

function tokenizedEntry(
  one: Tokenized | { readonly refusal: VaultRefusal },
  table: ReturnType<LookupSurroundings['store']['tableForInsert']>,
  options: LiveOptions,
): JsonObject {
  if ('refusal' in one) return { value: null, tokens: [refusedEntry(one.refusal, options)] };
  const value = one.fields[TOKENS_COLUMN];
  const token = one.tokens?.[TOKENS_COLUMN] ?? randomUUID();
  // A value under the same token is tokenized once, however often it is asked for.
  if (table.rowOfToken(TOKENS_COLUMN, token) === undefined)
    table.append(one.fields, { [TOKENS_COLUMN]: token });
  table.tokenGroup = one.group;
  return { value, tokens: [{ token, tokenGroupName: one.group, error: null, [options.flow.codeKey]: 200 }] };
}

/** `/v2/tokens/delete`. */
export function deleteTokensFlow({ options, store }: LookupSurroundings, given: unknown): Reply {
  const { vaultId, body } = flowBody(given);
  store.requireVault(vaultId, options);
  const entries = listOf(body['tokens'], 'Tokens').map((given): JsonObject => {
    const token = textOf(given, 'A token');
    const found = findToken(store, vaultId, token);
    if (found?.tableName !== TOKENS_TABLE) {
      return refusedEntry(
        new VaultRefusal(404, `Token ${token} is invalid. Specify a valid token.`),
        options,
        {
          value: token,
        },
      );
    }
    found.table.delete(found.row);
    return { value: token, error: null, [options.flow.codeKey]: 200 };
  });
  return jsonReply(JSON.stringify({ tokens: entries }), partialStatus(entries, options));
}
