import { cellBytes, cellCount, spanBytes, type PackedCells, type PackedRecords } from './packed-cells.js';

/**
 * The packed records of a batch as they come in, closed by bytes as a `BatchCollector` is. What it collects in is used
 * again for the next batch: memory outside of the heap has V8 look for garbage in all of it.
 */
export class PackedCollector {
  readonly #maxBytes: number;
  readonly #values = new CellRoom();
  readonly #tokens = new CellRoom();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get count(): number {
    return this.#values.count;
  }

  /** How many of the records were taken, from the first one on: as many as the batch has room for. */
  add({ values, tokens }: PackedRecords): number {
    // Counted only where it would be too much with what stands between the cells.
    const most = this.#values.length + this.#tokens.length + spanBytes(values) + spanBytes(tokens);
    const taken = most <= this.#maxBytes ? cellCount(values) : this.#roomFor({ values, tokens });
    this.#values.add(values, taken);
    this.#tokens.add(tokens, taken);
    return taken;
  }

  #roomFor({ values, tokens }: PackedRecords): number {
    let taken = cellCount(values);
    let bytes = [this.#values.cells, this.#tokens.cells, values, tokens].reduce(
      (sum, cells) => sum + cellBytes(cells),
      0,
    );
    while (taken > 0 && bytes > this.#maxBytes && this.count + taken > 1) {
      taken -= 1;
      bytes -= bytesOf(values, taken) + bytesOf(tokens, taken);
    }
    return taken;
  }

  /** All of them, which then belong to whoever has asked; it is empty afterwards. */
  take(): PackedRecords {
    const [values, tokens] = [this.#values.cells, this.#tokens.cells];
    const places = new Int32Array(values.places.length + tokens.places.length);
    places.set(values.places);
    places.set(tokens.places, values.places.length);
    const bytes = Buffer.allocUnsafeSlow(values.bytes.length + tokens.bytes.length);
    bytes.set(values.bytes);
    bytes.set(tokens.bytes, values.bytes.length);
    this.clear();
    return {
      values: {
        bytes: bytes.subarray(0, values.bytes.length),
        places: places.subarray(0, values.places.length),
      },
      tokens: { bytes: bytes.subarray(values.bytes.length), places: places.subarray(values.places.length) },
    };
  }

  clear(): void {
    this.#values.clear();
    this.#tokens.clear();
  }
}

/** Where the cells of one column are collected. */
class CellRoom {
  #bytes = Buffer.allocUnsafeSlow(65_536);
  #places = new Int32Array(2_048);
  #length = 0;
  #filled = 0;

  get count(): number {
    return this.#filled / 2;
  }

  /** In bytes, with what stands between the cells. */
  get length(): number {
    return this.#length;
  }

  /** All of them, until it is added to. */
  get cells(): PackedCells {
    return {
      bytes: this.#bytes.subarray(0, this.#length),
      places: this.#places.subarray(0, this.#filled),
    };
  }

  add({ bytes, places }: PackedCells, count: number): void {
    if (count === 0) return;
    const start = places[0] ?? 0;
    const end = places[2 * count - 1] ?? 0;
    this.#makeRoom(end - start, 2 * count);
    const shift = this.#length - start;
    const own = this.#places;
    let filled = this.#filled;
    for (let at = 0; at < 2 * count; at += 1, filled += 1) own[filled] = (places[at] ?? 0) + shift;
    this.#filled = filled;
    bytes.copy(this.#bytes, this.#length, start, end);
    this.#length += end - start;
  }

  clear(): void {
    this.#length = 0;
    this.#filled = 0;
  }

  #makeRoom(bytes: number, places: number): void {
    if (this.#length + bytes > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (this.#length + bytes));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    if (this.#filled + places > this.#places.length) {
      const larger = new Int32Array(2 * (this.#filled + places));
      larger.set(this.#places.subarray(0, this.#filled));
      this.#places = larger;
    }
  }
}

function bytesOf({ places }: PackedCells, cell: number): number {
  return (places[2 * cell + 1] ?? 0) - (places[2 * cell] ?? 0);
}
