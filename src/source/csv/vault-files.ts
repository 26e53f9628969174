import { isSameNaming, presumedFiles } from '../files/name-files.js';
import type { VaultCsv } from './csv-settings.js';

/** Whether values and tokens stand in files of their own. */
export function isPair({ data_file: data, token_file: tokens }: VaultCsv): boolean {
  return !isSameNaming(data, tokens);
}

/** The files of a vault, each once, those of the values first. */
export function filesOf({ csv }: { readonly csv: VaultCsv }): readonly string[] {
  const named = isPair(csv) ? [csv.data_file, csv.token_file] : [csv.data_file];
  return [...new Set(named.flatMap(presumedFiles))];
}

/** The only file of each column, where parts are not meant. */
export function singleFiles({
  data_file: data,
  token_file: tokens,
}: VaultCsv): { readonly dataFile: string; readonly tokenFile: string } | undefined {
  if (typeof data !== 'string' || typeof tokens !== 'string') return undefined;
  return { dataFile: data, tokenFile: tokens };
}
