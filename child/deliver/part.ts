import {
  countSkipped,
  recordPositions,
  sliceBatch,
  type Batch,
  type PositionRange,
} from '../../src/record/batch.js';
import { recordCount } from '../../src/record/packed-batch.js';
import { recordBytes } from '../../src/record/batch-collector.js';
import { RangeSet } from '../../src/record/range-set.js';
import type { FailedRecord, Settlement } from '../../src/journal/ledger-contract.js';
import type { OutsideText } from '../../src/outside/outside-text.js';
import type { FailureReason } from '../../src/error-log/failure-reasons.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';

/** What is known of a failure besides the record itself. */
export interface FailureFacts {
  readonly reason: FailureReason;
  /** Its value stands, or may stand, in the vault under another token, though the reason does not say so. */
  readonly foreign?: true | undefined;
  readonly message: string;
  /** The vault's own words: for the error log alone. */
  readonly said?: OutsideText | undefined;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
}

/** `confirmed`: it was in doubt, and looking found it in the vault under its token. */
type Verdict = 'uploaded' | 'confirmed' | FailureFacts;

/**
 * A batch, or a part of a divided one, on its way to being settled: it knows which of its records are still open.
 * Record indexes count within the part. A part is settled once, as a whole, when nothing is open.
 */
export class Part {
  readonly batch: Batch;
  /** A request with these records may have had an effect: they are never given back as unsent. */
  mayBeInVault: boolean;
  /** The same, and nobody has looked since: a refusal does not say that they are not in the vault. */
  effectUnknown: boolean;
  /** Ascending indexes of records without a verdict; undefined: all of them (the usual case costs nothing). */
  #open: readonly number[] | undefined;
  /** Undefined: none of its own. */
  #verdicts: Map<number, Verdict> | undefined;
  #allUploaded = false;

  constructor(batch: Batch, options: { mayBeInVault: boolean; effectUnknown?: boolean }) {
    this.batch = batch;
    this.mayBeInVault = options.mayBeInVault;
    this.effectUnknown = options.effectUnknown ?? options.mayBeInVault;
  }

  /** A request with its open records was sent, and may have had an effect that nobody saw. */
  loseSight(): void {
    this.mayBeInVault = true;
    this.effectUnknown = true;
  }

  get range(): PositionRange {
    return { start: this.batch.start, end: this.batch.end };
  }

  get openCount(): number {
    if (this.#allUploaded) return 0;
    return this.#open === undefined ? recordCount(this.batch) : this.#open.length;
  }

  /** Bytes of the open records in UTF-8, without what stands around them in a request. */
  get openBytes(): number {
    const { values, tokens } = this.openRecords();
    return values.reduce((sum, value, at) => sum + recordBytes(value, tokens[at] ?? ''), 0);
  }

  /** The open records by column, in order. */
  openRecords(): RecordColumns {
    if (this.#open === undefined) return this.batch;
    const { values, tokens, plain } = this.batch;
    return {
      values: this.#open.map((at) => values[at] ?? ''),
      tokens: this.#open.map((at) => tokens[at] ?? ''),
      plain,
    };
  }

  /** Their positions, in order. */
  openPositions(): number[] {
    const positions = recordPositions(this.batch);
    return this.#open === undefined ? positions : this.#open.map((at) => positions[at] ?? this.batch.start);
  }

  /** The positions of some of them, by their indexes among the open ones. */
  openRanges(indexes: readonly number[]): RangeSet {
    const positions = this.openPositions();
    const at = (index: number): number => positions[index] ?? this.batch.start;
    return new RangeSet(indexes.map((index) => ({ start: at(index), end: at(index) + 1 })));
  }

  /** All open records are uploaded. */
  uploadOpen(): void {
    if (this.#open === undefined) this.#allUploaded = true;
    else this.judgeOpen(() => 'uploaded');
  }

  failOpen(facts: FailureFacts): void {
    this.judgeOpen(() => facts);
  }

  /** Gives each open record its verdict, by its index among the open ones. */
  judgeOpen(judge: (openIndex: number) => Verdict | 'open'): void {
    const open = this.#open ?? this.batch.values.map((_, at) => at);
    const verdicts = (this.#verdicts ??= new Map<number, Verdict>());
    this.#open = open.filter((at, openIndex) => {
      const verdict = judge(openIndex);
      if (verdict === 'open') return true;
      verdicts.set(at, verdict);
      return false;
    });
  }

  /** Two parts that cover this one, each with half of the open records (two at least). */
  divide(): [Part, Part] {
    const open = this.#open ?? this.batch.values.map((_, at) => at);
    const middle = open[Math.ceil(open.length / 2)];
    if (middle === undefined)
      throw new RangeError('a part with fewer than two open records cannot be divided');
    return [this.#slice(0, middle), this.#slice(middle, this.batch.values.length)];
  }

  /** Parts that cover this one, in runs of records that are all judged or all open. */
  separate(): { judged: Part[]; open: Part[] } {
    const judged: Part[] = [];
    const open: Part[] = [];
    const openSet = new Set(this.#open ?? this.batch.values.keys());
    const { length } = this.batch.values;
    for (let from = 0; from < length;) {
      const isOpen = openSet.has(from);
      let to = from + 1;
      while (to < length && openSet.has(to) === isOpen) to += 1;
      (isOpen ? open : judged).push(this.#slice(from, to));
      from = to;
    }
    return { judged, open };
  }

  #slice(from: number, to: number): Part {
    const part = new Part(sliceBatch(this.batch, from, to), {
      mayBeInVault: this.mayBeInVault,
      effectUnknown: this.effectUnknown,
    });
    if (this.#allUploaded) part.#allUploaded = true;
    if (this.#open !== undefined)
      part.#open = this.#open.filter((at) => at >= from && at < to).map((at) => at - from);
    if (this.#verdicts !== undefined) {
      const within = [...this.#verdicts].filter(([at]) => at >= from && at < to);
      part.#verdicts = new Map(within.map(([at, verdict]) => [at - from, verdict]));
    }
    return part;
  }

  settlement(): Settlement {
    if (this.openCount > 0) throw new RangeError('a part with open records cannot be settled');
    const failures: FailedRecord[] = [];
    let confirmed = 0;
    const verdicts = this.#verdicts;
    if (verdicts !== undefined) {
      const positions = recordPositions(this.batch);
      this.batch.values.forEach((value, at) => {
        const verdict = verdicts.get(at);
        if (verdict === 'confirmed') confirmed += 1;
        else if (verdict !== undefined && verdict !== 'uploaded') {
          failures.push({
            position: positions[at] ?? this.batch.start,
            value,
            token: this.batch.tokens[at] ?? '',
            reason: verdict.reason,
            foreign: verdict.foreign,
            message: verdict.message,
            said: verdict.said,
            httpStatus: verdict.status,
            requestId: verdict.requestId,
          });
        }
      });
    }
    return {
      range: this.range,
      uploaded: recordCount(this.batch) - failures.length,
      confirmed,
      skipped: this.batch.skipped.length === 0 ? {} : countSkipped(this.batch.skipped),
      failures,
    };
  }
}
