import type { FailureReason } from '../error-log/failure-reasons.js';
import type { OwnedRecords } from '../record/packed-cells.js';
import type { OutsideText } from '../outside/outside-text.js';

/** The records of one request, by column: `values[i]` goes in under `tokens[i]`. */
export interface RecordColumns {
  readonly values: readonly string[];
  readonly tokens: readonly string[];
  /** True: none of them needs an escape in JSON. Otherwise they may. */
  readonly plain?: boolean | undefined;
  /** The same records as bytes: ask `packedOf`, which knows whether they are. */
  readonly packed?: OwnedRecords | undefined;
}

/** One record that is not uploaded. `index` counts from 0 in the request. */
export interface RecordFailure {
  readonly index: number;
  readonly reason: FailureReason;
  /** What it means, in words of ours: for everybody. */
  readonly message: string;
  /** What the vault said of it: for the error log alone. */
  readonly said?: OutsideText | undefined;
  /** HTTP status: of the record where the wire has one, else of the whole answer. */
  readonly status?: number | undefined;
}
