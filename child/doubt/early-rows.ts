import type { Ledger } from '../../src/journal/ledger.js';
import type { PositionRange } from '../../src/record/batch.js';
import { RangeSet } from '../../src/record/range-set.js';
import type { TokenProof } from '../deliver/token-proof.js';

export interface EarlyRowsOptions {
  readonly ledger: Pick<Ledger, 'inDoubt' | 'unproven' | 'foreign' | 'inputs' | 'totals' | 'noteDoubt'>;
  readonly proof: TokenProof;
  /** Records in the vault's table now; undefined where it does not say. */
  readonly countTable: () => Promise<number | undefined>;
}

/** Rows in doubt that are alike in whether it says anything that the vault does not hold their tokens. */
export interface AlikeRows {
  readonly ranges: RangeSet;
  readonly absenceTells: () => boolean;
}

/**
 * Rows in doubt that were sent before any record had come back under its own token. A vault that keeps no tokens may
 * have taken them under other ones: that it does not hold theirs proves nothing then, and they are not sent again.
 *
 * Something else may prove it. Of what this session sent: any record that comes back meanwhile. Of what an earlier
 * session sent, when byot or the column's tokenization may have been another: one of those rows that is found under its
 * token. Of both: a table that holds no more records than it did before the first request, and those that came back.
 */
export class EarlyRows {
  readonly #options: EarlyRowsOptions;
  readonly #earlier: RangeSet;
  readonly #ofSession = new RangeSet();
  #earlierKept = false;

  constructor(options: EarlyRowsOptions) {
    this.#options = options;
    this.#earlier = new RangeSet(options.ledger.unproven);
  }

  /** Before anything is sent: notes what earlier sessions sent so, since this one may bring the proof for its own. */
  async begin(): Promise<void> {
    const { ledger, proof } = this.#options;
    if (ledger.inDoubt.size === 0 || (await proof.isKnown())) return;
    const early = new RangeSet(ledger.inDoubt).subtract(ledger.foreign);
    await ledger.noteDoubt('unproven', early.subtract(ledger.unproven));
    for (const range of early) this.#earlier.add(range);
  }

  /** These rows were sent just now, and their answer was lost. */
  sent(range: PositionRange): void {
    this.#earlier.remove(range);
    if (this.#options.proof.isProven) this.#ofSession.remove(range);
    else this.#ofSession.add(range);
  }

  /** A record of these rows was found under its own token. */
  confirmed(range: PositionRange): void {
    if (this.#earlier.overlaps(range)) this.#earlierKept = true;
    this.#options.proof.prove();
  }

  /** The rows by what their absence says; asks the vault for its count when that may tell. Nothing is on its way. */
  async divide(rows: RangeSet): Promise<AlikeRows[]> {
    const { proof } = this.#options;
    const earlier = rows.intersect(this.#earlier);
    const ofSession = rows.intersect(this.#ofSession);
    const others = rows.subtract(earlier).subtract(ofSession);
    const isUnknown = (earlier.size > 0 && !this.#earlierKept) || (ofSession.size > 0 && !proof.isProven);
    const nothingAdded = isUnknown && (await this.#nothingAdded());
    return [
      { ranges: earlier, absenceTells: () => nothingAdded || this.#earlierKept },
      { ranges: ofSession, absenceTells: () => nothingAdded || proof.isProven },
      { ranges: others, absenceTells: () => true },
    ].filter(({ ranges }) => ranges.size > 0);
  }

  async #nothingAdded(): Promise<boolean> {
    const { ledger, countTable } = this.#options;
    // Where nobody knows how many there were, a table that holds what came back and no more tells it all the same.
    const before = ledger.inputs?.tableCount ?? 0;
    return (await countTable()) === before + ledger.totals.uploaded;
  }
}
