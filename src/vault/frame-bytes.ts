import { cellBytes, cellCount, type PackedCells, type PackedRecords } from '../record/packed-cells.js';
import { followingOf, type BodyFrame } from './body-frame.js';

/** Makes bodies of cells that are bytes already: each is copied once, to where it stands in the request. */
export function createByteFrame(frame: BodyFrame): (records: PackedRecords) => Buffer {
  const first = Buffer.from(frame.head + frame.opening);
  const middle = viewOf(Buffer.from(frame.middle));
  const following = viewOf(Buffer.from(followingOf(frame)));
  const last = Buffer.from(frame.closing + frame.trailer);

  return ({ values, tokens }) => {
    const count = cellCount(values);
    const around =
      first.length + last.length + count * middle.byteLength + (count - 1) * following.byteLength;
    const body = Buffer.allocUnsafeSlow(around + cellBytes(values) + cellBytes(tokens));
    const target = viewOf(body);
    const [valueBytes, tokenBytes] = [viewOf(values.bytes), viewOf(tokens.bytes)];
    let at = first.copy(body);
    for (let index = 0; index < count; index += 1) {
      if (index > 0) at = copyAll(following, target, at);
      at = copyCell(values, valueBytes, index, target, at);
      at = copyAll(middle, target, at);
      at = copyCell(tokens, tokenBytes, index, target, at);
    }
    last.copy(body, at);
    return body;
  };
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

function copyAll(source: DataView, target: DataView, at: number): number {
  return copyBytes(source, 0, source.byteLength, target, at);
}

function copyCell(
  { places }: PackedCells,
  source: DataView,
  cell: number,
  target: DataView,
  at: number,
): number {
  return copyBytes(source, places[2 * cell] ?? 0, places[2 * cell + 1] ?? 0, target, at);
}

/**
 * Copies what stands from `start` to `end`, and says where it ends in the target. Four bytes at a time, the last four
 * once more where they do not come out even: a call of Node for so few costs more than that.
 */
function copyBytes(source: DataView, start: number, end: number, target: DataView, at: number): number {
  const length = end - start;
  const lastWord = length - 4;
  if (lastWord < 0) {
    for (let index = 0; index < length; index += 1)
      target.setUint8(at + index, source.getUint8(start + index));
    return at + length;
  }
  for (let index = 0; index < lastWord; index += 4) {
    target.setInt32(at + index, source.getInt32(start + index, true), true);
  }
  target.setInt32(at + lastWord, source.getInt32(start + lastWord, true), true);
  return at + length;
}
