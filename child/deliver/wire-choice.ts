import type { WireName } from '../../src/vault/wires.js';

/** So many refused batches in a row make the next ones go record by record from the start. */
const refusedToSwitch = 3;
/** So many batches without a refused record, sent record by record, lead back. */
const cleanToReturn = 8;

/**
 * Which form of the insert request a batch takes. Bulk, as long as little is refused: it is all or none, and one bad
 * record refuses the batch. The record-by-record form judges each record on its own: a refused batch takes it at once,
 * and where batch after batch is refused, batches begin with it. A vault that has not got it, or does not let this
 * credential use it, is remembered: there refused batches are halved.
 */
export class WireChoice {
  readonly #configured: WireName;
  #recordWire: 'untried' | 'there' | 'absent' = 'untried';
  #refusedInRow = 0;
  #cleanInRow = 0;

  constructor(configured: WireName) {
    this.#configured = configured;
  }

  /** For a batch that was not sent yet; undefined: as configured. */
  get forBatch(): WireName | undefined {
    return this.#refusedInRow >= refusedToSwitch && this.#recordWire === 'there' ? 'record' : undefined;
  }

  /** Whether a batch that was refused on this wire goes record by record next. */
  takesRecordWire(refusedOn: WireName | undefined): boolean {
    return (refusedOn ?? this.#configured) === 'bulk' && this.#recordWire !== 'absent';
  }

  /** The record wire judged records. */
  recordWireJudged(): void {
    this.#recordWire = 'there';
  }

  /** It refused a whole request, which it does not do where there is one. */
  recordWireRefused(): void {
    if (this.#recordWire === 'untried') this.#recordWire = 'absent';
  }

  /** A batch is through, with or without records that were refused. */
  batchDone({ hasRefusals }: { readonly hasRefusals: boolean }): void {
    if (hasRefusals) {
      this.#refusedInRow += 1;
      this.#cleanInRow = 0;
      return;
    }
    this.#cleanInRow += 1;
    if (this.#refusedInRow < refusedToSwitch || this.#cleanInRow >= cleanToReturn) this.#refusedInRow = 0;
  }
}
