import { basename } from 'node:path';
import { SuperviseError } from '../../errors/supervise-error.js';
import { formatCount } from '../../report/format-numbers.js';
import type { FilePart, PartList } from './file-part.js';

/** Names that are listed before the load; of more, the first ones and the last. */
const maxNames = 6;

/** What is read as a sequence of parts, and in which order, in words for people. */
export function noteParts({ role, parts }: PartList): string[] {
  if (parts[0].number === undefined) return [];
  const names = parts.map(({ path }) => basename(path));
  const shown = names.length <= maxNames ? names : [...names.slice(0, maxNames - 1), '…', names.at(-1) ?? ''];
  const rows = parts.reduce((sum, part) => sum + (part.rows ?? NaN), 0);
  const count = Number.isNaN(rows) ? '' : `, ${formatCount(rows)} rows`;
  return [
    `${role} in ${formatCount(parts.length)} part${parts.length === 1 ? '' : 's'}${count}, read in this order: ${shown.join(', ')}`,
  ];
}

/** Throws for parts that cannot be meant: a pair by row numbers alone has as many parts on either side. */
export function assertParts(
  vaultName: string,
  data: PartList,
  tokens: PartList,
  { isKeyed }: { readonly isKeyed: boolean },
): void {
  const shared = data.parts.find(({ path }) => tokens.parts.some((other) => other.path === path));
  if (shared !== undefined) {
    throw new SuperviseError(
      'source',
      `vault ${vaultName}: ${shared.path} is both a data file and a token file, and others are not`,
      {
        hint: 'A pattern may match more than is meant; files of both columns are named the same way for both.',
      },
    );
  }
  if (isKeyed) return;
  if (data.parts.length !== tokens.parts.length) {
    throw new SuperviseError(
      'source',
      `vault ${vaultName}: ${countParts(data)}, ${countParts(tokens)}, and no key says which rows belong together`,
      {
        hint: 'A part is missing, or there is one too many. Use files of both columns, or csv.key_column.',
      },
    );
  }
  if (data.isFound && tokens.isFound) assertNumbers(vaultName, data, tokens);
}

/** Parts are told apart by numbers in their names: where some of these agree and others do not, parts are missing. */
function assertNumbers(vaultName: string, data: PartList, tokens: PartList): void {
  const ofData = numbersOf(data);
  const ofTokens = numbersOf(tokens);
  const kind = ofData.varying[0]?.length === ofTokens.varying[0]?.length ? 'varying' : 'all';
  const [left, right] = [ofData, ofTokens].map((numbers) => numbers[kind].map((one) => one.join()));
  if (left === undefined || right?.some((label) => left.includes(label)) !== true) return;
  const at = left.findIndex((label, index) => label !== right[index]);
  const [one, other] = [data.parts[at], tokens.parts[at]];
  if (one === undefined || other === undefined) return;
  throw new SuperviseError(
    'source',
    `vault ${vaultName}: ${basename(one.path)} and ${basename(other.path)} would be paired, but the numbers in their names differ`,
    {
      hint: 'A part is probably missing on each side, and rows are paired by their number over all parts. Use files with both columns, or csv.key_column; if the parts do belong together in this order, name them in lists.',
    },
  );
}

/** The numbers in the names of parts, without zeros in front: all of them, and those that differ from part to part. */
function numbersOf({ parts }: PartList): Record<'all' | 'varying', readonly (readonly string[])[]> {
  const all = parts.map(({ path }) =>
    (basename(path).match(/\d+/g) ?? []).map((one) => one.replace(/^0+(?=.)/, '')),
  );
  const [first = []] = all;
  const differs = (column: number): boolean => all.some((numbers) => numbers[column] !== first[column]);
  return { all, varying: all.map((numbers) => numbers.filter((_, column) => differs(column))) };
}

/** What of counted parts is hardly meant, in words. */
export function weighParts(lists: readonly PartList[], { isKeyed }: { readonly isKeyed: boolean }): string[] {
  const warnings = lists.flatMap(({ parts }) => sameContent(parts));
  const [data, tokens] = lists;
  if (data === undefined || tokens === undefined || isKeyed) return warnings;
  const at = data.parts.findIndex(({ rows }, index) => rows !== tokens.parts[index]?.rows);
  const [one, other] = [data.parts[at], tokens.parts[at]];
  if (one === undefined || other === undefined) return warnings;
  return [
    ...warnings,
    `${basename(one.path)} has ${formatCount(one.rows ?? 0)} rows and ${basename(other.path)}, the part in its place, ${formatCount(other.rows ?? 0)}: ` +
      'rows are paired by their number over all parts, which is right only if both sides were cut from one order',
  ];
}

/** Parts with the same rows in them are mostly one file that was copied. */
function sameContent(parts: readonly FilePart[]): string[] {
  const seen = new Map<string, string>();
  const warnings: string[] = [];
  for (const { path, rows, table } of parts) {
    const { fingerprint } = table;
    if (rows === 0 || fingerprint === undefined) continue;
    const other = seen.get(fingerprint);
    if (other === undefined) seen.set(fingerprint, path);
    else if (warnings.length === 0)
      warnings.push(`${basename(path)} holds the same as ${basename(other)}: its records are loaded twice`);
  }
  return warnings;
}

function countParts({ role, parts }: PartList): string {
  return `there ${parts.length === 1 ? `is 1 ${role}` : `are ${parts.length} ${role}s`}`;
}
