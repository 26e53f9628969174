import { isAscii } from 'node:buffer';

/**
 * Cells of one column in UTF-8, in order, none of which needs an escape in JSON. A record of a usual file goes so from
 * the file into the body of its request, without ever being a string of its own.
 */
export interface PackedCells {
  readonly bytes: Buffer;
  /** Where each cell begins and where it ends in `bytes`, by turns. */
  readonly places: Int32Array;
}

/** Records by column, as many of one as of the other. */
export interface PackedRecords {
  readonly values: PackedCells;
  readonly tokens: PackedCells;
}

/** Records as bytes, and whose they are: of a copy of that, with other values or tokens, they say nothing. */
export interface OwnedRecords {
  readonly records: PackedRecords;
  readonly owner: object;
}

export function cellCount({ places }: PackedCells): number {
  return places.length / 2;
}

/** Cells from one up to another one, by their numbers; nothing is copied. */
export function sliceCells({ bytes, places }: PackedCells, from: number, to: number): PackedCells {
  return { bytes, places: places.subarray(2 * from, 2 * to) };
}

/** Bytes of the cells, without what stands between them. */
export function cellBytes({ places }: PackedCells): number {
  let bytes = 0;
  for (let at = 0; at < places.length; at += 2) bytes += (places[at + 1] ?? 0) - (places[at] ?? 0);
  return bytes;
}

/** The same with what stands between them, which takes no counting. */
export function spanBytes({ places }: PackedCells): number {
  return (places[places.length - 1] ?? 0) - (places[0] ?? 0);
}

/** The bytes from the first cell to the last one, and where in `bytes` they begin. */
export function regionOf({ bytes, places }: PackedCells): { readonly bytes: Buffer; readonly start: number } {
  const start = places[0] ?? 0;
  return { bytes: bytes.subarray(start, places[places.length - 1] ?? 0), start };
}

/** The first cell as a string. */
export function firstText({ bytes, places }: PackedCells): string | undefined {
  return places.length === 0 ? undefined : bytes.toString('utf8', places[0], places[1]);
}

/** The cells as strings. */
export function textsOf(cells: PackedCells): string[] {
  const { bytes, places } = cells;
  const { bytes: region, start: first } = regionOf(cells);
  // Read as latin1, ASCII costs a copy and no decoding, and a part of a string costs no copy.
  const text = isAscii(region) ? region.toString('latin1') : undefined;
  const texts: string[] = [];
  for (let at = 0; at < places.length; at += 2) {
    const start = places[at] ?? 0;
    const end = places[at + 1] ?? 0;
    texts.push(text?.slice(start - first, end - first) ?? bytes.toString('utf8', start, end));
  }
  return texts;
}
