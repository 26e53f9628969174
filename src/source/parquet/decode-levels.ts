import { ParquetProblem } from './parquet-errors.js';

/**
 * Numbers that are written as runs and packed bits (the format's RLE hybrid), `count` of them between two bytes. Whatever
 * a damaged file says, no more is read or made than that; comparisons are such that what is no number ends it.
 */
export function decodeHybrid(
  bytes: Uint8Array,
  range: { readonly start: number; readonly end: number },
  bitWidth: number,
  count: number,
): Uint32Array {
  const values = new Uint32Array(count);
  if (bitWidth === 0) return values;
  if (bitWidth > 32) throw new ParquetProblem('damaged', 'numbers of more than 32 bits');
  const { end } = range;
  let at = range.start;
  const widthBytes = (bitWidth + 7) >> 3;
  for (let done = 0; done < count;) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      if (!(at < end) || shift > 28) throw runsOut();
      const byte = bytes[at] ?? 0;
      at += 1;
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const length = Math.floor(header / 2);
    if (header % 2 === 0) {
      if (!(at + widthBytes <= end)) throw runsOut();
      let value = 0;
      for (let byte = 0; byte < widthBytes; byte += 1) value += (bytes[at + byte] ?? 0) * 2 ** (8 * byte);
      at += widthBytes;
      const until = Math.min(count, done + length);
      values.fill(value, done, until);
      done = until;
    } else {
      const until = Math.min(count, done + length * 8);
      // The last group may be cut to the bytes that its values need.
      if (!(at + Math.ceil(((until - done) * bitWidth) / 8) <= end)) throw runsOut();
      unpack(bytes, at, bitWidth, values.subarray(done, until));
      at += length * bitWidth;
      done = until;
    }
  }
  return values;
}

function unpack(bytes: Uint8Array, start: number, bitWidth: number, values: Uint32Array): void {
  if (bitWidth > 24) {
    unpackWide(bytes, start, bitWidth, values);
    return;
  }
  const mask = (1 << bitWidth) - 1;
  let at = start;
  let held = 0;
  let bits = 0;
  for (let index = 0; index < values.length; index += 1) {
    while (bits < bitWidth) {
      held |= (bytes[at] ?? 0) << bits;
      at += 1;
      bits += 8;
    }
    values[index] = held & mask;
    held >>>= bitWidth;
    bits -= bitWidth;
  }
}

function unpackWide(bytes: Uint8Array, start: number, bitWidth: number, values: Uint32Array): void {
  let bit = start * 8;
  for (let index = 0; index < values.length; index += 1) {
    let value = 0;
    for (let taken = 0; taken < bitWidth;) {
      const inByte = bit & 7;
      const take = Math.min(8 - inByte, bitWidth - taken);
      value += (((bytes[bit >>> 3] ?? 0) >> inByte) & ((1 << take) - 1)) * 2 ** taken;
      taken += take;
      bit += take;
    }
    values[index] = value;
  }
}

function runsOut(): ParquetProblem {
  return new ParquetProblem('damaged', 'a page ends in the middle');
}
