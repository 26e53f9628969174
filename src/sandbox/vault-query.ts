import { VaultRefusal } from './vault-reply.js';

/** A query that the sandbox answers. */
export type VaultQuery =
  | { readonly kind: 'count'; readonly tableName: string; readonly columnName: string | undefined }
  | {
      readonly kind: 'rows';
      readonly tableName: string;
      /** Undefined: all. */
      readonly columns: readonly string[] | undefined;
      readonly condition: { readonly column: string; readonly value: string } | undefined;
      readonly limit: number;
      readonly offset: number;
    };

const NAME = String.raw`["\x60]?([\w.-]+)["\x60]?`;
const COUNT = new RegExp(
  String.raw`^\s*select\s+count\s*\(\s*(?:\*|${NAME})\s*\)\s+from\s+${NAME}\s*;?\s*$`,
  'iu',
);
const ROWS = new RegExp(
  String.raw`^\s*select\s+(\*|[\w\s,."\x60-]+?)\s+from\s+${NAME}(?:\s+where\s+${NAME}\s*=\s*'((?:[^']|'')*)')?` +
    String.raw`(?:\s+limit\s+(\d+))?(?:\s+offset\s+(\d+))?\s*;?\s*$`,
  'iu',
);

/** Reads a query; a refusal says whether it is none or only not emulated. */
export function readQuery(query: unknown): VaultQuery {
  if (typeof query !== 'string') throw new VaultRefusal(400, 'Invalid request. The query is missing');
  if (!/^\s*select\s/iu.test(query)) throw new VaultRefusal(400, 'Invalid request. Only SELECT is supported');
  const [, columnName, counted] = COUNT.exec(query) ?? [];
  if (counted !== undefined) return { kind: 'count', tableName: counted, columnName };
  const [, list, tableName, column, value, limit, offset] = ROWS.exec(query) ?? [];
  if (list === undefined || tableName === undefined) {
    throw new VaultRefusal(
      501,
      "not emulated: this query; the sandbox knows SELECT COUNT(…), and SELECT columns FROM table WHERE column = 'value' LIMIT n OFFSET n",
    );
  }
  return {
    kind: 'rows',
    tableName,
    columns:
      list === '*' ? undefined : list.split(',').map((name) => name.trim().replace(/^["`]|["`]$/gu, '')),
    condition: column === undefined ? undefined : { column, value: (value ?? '').replaceAll("''", "'") },
    limit: limit === undefined ? Infinity : Number(limit),
    offset: offset === undefined ? 0 : Number(offset),
  };
}
