import type { RepeatedTokens } from './files/repeated-tokens.js';
import type { FilePieces } from './fingerprints/piece-table.js';
import type { Batch, PositionRange, SkipReason } from '../record/batch.js';
import type { InputIdentity } from './input-identity.js';

/** Lengths of cells, in characters. */
export interface CellLengths {
  readonly shortest: number;
  readonly longest: number;
  readonly mean: number;
}

/** What the records of an input are like; nothing of what stands in them. */
export interface InputShape {
  /** Rows with a value and a token. */
  readonly records: number;
  readonly skipped: Readonly<Record<Exclude<SkipReason, 'already_there'>, number>>;
  /** Undefined without records. */
  readonly values: CellLengths | undefined;
  readonly tokens: CellLengths | undefined;
  /** Undefined where nobody compared them. */
  readonly repeatedTokens: RepeatedTokens | undefined;
}

export type { InputIdentity };

export interface SourceInspection {
  /** Rows of the source, when they are known before reading. */
  readonly rows: number | undefined;
  readonly inputs: readonly InputIdentity[];
  /** Rows that an earlier run may have put into the vault: it is looked before they are sent. */
  readonly doubtful?: PositionRange | undefined;
  /** The same, and others that need not be rows of this source have their tokens: that one is there says nothing of them. */
  readonly repeated?: PositionRange | undefined;
  /** Rows that the vault has taken under tokens of its own, or may have: it is looked, and they are not sent again. May overlap `repeated`. */
  readonly mismatched?: PositionRange | undefined;
  /** What is read, in words, where it is more than a file: its parts in their order. */
  readonly notes?: readonly string[] | undefined;
  /** What people should know before the first request; no record stands in it. */
  readonly warnings?: readonly string[] | undefined;
}

/** A row of a part of an input, from 0. */
export interface PartRow {
  readonly part: string;
  readonly row: number;
}

/** Where the value of a row stands, and the token where that is in other files. */
export interface RowPlace {
  readonly data: PartRow;
  readonly tokens: PartRow | undefined;
}

/** Where records come from. One source per vault and process; both methods throw a SuperviseError `source`. */
export interface RecordSource {
  /** Looks the input over before anything is sent: it exists, is well formed, and both columns are equally long. */
  inspect(signal: AbortSignal): Promise<SourceInspection>;
  /** The same, in sources that can, with what the records are like. */
  survey?(
    signal: AbortSignal,
  ): Promise<{ readonly inspection: SourceInspection; readonly shape: InputShape }>;
  /** Starts reading at the beginning. */
  open(signal: AbortSignal): Promise<RecordCursor>;
  /** Where people find a row, in sources of which its position alone does not say it. */
  locate?(position: number): RowPlace | undefined;
  /** Sources that are files: what is known of their content so far. */
  pieces?(): readonly FilePieces[];
  /**
   * Called once, last, where it exists: gives back what the source holds (sessions) and, when the vault is completely
   * loaded, what it made for the load (a snapshot). Never rejects.
   */
  finish?(outcome: { readonly completed: boolean }): Promise<void>;
}

/** A reader that only goes forward. Calls do not overlap: the next one is made when the last one has resolved. */
export interface RecordCursor {
  /**
   * The next rows inside `within` (its start never lies before rows already read; rows before it are passed
   * over): at most `maxRecords` records. Undefined when no row of the range is left or the source is at its end.
   */
  read(within: PositionRange, maxRecords: number): Promise<Batch | undefined>;
  close(): Promise<void>;
}
