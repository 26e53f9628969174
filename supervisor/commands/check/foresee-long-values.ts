import { formatCount } from '../../../src/report/format-numbers.js';
import type { InputShape } from '../../../src/source/record-source.js';
import type { Finding } from '../../../src/source/finding.js';

/** Characters of a text in a column that must be unique, as the API's definition has it. */
const mostUniqueCharacters = 2_500;

/** Tells of values that a unique column does not take; undefined where there are none. Pure. */
export function foreseeLongValues(
  vault: { readonly name: string; readonly column: string; readonly isUnique: boolean },
  shape: InputShape | undefined,
): Finding | undefined {
  const longest = shape?.values?.longest ?? 0;
  if (longest <= mostUniqueCharacters) return undefined;
  const unique = vault.isUnique
    ? `${vault.column} is unique (skyflow.upsert)`
    : `if ${vault.column} is unique`;
  return {
    status: 'warn',
    subject: vault.name,
    message: `the longest value has ${formatCount(longest)} characters, and a unique column takes ${formatCount(mostUniqueCharacters)} at most: ${unique}, such records are refused one by one`,
  };
}
