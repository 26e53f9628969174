/** One step of reading a zstd file: frames follow each other, each with its blocks. Bytes are valid until the next step. */
export type ZstdStep =
  | {
      readonly kind: 'begin';
      readonly bytes: Buffer;
      /** What the content is said to be, where the frame says it. */
      readonly contentBytes: number | undefined;
      readonly hasChecksum: boolean;
    }
  | { readonly kind: 'block'; readonly bytes: Buffer }
  /** The checksum of the content, four bytes; none where the frame has none. */
  | { readonly kind: 'end'; readonly bytes: Buffer };

/** Why a file is not read, for the caller to say it of its file. */
export class ZstdProblem extends Error {
  readonly kind: 'cut short' | 'damaged' | 'dictionary' | 'window';

  constructor(kind: ZstdProblem['kind']) {
    super(`zstd: ${kind}`);
    this.kind = kind;
  }
}

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const MAX_HEADER_BYTES = 18;
const BLOCK_HEADER_BYTES = 3;
const MAX_BLOCK_BYTES = 131_072;
/** As the zstd program has it: more is only read where somebody asks for it. */
const MAX_WINDOW_BYTES = 134_217_728;

interface Header {
  readonly bytes: number;
  readonly hasChecksum: boolean;
  readonly contentBytes: number | undefined;
}

/**
 * Cuts a zstd file, in chunks that are cut anywhere, into frames and blocks (RFC 8878), so that whoever decodes them
 * sees where each frame ends: decoders differ in what they make of several frames, of skippable ones, of what stands
 * behind the last, and of an end that is missing. Holds a block at most.
 */
export class ZstdFrames {
  #held: Buffer = Buffer.alloc(0);
  #inside: Header | undefined;
  #isLastBlock = false;
  #toSkip = 0;

  /** The steps that are whole now; throws a ZstdProblem. */
  *push(chunk: Buffer): Generator<ZstdStep, void, void> {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    for (;;) {
      const skipped = Math.min(this.#toSkip, rest.length);
      this.#toSkip -= skipped;
      rest = rest.subarray(skipped);
      if (this.#toSkip > 0) break;
      const step = this.#inside === undefined ? this.#begin(rest) : this.#next(rest, this.#inside);
      if (step === undefined) break;
      rest = rest.subarray(step.length);
      if (step.step !== undefined) yield step.step;
    }
    // A chunk is valid until the next one comes.
    this.#held = Buffer.from(rest);
  }

  /** Throws a ZstdProblem when the file must not end here. */
  end(): void {
    if (this.#inside !== undefined || this.#toSkip > 0 || this.#held.length > 0) {
      throw new ZstdProblem('cut short');
    }
  }

  #begin(bytes: Buffer): { readonly length: number; readonly step?: ZstdStep } | undefined {
    if (bytes.length < 4) return undefined;
    const magic = bytes.readUInt32LE(0);
    if ((magic & ~0xf) === SKIPPABLE_MAGIC) {
      if (bytes.length < 8) return undefined;
      this.#toSkip = bytes.readUInt32LE(4);
      return { length: 8 };
    }
    if (magic !== FRAME_MAGIC) throw new ZstdProblem('damaged');
    const header = readHeader(bytes);
    if (header === undefined) return undefined;
    this.#inside = header;
    this.#isLastBlock = false;
    const { bytes: length, contentBytes, hasChecksum } = header;
    const begun = bytes.subarray(0, length);
    return { length, step: { kind: 'begin', bytes: begun, contentBytes, hasChecksum } };
  }

  #next(bytes: Buffer, { hasChecksum }: Header): { length: number; step: ZstdStep } | undefined {
    if (this.#isLastBlock) {
      const length = hasChecksum ? 4 : 0;
      if (bytes.length < length) return undefined;
      this.#inside = undefined;
      return { length, step: { kind: 'end', bytes: bytes.subarray(0, length) } };
    }
    if (bytes.length < BLOCK_HEADER_BYTES) return undefined;
    const header = bytes.readUIntLE(0, BLOCK_HEADER_BYTES);
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === 3 || size > MAX_BLOCK_BYTES) throw new ZstdProblem('damaged');
    // A block that repeats one byte holds that byte.
    const length = BLOCK_HEADER_BYTES + (type === 1 ? 1 : size);
    if (bytes.length < length) return undefined;
    this.#isLastBlock = (header & 1) === 1;
    return { length, step: { kind: 'block', bytes: bytes.subarray(0, length) } };
  }
}

/** The header of a frame; undefined while it is not whole. */
function readHeader(bytes: Buffer): Header | undefined {
  const descriptor = bytes[4];
  if (descriptor === undefined) return undefined;
  const isSingle = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (isSingle ? 1 : 0) : 2 ** sizeFlag;
  const length = 5 + (isSingle ? 0 : 1) + dictionaryBytes + sizeBytes;
  if (bytes.length < Math.min(length, MAX_HEADER_BYTES)) return undefined;
  if ((descriptor & 8) !== 0) throw new ZstdProblem('damaged');
  const sizeAt = length - sizeBytes;
  if (dictionaryBytes > 0 && bytes.readUIntLE(sizeAt - dictionaryBytes, dictionaryBytes) !== 0) {
    throw new ZstdProblem('dictionary');
  }
  const contentBytes = sizeBytes === 0 ? undefined : readSize(bytes, sizeAt, sizeBytes);
  const windowBytes = isSingle ? (contentBytes ?? 0) : windowOf(bytes[5] ?? 0);
  if (windowBytes > MAX_WINDOW_BYTES) throw new ZstdProblem('window');
  return { bytes: length, hasChecksum: (descriptor & 4) !== 0, contentBytes };
}

function readSize(bytes: Buffer, at: number, length: number): number {
  switch (length) {
    case 1:
      return bytes.readUInt8(at);
    case 2:
      return bytes.readUInt16LE(at) + 256;
    case 4:
      return bytes.readUInt32LE(at);
    default:
      return Number(bytes.readBigUInt64LE(at));
  }
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}
