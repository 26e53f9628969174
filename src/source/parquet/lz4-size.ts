import { ParquetProblem } from './parquet-errors.js';

const HADOOP_HEADER_BYTES = 8;

/**
 * How much an LZ4 block unpacks to, after a look at all of its sequences. Decoders fill a page that is cut short up with
 * zeros, and pass over what lies outside of it: a block is measured before it is given to one.
 */
export function lz4Size(block: Uint8Array): number {
  let size = 0;
  let at = 0;
  const extended = (nibble: number): number => {
    let length = nibble;
    if (nibble < 15) return length;
    for (let byte = 255; byte === 255; length += byte) {
      if (at >= block.length) throw broken();
      byte = block[at] ?? 0;
      at += 1;
    }
    return length;
  };
  while (at < block.length) {
    const token = block[at] ?? 0;
    at += 1;
    const literals = extended(token >> 4);
    at += literals;
    size += literals;
    if (at === block.length) return size;
    if (at + 2 > block.length) throw broken();
    const offset = (block[at] ?? 0) + (block[at + 1] ?? 0) * 256;
    at += 2;
    if (offset === 0 || offset > size) throw broken();
    size += extended(token & 15) + 4;
  }
  // A block ends in literals.
  throw broken();
}

/** Whether a page of the older codec is in the frames of Hadoop: lengths, then a block, and again. */
export function isHadoopLz4(page: Buffer, outputLength: number): boolean {
  let out = 0;
  let at = 0;
  try {
    while (at + HADOOP_HEADER_BYTES <= page.length) {
      const unpacked = page.readUInt32BE(at);
      const packed = page.readUInt32BE(at + 4);
      at += HADOOP_HEADER_BYTES;
      if (at + packed > page.length || lz4Size(page.subarray(at, at + packed)) !== unpacked) return false;
      at += packed;
      out += unpacked;
    }
  } catch {
    return false;
  }
  return at === page.length && out === outputLength;
}

function broken(): ParquetProblem {
  return new ParquetProblem('damaged', 'an LZ4 block is not whole');
}
