import type { StoredFile } from '../fingerprints/stored-file.js';
import type { PartReader } from './row-reader.js';
import type { TextForms } from './text-forms.js';

/** What is read of a file with columns. */
export interface ColumnReading {
  /** Every column must be in the file, and is read. */
  readonly headers: readonly string[];
  /** The columns whose cells are wanted, a slot for each. */
  readonly wanted: readonly string[];
  readonly text: TextForms;
  /** The row to begin at. */
  readonly row: number;
  readonly signal: AbortSignal;
}

/** A format of files with columns that are no lines of text, told by its first bytes. */
export interface FileFormat {
  /** As people read it, with its article: `a Parquet file`. */
  readonly title: string;
  /** What its files begin with, a character a byte; text that begins so is none. */
  readonly start: RegExp;
  /** Takes the file over where it succeeds. What reads the format is loaded only for one. */
  open(file: StoredFile, reading: ColumnReading): Promise<PartReader>;
}
