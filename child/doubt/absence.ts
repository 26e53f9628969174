import type { Ledger } from '../../src/journal/ledger.js';
import type { PositionRange } from '../../src/record/batch.js';
import { RangeSet } from '../../src/record/range-set.js';
import type { TokenProof } from '../deliver/token-proof.js';

export interface AbsenceOptions {
  readonly ledger: Pick<
    Ledger,
    'inDoubt' | 'unproven' | 'foreign' | 'foreignCount' | 'inputs' | 'totals' | 'noteDoubt'
  >;
  readonly proof: TokenProof;
  /** Records in the vault's table now; undefined where it does not say. */
  readonly countTable: () => Promise<number | undefined>;
}

/**
 * Why it proves nothing that the vault does not hold a token. `before_proof`: no record had come back under its own
 * token when it was sent. `table_holds_more`: the table holds records that nothing else explains.
 */
export type AbsenceDoubt = 'before_proof' | 'table_holds_more';

/** Rows in doubt that are alike in what it says that the vault does not hold their tokens; undefined: it does not have them. */
export interface AlikeRows {
  readonly ranges: RangeSet;
  readonly absenceDoubt: () => AbsenceDoubt | undefined;
  /** Whether the table's count tells of them. */
  readonly isCounted: boolean;
}

/**
 * What it says of rows in doubt that the vault does not hold their tokens: it may have taken them under other ones, and
 * then they are not sent again.
 *
 * So it may with all of them as long as nobody knows whether it keeps tokens. Something else may prove it. Of what this
 * session sent: any record that comes back meanwhile. Of what an earlier session sent, when byot or the column's
 * tokenization may have been another: one of those rows that is found under its token.
 *
 * So it may with single ones of any request. Nothing tells these apart, but the table holds as many more then than it did
 * before the first request, and what came back. One that holds no more has none of them.
 */
export class Absence {
  readonly #options: AbsenceOptions;
  readonly #earlier: RangeSet;
  readonly #ofSession = new RangeSet();
  #earlierKept = false;

  constructor(options: AbsenceOptions) {
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

  /** The rows by what their absence says, which the vault's count tells too. `inDoubt`: all of them. Nothing is on its way. */
  async divide(rows: RangeSet, inDoubt: number): Promise<AlikeRows[]> {
    if (rows.size === 0) return [];
    const { proof } = this.#options;
    const earlier = rows.intersect(this.#earlier);
    const ofSession = rows.intersect(this.#ofSession);
    const others = rows.subtract(earlier).subtract(ofSession);
    const added = await this.#added(inDoubt);
    const doubtOf =
      (isProven: () => boolean): AlikeRows['absenceDoubt'] =>
      () => {
        if (added === 'none') return undefined;
        if (!isProven()) return 'before_proof';
        return added === 'some' ? 'table_holds_more' : undefined;
      };
    const isCounted = added !== 'unknown';
    return [
      { ranges: earlier, absenceDoubt: doubtOf(() => this.#earlierKept), isCounted },
      { ranges: ofSession, absenceDoubt: doubtOf(() => proof.isProven), isCounted },
      { ranges: others, absenceDoubt: doubtOf(() => true), isCounted },
    ].filter(({ ranges }) => ranges.size > 0);
  }

  /** What the table holds besides all that is known: `some`, if no more than the rows in doubt. */
  async #added(inDoubt: number): Promise<'none' | 'some' | 'unknown'> {
    const { ledger, countTable } = this.#options;
    const count = await countTable();
    if (count === undefined) return 'unknown';
    const { uploaded, held } = ledger.totals;
    const before = ledger.inputs?.tableCount;
    // Where nobody knows how many there were, a table that holds what came back and no more tells it all the same.
    const more = count - (before ?? 0) - uploaded - ledger.foreignCount;
    if (more === 0) return 'none';
    // More than that is of somebody else, who may have deleted some too.
    return before !== undefined && more > held && more <= held + inDoubt ? 'some' : 'unknown';
  }
}
