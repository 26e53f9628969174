import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, parse, sep } from 'node:path';
import { systemCode, SuperviseError } from '../../errors/supervise-error.js';
import { readFailure } from './file-errors.js';
import { inNaturalOrder } from './natural-order.js';
import { refuseNames } from './refuse-names.js';

/** How the files of one column are named: absolute paths and patterns (`*`, `?`, `[0-9]`), in their order. */
export type NamedFiles = string | readonly string[];

/** The same names, each changed alike. */
export function mapNames(named: NamedFiles, change: (name: string) => string): NamedFiles {
  return typeof named === 'string' ? change(named) : named.map(change);
}

/** Whether a sequence of parts is meant, however many there turn out to be. */
export function namesParts(named: NamedFiles): boolean {
  return typeof named !== 'string' || isPattern(named);
}

/** Whether both name the same files in the same order. */
export function isSameNaming(one: NamedFiles, other: NamedFiles): boolean {
  const [left, right] = [one, other].map((named) => [named].flat());
  return left?.length === right?.length && left?.every((name, at) => name === right?.[at]) === true;
}

/** Whether any of the files is there. */
export function isAnyThere(named: NamedFiles): boolean {
  return [named].flat().some((name) => (isPattern(name) ? expand(name).length > 0 : existsSync(name)));
}

/** The files that are meant, as far as it can be told without reading any: names as they stand where it cannot. */
export function presumedFiles(named: NamedFiles): readonly string[] {
  try {
    return findFiles(named);
  } catch {
    return [named].flat();
  }
}

/**
 * The files that are meant, each once, in their order: as they are listed, and those of a pattern by the natural order
 * of their names. Names without a pattern need not exist. Throws `source` where a pattern matches no file, a file is
 * named twice, also by a link, or a pattern matches a file and the same, packed.
 */
export function findFiles(named: NamedFiles): readonly string[] {
  const files = [named].flat().flatMap((name) => (isPattern(name) ? matches(name) : [name]));
  const twice = repeated(files, (file) => file);
  if (twice !== undefined) throw loadedTwice(`${twice.later} is named twice`);
  if (files.length < 2) return files;
  const same = repeated(files, identityOf);
  if (same !== undefined) throw loadedTwice(`${same.later} is the same file as ${same.earlier} (a link)`);
  return files;
}

/** The first file that something was said of before. */
function repeated(
  files: readonly string[],
  keyOf: (file: string) => string | undefined,
): { readonly earlier: string; readonly later: string } | undefined {
  const seen = new Map<string, string>();
  for (const later of files) {
    const key = keyOf(later);
    const earlier = key === undefined ? undefined : seen.get(key);
    if (earlier !== undefined) return { earlier, later };
    if (key !== undefined) seen.set(key, later);
  }
  return undefined;
}

/** The same for all names of a file; undefined where it cannot be told. */
function identityOf(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (found === undefined || found.ino === 0n) return undefined;
  return [found.dev, found.ino, found.size, found.mtimeNs].join();
}

function loadedTwice(
  what: string,
  hint = 'Name every part once, or by one pattern that matches nothing else.',
): SuperviseError {
  return new SuperviseError('source', what, { hint: `Its records would be loaded twice. ${hint}` });
}

function isPattern(name: string): boolean {
  return /[*?[]/.test(name) && !existsSync(name);
}

function matches(pattern: string): string[] {
  if (pattern.split(sep).includes('**')) {
    throw new SuperviseError('source', `${pattern}: ** does not stand for folders of any depth here`, {
      hint: 'It would be one folder, and deeper ones would be left out: name each depth, such as ["*.csv", "*/*.csv", "*/*/*.csv"].',
    });
  }
  const found = expand(pattern);
  if (found.length === 0) {
    refuseNames(pattern);
    throw new SuperviseError('source', `no file is named ${pattern}`, {
      hint: 'csv.data_directory or --data-dir says where the files are; `*` and `?` stand for characters of one name.',
    });
  }
  const packed = repeated(found, (file) => file.replace(/\.(?:gz|zst|bz2|xz|lz4|Z)$/, ''));
  if (packed !== undefined) {
    throw loadedTwice(
      `${packed.earlier} and ${packed.later} look like one part, compressed and uncompressed`,
      'Name one of them, by a pattern such as "ssn_*.csv.gz"; if both are meant, list them.',
    );
  }
  return found;
}

function expand(pattern: string): string[] {
  const { root } = parse(pattern);
  let found = [root];
  for (const segment of pattern.slice(root.length).split(sep)) {
    found = found.flatMap((folder) => inFolder(folder, segment));
  }
  return found.sort(inNaturalOrder);
}

/** A name that is there exactly so is meant so. Hidden files are meant only where the dot is written. */
function inFolder(folder: string, segment: string): string[] {
  const exact = join(folder, segment);
  if (!/[*?[]/.test(segment) || existsSync(exact)) return existsSync(exact) ? [exact] : [];
  const matcher = matcherOf(segment);
  try {
    return readdirSync(folder)
      .filter((name) => matcher.test(name) && name.startsWith('.') === segment.startsWith('.'))
      .map((name) => join(folder, name));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
    throw readFailure(folder, error);
  }
}

function matcherOf(segment: string): RegExp {
  const parts = segment.match(/\*+|\?|\[[^\]]+\]|[^]/g) ?? [];
  const sources = parts.map((part) => {
    if (part.startsWith('*')) return '.*';
    if (part === '?') return '.';
    if (part.length > 1) return part.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    return part.replace(/[\\^$.|+(){}[\]]/, String.raw`\$&`);
  });
  try {
    return new RegExp(`^${sources.join('')}$`, 'su');
  } catch {
    throw new SuperviseError('source', `"${segment}" cannot be read as a pattern of names`, {
      hint: '`*` and `?` stand for characters, `[0-9]` for one of a range.',
    });
  }
}
