import type { Batch, PositionRange } from './batch.js';
import { cellCount, textsOf, type OwnedRecords, type PackedRecords } from './packed-cells.js';

/** Columns of records as most of the program reads them. */
interface Columns {
  readonly values: readonly string[];
  readonly packed?: OwnedRecords | undefined;
}

/**
 * A batch without skipped rows, of records that are made strings only when somebody asks for them. A copy by `...` has
 * neither values nor tokens: whoever makes one gives it its own.
 */
export class PackedBatch implements Batch {
  readonly start: number;
  readonly end: number;
  readonly skipped = [];
  readonly plain = true;
  readonly packed: OwnedRecords;
  #values: readonly string[] | undefined;
  #tokens: readonly string[] | undefined;

  constructor({ start, end }: PositionRange, records: PackedRecords) {
    this.start = start;
    this.end = end;
    this.packed = { records, owner: this };
  }

  get values(): readonly string[] {
    return (this.#values ??= textsOf(this.packed.records.values));
  }

  get tokens(): readonly string[] {
    return (this.#tokens ??= textsOf(this.packed.records.tokens));
  }
}

/** The records as bytes, where they came so. */
export function packedOf(columns: Columns): PackedRecords | undefined {
  const { packed } = columns;
  return packed?.owner === columns ? packed.records : undefined;
}

/** How many records there are. */
export function recordCount(columns: Columns): number {
  const packed = packedOf(columns);
  return packed === undefined ? columns.values.length : cellCount(packed.values);
}
