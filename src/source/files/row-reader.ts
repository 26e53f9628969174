import type { StoredFile } from '../fingerprints/stored-file.js';
import type { FilePart } from './file-part.js';
import type { RowBlock } from './row-block.js';

/** Reads the rows of one file, forward only, a block at a time; what is wrong with them is thrown when it comes to it. */
export interface PartReader {
  readonly file: Pick<StoredFile, 'sizeBytes' | 'modifiedAt' | 'state'>;
  /** The number of the row that comes next, from 0. */
  readonly rows: number;
  /** What is hardly meant in the rows so far, in words. */
  readonly warnings: readonly string[];
  /** The next rows, never none; undefined at the end of the file. */
  next(): Promise<RowBlock | undefined>;
  /** The same without waiting, of what has been read already; undefined says nothing. */
  nextNow?(): RowBlock | undefined;
  /** At the end: rows that count only where rows of a later part follow them (blank lines of a file of one column). */
  lastBlanks(): Iterable<RowBlock>;
  /** Throws `input_changed` when what has been read no longer stands in the file. */
  look(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a part at a row of it, or at one before that: whoever cannot begin in the middle begins at row 0. Parts are
 * opened in their order at first; a later reading may begin at any of them.
 */
export type OpenPart = (part: FilePart, row: number) => Promise<PartReader>;
