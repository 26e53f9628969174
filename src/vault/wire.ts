import type { RecordColumns, RecordFailure } from './vault-client.js';

/** What a 2xx says record by record; records named in neither list are uploaded under their own tokens. */
export interface Judgement {
  readonly failures: readonly RecordFailure[];
  readonly doubtful: readonly number[];
}

export interface JudgeOptions {
  readonly records: RecordColumns;
  /** No token needed an escape, so that the answer may be scanned for them. */
  readonly plainTokens: boolean;
  /** HTTP status of the whole answer. */
  readonly status: number;
  /** Cleans words of the vault before they become part of a failure. */
  readonly scrub: (text: string) => string;
}

/** One way of putting records into a request and of reading what came of them. Pure: no I/O. */
export interface Wire {
  readonly path: string;
  /** The request body, with the cells as they stand: whoever calls knows that they need no escapes, or has escaped them. */
  payload(cells: RecordColumns): string;
  /** Undefined when the answer is not one of this wire, so that nothing is known of any record. */
  judge(answer: string, options: JudgeOptions): Judgement | undefined;
}

/** What the wires put into every request. */
export interface WireOptions {
  /** Path of the vault URL, without a slash at its end. */
  readonly basePath: string;
  readonly vaultId: string;
  readonly table: string;
  readonly column: string;
  readonly byot: 'DISABLE' | 'ENABLE' | 'ENABLE_STRICT';
  readonly upsert: boolean;
}
