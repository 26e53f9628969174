import { RangeSet } from '../record/range-set.js';
import type { PositionRange, SkipReason } from '../record/batch.js';
import { NONE_SKIPPED, SKIP_REASONS } from '../record/batch.js';
import type { JournalLine, RepairLine, SettleLine } from './journal-line.js';
import type { LedgerHeader, LedgerInputs, LedgerQuery, LedgerTotals } from './ledger-contract.js';

/**
 * What the lines of a journal add up to. The writer applies a line when it stands in the file, the reader when it
 * finds it there: both come to the same state. Two range sets and some counters, whatever the journal's length.
 */
export class LedgerState {
  readonly settled = new RangeSet();
  readonly reserved = new RangeSet();
  /** Reserved by the process that has the ledger open, and not handed out yet. */
  readonly kept = new RangeSet();
  /** In doubt, and taken by the vault under tokens of its own. */
  readonly foreign = new RangeSet();
  /** In doubt, and sent before anybody knew whether the vault keeps tokens. */
  readonly unproven = new RangeSet();
  /** In doubt, and the vault did not hold their tokens before they were sent. */
  readonly alone = new RangeSet();
  header: LedgerHeader | undefined;
  inputs: LedgerInputs | undefined;
  /** The positions that the ledger covers; undefined while nobody knows where the source ends. */
  extent: PositionRange | undefined;
  /** The last one submitted. */
  query: LedgerQuery | undefined;
  /** How often the ledger was opened for writing. */
  openings = 0;
  /** How many settle lines there are. */
  settlements = 0;
  /** Entries of the error log. */
  entries = 0;
  /** The last time that it was put together again from its remains. */
  repair: RepairLine | undefined;
  /** Failed records that the error log held when it was repaired, and that no line has settled yet. */
  #adopted = 0;
  /** Failed, and taken by the vault under tokens of its own, as far as lines say. */
  #failedForeign = 0;
  #uploaded = 0;
  #confirmed = 0;
  #failed = 0;
  #held = 0;
  readonly #skipped: Record<SkipReason, number> = { ...NONE_SKIPPED };

  get totals(): LedgerTotals {
    return {
      read: this.settled.size,
      uploaded: this.#uploaded,
      confirmed: this.#confirmed,
      failed: this.#failed,
      held: this.#held,
      skipped: { ...this.#skipped },
    };
  }

  /** How many records the vault took under tokens of its own, settled as failed or in doubt yet. */
  get foreignCount(): number {
    return this.#failedForeign + this.foreign.size;
  }

  /**
   * Reserved, not settled, not released: rows of which nobody knows whether the vault has them. Without those that
   * were never handed out, if no line is missing.
   */
  inDoubt({ isWhole }: { readonly isWhole: boolean }): RangeSet {
    const unsettled = this.reserved.subtract(this.settled);
    return isWhole ? unsettled.subtract(this.kept) : unsettled;
  }

  /** Takes a line in, or says why it cannot follow the lines before it. */
  take(line: JournalLine): string | undefined {
    const objection = this.objection(line);
    if (objection === undefined) this.apply(line);
    return objection;
  }

  /** Why `line` cannot follow the lines before it; undefined when it can. */
  objection(line: JournalLine): string | undefined {
    if ((this.header === undefined) !== (line.kind === 'header')) {
      return line.kind === 'header' ? 'a second header' : 'no header';
    }
    switch (line.kind) {
      case 'unknown':
        return 'written by another version of this program';
      case 'settle':
        return this.#objectionToSettle(line);
      case 'header':
      case 'open':
      case 'inputs':
      case 'query':
      case 'reserve':
      case 'release':
      case 'handed':
      case 'foreign':
      case 'unproven':
      case 'alone':
      case 'repair':
        return undefined;
      case 'extent':
        return this.#objectionToExtent(line);
      default:
        return line satisfies never;
    }
  }

  /** Takes a line in. There must be no objection to it. */
  apply(line: JournalLine): void {
    switch (line.kind) {
      case 'header':
        this.header = line.header;
        return;
      case 'open':
        this.openings += 1;
        for (const range of [...this.kept]) this.kept.remove(range);
        return;
      case 'inputs':
        this.inputs = line.inspection;
        return;
      case 'query':
        this.query = line.query;
        return;
      case 'extent':
        this.extent = line.end === undefined ? undefined : { start: line.start, end: line.end };
        return;
      case 'reserve':
        this.reserved.add(line.range);
        if (line.ahead) this.kept.add(line.range);
        return;
      case 'handed':
        this.kept.remove(line.range);
        return;
      case 'release':
        this.reserved.remove(line.range);
        this.kept.remove(line.range);
        return;
      case 'foreign':
      case 'unproven':
      case 'alone':
        this[line.kind].add(line.range);
        return;
      case 'repair':
        this.repair = line;
        this.entries = line.entries;
        this.#adopted = line.failed;
        return;
      case 'settle':
        this.#applySettle(line);
        return;
      case 'unknown':
        return;
      default:
        line satisfies never;
    }
  }

  #applySettle(line: SettleLine): void {
    this.settled.add(line.range);
    if (this.foreign.size > 0) {
      this.#failedForeign += Math.min(line.failed, this.foreign.intersect(new RangeSet([line.range])).size);
      this.foreign.remove(line.range);
    }
    if (this.unproven.size > 0) this.unproven.remove(line.range);
    if (this.alone.size > 0) this.alone.remove(line.range);
    this.settlements += 1;
    if (line.entries === 0) this.#adopted -= line.failed;
    this.entries += line.entries;
    this.#uploaded += line.uploaded;
    this.#confirmed += line.confirmed;
    this.#failed += line.failed;
    this.#held += line.held;
    for (const reason of SKIP_REASONS) this.#skipped[reason] += line.skipped[reason] ?? 0;
  }

  #objectionToExtent({ start, end = Number.MAX_SAFE_INTEGER }: Extract<JournalLine, { kind: 'extent' }>) {
    const [outside] = this.settled.subtract(new RangeSet([{ start, end }]));
    return (
      outside &&
      `rows ${outside.start}-${outside.end} are settled, but the ledger is to cover ${start}-${end}`
    );
  }

  #objectionToSettle(line: SettleLine): string | undefined {
    const { start, end } = line.range;
    let counted = line.uploaded + line.failed;
    for (const reason of SKIP_REASONS) counted += line.skipped[reason] ?? 0;
    if (counted !== end - start) return `rows ${start}-${end} are settled with ${counted} outcomes`;
    if (line.confirmed > line.uploaded) return `rows ${start}-${end} have more confirmed than uploaded`;
    if (line.held > line.failed) return `rows ${start}-${end} have more held than failed`;
    if (!this.reserved.containsRange(line.range)) return `rows ${start}-${end} are settled, but not reserved`;
    if (this.extent !== undefined && (start < this.extent.start || end > this.extent.end)) {
      return `rows ${start}-${end} are settled, but the ledger covers ${this.extent.start}-${this.extent.end}`;
    }
    if (this.kept.overlaps(line.range)) return `rows ${start}-${end} are settled, but were not handed out`;
    if (this.settled.overlaps(line.range)) return `rows ${start}-${end} are settled twice`;
    const isLogged = line.entries === 0 && line.failed <= this.#adopted;
    const isNew = line.entries > 0 && line.entries <= line.failed;
    return isLogged || isNew
      ? undefined
      : `rows ${start}-${end} have ${line.failed} failed in ${line.entries} entries`;
  }
}
