import { asArray, asObject, parseJson } from '../json-object.js';
import { readVaultError } from '../judge-answer.js';
import { readStatus } from './entry-status.js';
import type { HeldValues, Pairs, TablePlace } from '../vault-routes.js';

/** What asks for the records of these values of a unique column, in plain text. */
export function uniqueValuesBody(
  { table, column }: Pick<TablePlace, 'table' | 'column'>,
  values: readonly string[],
) {
  return {
    tableName: table,
    uniqueValues: values.map((value) => ({ data: { [column]: value } })),
    columns: [column],
    columnRedactions: [{ columnName: column, redaction: 'plain_text' }],
  };
}

/**
 * What the vault holds under each token, told by the records of their values: a value under another token is not held under
 * the one that was asked for. `open`: of so many the answer says nothing. Undefined for what is no answer.
 */
export function readUniqueValues(
  text: string,
  { values, tokens }: Pairs,
  column: string,
): HeldValues | undefined {
  const entries = asArray(asObject(parseJson(text))?.['records']);
  if (entries === undefined) return undefined;
  const tokensOf = new Map<string, Set<string>>();
  let unclear = 0;
  for (const item of entries) {
    const entry = asObject(item);
    const value = asObject(entry?.['data'])?.[column];
    const held = asArray(asObject(entry?.['tokens'])?.[column]);
    if (readVaultError(entry) !== undefined) {
      if (readStatus(entry ?? {}) !== 404) unclear += 1;
    } else if (typeof value !== 'string' || held === undefined) unclear += 1;
    else {
      const known = tokensOf.get(value) ?? new Set<string>();
      tokensOf.set(value, known);
      for (const one of held) known.add(String(asObject(one)?.['token']));
    }
  }
  const found = values.map((value, at) => tokensOf.get(value)?.has(tokens[at] ?? '') === true);
  return {
    values: values.map((value, at) => (found[at] === true ? value : undefined)),
    // An entry that cannot be read may be that of any of them that was not found.
    open: unclear === 0 ? 0 : found.filter((isFound) => !isFound).length,
  };
}
