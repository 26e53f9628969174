import { basename } from 'node:path';
import type { InputIdentity } from '../input-identity.js';
import { type PieceTable, KnownPieces } from '../fingerprints/piece-table.js';
import type { StoredFile } from '../fingerprints/stored-file.js';
import type { PartRow } from '../record-source.js';
import { findFiles, namesParts, type NamedFiles } from './name-files.js';

/** One file of an input, and what is known of it. */
export interface FilePart {
  readonly path: string;
  /** From 1; undefined where the input is this file alone. */
  readonly number: number | undefined;
  readonly isLast: boolean;
  /** What its content is known to be. */
  readonly table: PieceTable;
  /** Once it was opened. */
  file: Pick<StoredFile, 'sizeBytes' | 'modifiedAt'> | undefined;
  /** Once it was read to its end. */
  rows: number | undefined;
}

/** The files of one column, read as if they were one. */
export interface PartList {
  readonly role: 'data file' | 'token file';
  /** Whether a pattern has found them, so that nobody has said their order. */
  readonly isFound: boolean;
  readonly parts: readonly [FilePart, ...FilePart[]];
}

/** What is known of the files before they are read. */
export interface PartKnowledge {
  /** They are read whole, once, before anything else. */
  readonly precount: boolean;
  /** What an earlier process of the run has seen of them. */
  readonly known?: KnownPieces | undefined;
}

/** The parts that are meant, none of them opened. Throws `source` where there are none. */
export function listParts(
  role: PartList['role'],
  named: NamedFiles,
  { precount, known = KnownPieces.none }: PartKnowledge,
): PartList {
  const isSequence = namesParts(named);
  const paths = findFiles(named);
  const parts = paths.map((path, at): FilePart => ({
    path,
    number: isSequence ? at + 1 : undefined,
    isLast: at === paths.length - 1,
    table: known.table({ role, name: path, whole: precount }),
    file: undefined,
    rows: undefined,
  }));
  const [first, ...rest] = parts;
  if (first === undefined) throw new RangeError(`no ${role} is named`);
  return { role, isFound: typeof named === 'string' && isSequence, parts: [first, ...rest] };
}

/** What identifies a list of parts for a resume, a part each. */
export function identifyParts({ role, parts }: PartList, { precount }: PartKnowledge): InputIdentity[] {
  return parts.map(({ path, number, table, file, rows }) => ({
    role,
    ...(number === undefined ? {} : { part: number }),
    name: path,
    ...(file === undefined ? {} : { sizeBytes: file.sizeBytes, modifiedAt: file.modifiedAt.toISOString() }),
    ...(precount && rows !== undefined ? { rows } : {}),
    ...(table.fingerprint === undefined ? {} : { fingerprint: table.fingerprint }),
  }));
}

/** The file of a row and its number in it, from 0. */
export function locateRow({ parts }: PartList, row: number): PartRow {
  let before = 0;
  let part = parts[0];
  for (part of parts) {
    // Rows are read in their order: what is not counted yet is being read.
    if (part.isLast || part.rows === undefined || row < before + part.rows) break;
    before += part.rows;
  }
  return { part: basename(part.path), row: row - before };
}

/** The parts as people are told of them: by name if there is one, else by their number and ends. */
export function describeParts({ parts }: Pick<PartList, 'parts'>): string {
  const last = parts.at(-1);
  if (parts.length === 1 || last === undefined) return parts[0].path;
  return `${parts.length} parts (${parts[0].path} to ${last.path})`;
}
