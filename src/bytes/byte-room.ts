import { compiledBytes } from './compiled-bytes.js';

/** What `bytes.wat` is compiled to. Numbers are addresses, lengths and counts. */
interface ByteWork {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  findLines(
    ...text: readonly [at: number, end: number, notes: number, place: number, start: number, header: number]
  ): number;
  frame(
    ...to: readonly [
      ...[
        to: number,
        count: number,
        values: number,
        valuePlaces: number,
        tokens: number,
        tokenPlaces: number,
      ],
      ...[middle: number, middleLength: number, between: number, betweenLength: number],
    ]
  ): number;
  isAsSent(
    ...answer: readonly [
      ...[at: number, end: number, count: number, cells: number, places: number],
      ...[before: number, beforeLength: number, after: number, afterLength: number],
    ]
  ): number;
}

declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: ByteWork };
  readonly Memory: new (size: { readonly initial: number }) => object;
};

const PAGE_BYTES = 65_536;
/** Read or written behind whatever is worked on. */
const BLOCK_BYTES = 16;
/** More is never laid out: batches and answers of that size are rare enough to go as strings. */
const MOST_BYTES = 16 * 2 ** 20;

/**
 * Memory of its own in which bytes are worked on sixteen at a time (`bytes.wat`): they are copied there, and the outcome is
 * copied out, which together takes a tenth of what a loop over them in JavaScript does. One for the process: whoever lays
 * something out is done with it before anybody else does. What is laid out stands there until then.
 */
export class ByteRoom {
  readonly work: ByteWork;
  #bytes: Uint8Array;
  #filled = 0;

  constructor(work: ByteWork) {
    this.work = work;
    this.#bytes = new Uint8Array(work.memory.buffer);
  }

  /** Empties it for `items` that are so long together; false when that is too much. */
  begin(length: number, items: number): boolean {
    const needed = length + items * 2 * BLOCK_BYTES;
    this.#filled = 0;
    if (needed <= this.#bytes.length) return true;
    if (needed > MOST_BYTES) return false;
    try {
      this.work.memory.grow(Math.ceil((needed - this.#bytes.length) / PAGE_BYTES));
    } catch {
      return false;
    }
    this.#bytes = new Uint8Array(this.work.memory.buffer);
    return true;
  }

  /** Lays bytes out, with room behind them; where they stand. */
  lay(bytes: Uint8Array): number {
    const at = this.leave(bytes.length);
    this.#bytes.set(bytes, at);
    return at;
  }

  /** The same of numbers. */
  layNumbers({ buffer, byteOffset, byteLength }: Int32Array): number {
    return this.lay(new Uint8Array(buffer, byteOffset, byteLength));
  }

  /** Room for so many bytes; where it begins. */
  leave(length: number): number {
    const at = this.#filled;
    this.#filled = Math.ceil((at + length) / BLOCK_BYTES + 1) * BLOCK_BYTES;
    return at;
  }

  /** Puts bytes where there is room already; where they end. */
  put(bytes: Uint8Array, at: number): number {
    this.#bytes.set(bytes, at);
    return at + bytes.length;
  }

  /** A copy of what stands there. */
  take(at: number, end: number): Buffer {
    const taken = Buffer.allocUnsafeSlow(end - at);
    taken.set(this.#bytes.subarray(at, end));
    return taken;
  }

  /** The numbers that stand there. */
  numbers(at: number, count: number): Int32Array {
    return new Int32Array(this.work.memory.buffer, at, count);
  }
}

/**
 * Undefined on a machine without instructions for sixteen bytes, or too little address space for such memory; then
 * records go as strings all the way.
 */
export const byteRoom = openRoom();

function openRoom(): ByteRoom | undefined {
  const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
  if (!isLittleEndian) return undefined;
  try {
    const module = new WebAssembly.Module(Buffer.from(compiledBytes, 'base64'));
    const room = new ByteRoom(new WebAssembly.Instance(module).exports);
    // V8 reserves some 10 GiB of addresses for each memory: the parser of HTTP must be able to have another one.
    new WebAssembly.Memory({ initial: 1 });
    return room;
  } catch {
    return undefined;
  }
}
