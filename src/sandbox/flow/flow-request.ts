import { isJsonObject } from '../merge-options.js';
import type { LiveOptions } from '../options.js';
import { VaultRefusal } from '../vault-reply.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A request body of `/v2`: an object that names the vault. */
export function flowBody(body: unknown): { readonly vaultId: string; readonly body: JsonObject } {
  if (!isJsonObject(body)) throw new VaultRefusal(400, 'Invalid request. The body is no object');
  const vaultId = body['vaultID'];
  if (typeof vaultId !== 'string' || vaultId === '') {
    throw new VaultRefusal(400, 'Invalid request. vaultID is missing');
  }
  return { vaultId, body };
}

/** A field that must be a text. */
export function textOf(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '')
    throw new VaultRefusal(400, `Invalid request. ${what} is missing`);
  return value;
}

/** A list with something in it. */
export function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0)
    throw new VaultRefusal(400, `Invalid request. ${what} are missing`);
  return value as readonly unknown[];
}

/** An entry that says why its record was not served. */
export function refusedEntry(
  refusal: VaultRefusal,
  { flow }: LiveOptions,
  about: JsonObject = {},
): JsonObject {
  return { ...about, error: refusal.message, [flow.codeKey]: refusal.status };
}

/** The status of an answer: that of a part when some entries were refused. */
export function partialStatus(entries: readonly JsonObject[], { flow }: LiveOptions): number {
  return entries.some((entry) => typeof entry['error'] === 'string') ? flow.partialStatus : 200;
}
