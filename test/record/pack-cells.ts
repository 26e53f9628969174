import type { PackedCells } from '../../src/record/packed-cells.js';

/** Cells as a source would pack them: each on a line of its own, in a text that begins somewhere in its buffer. */
export function packCells(cells: readonly string[], before = 'other '): PackedCells {
  const bytes = Buffer.from(`${before}${cells.join('\r\n')}\n`);
  const places: number[] = [];
  let at = Buffer.byteLength(before);
  for (const cell of cells) {
    const end = at + Buffer.byteLength(cell);
    places.push(at, end);
    at = end + 2;
  }
  return { bytes, places: Int32Array.from(places) };
}
