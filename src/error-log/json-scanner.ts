import { damaged, orStorageError } from '../journal/storage-error.js';

/** Most error logs are short: what is read begins small, and grows with what is there. */
const FIRST_CHUNK_BYTES = 1 << 14;
const CHUNK_BYTES = 1 << 18;
const END = -1;
const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];
const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** A file that is open, as far as a scanner reads it. */
export interface ReadableHandle {
  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

/**
 * Walks through a JSON file value by value, with the memory of one chunk and one value. It knows brackets, strings
 * and escapes; whether a value is right inside is for JSON.parse to say. Errors name file and byte offset and never
 * quote the file.
 */
export class JsonScanner {
  readonly #file: string;
  readonly #handle: ReadableHandle;
  readonly #signal: AbortSignal | undefined;
  #chunk: Buffer = Buffer.alloc(0);
  /** Next byte in the chunk. */
  #at = 0;
  /** Where the chunk begins in the file. */
  #base = 0;

  constructor(file: string, handle: ReadableHandle, signal: AbortSignal | undefined) {
    this.#file = file;
    this.#handle = handle;
    this.#signal = signal;
  }

  /** Byte offset of what comes next. */
  get offset(): number {
    return this.#base + this.#at;
  }

  /** The next byte that is not a blank, as a character; undefined at the end of the file. Takes the blanks only. */
  async peek(): Promise<string | undefined> {
    for (;;) {
      while (this.#at < this.#chunk.length && BLANKS.has(this.#chunk[this.#at] ?? END)) this.#at += 1;
      const byte = this.#chunk[this.#at];
      if (byte !== undefined) return String.fromCharCode(byte);
      if (!(await this.#readOn())) return undefined;
    }
  }

  /** Takes the next byte that is not a blank when it is `character`. */
  async takeIf(character: string): Promise<boolean> {
    if ((await this.peek()) !== character) return false;
    this.#at += 1;
    return true;
  }

  /** Takes `character`, or it is an error. */
  async take(character: string): Promise<void> {
    if (!(await this.takeIf(character))) throw this.#unexpected(`"${character}"`);
  }

  /** Passes a byte order mark over. */
  async skipByteOrderMark(): Promise<void> {
    if ((await this.peek()) === '\u00ef' && this.#chunk[1] === 0xbb && this.#chunk[2] === 0xbf) this.#at += 3;
  }

  /** Takes the next value; it is an error when it is longer than `maxBytes` or not JSON in UTF-8. */
  async value(maxBytes: number): Promise<unknown> {
    await this.peek();
    const offset = this.offset;
    const parts: Buffer[] = [];
    let length = 0;
    await this.#pass((part) => {
      length += part.length;
      if (length > maxBytes) throw this.#bad(offset, `a value is longer than ${maxBytes} bytes`);
      parts.push(part);
    });
    try {
      return JSON.parse(
        new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts)),
      );
    } catch {
      // The parser's message quotes the text: it stays here.
      throw this.#bad(offset, 'a value is not valid JSON in UTF-8');
    }
  }

  /** Passes the next value over, however long it is. */
  async skip(): Promise<void> {
    await this.peek();
    await this.#pass(() => undefined);
  }

  /** Takes one value, in as many parts as chunks it lies in. */
  async #pass(sink: (part: Buffer) => void): Promise<void> {
    const state = { depth: 0, inString: false, escaped: false, length: 0 };
    for (;;) {
      const start = this.#at;
      const isComplete = this.#passInChunk(state);
      sink(this.#chunk.subarray(start, this.#at));
      if (isComplete) {
        if (state.length === 0) throw this.#unexpected('a value');
        return;
      }
      if (!(await this.#readOn())) throw this.#unexpected('the rest of a value');
    }
  }

  /** True when the value's end was found in this chunk. */
  #passInChunk(state: { depth: number; inString: boolean; escaped: boolean; length: number }): boolean {
    const chunk = this.#chunk;
    let at = this.#at;
    let { depth, inString, escaped } = state;
    let isComplete = false;
    for (; at < chunk.length && !isComplete; at += 1) {
      const byte = chunk[at];
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) {
          inString = false;
          isComplete = depth === 0;
        }
      } else if (byte === QUOTE) inString = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        // A number or a word ends where what it stands in ends.
        if (depth === 0) {
          isComplete = true;
          break;
        }
        depth -= 1;
        isComplete = depth === 0;
      } else if (depth === 0 && (byte === COMMA || BLANKS.has(byte ?? END))) {
        isComplete = true;
        break;
      }
    }
    state.length += at - this.#at;
    state.depth = depth;
    state.inString = inString;
    state.escaped = escaped;
    this.#at = at;
    return isComplete;
  }

  /** A new buffer each time: parts of the last one may still be in use. */
  async #readOn(): Promise<boolean> {
    this.#signal?.throwIfAborted();
    this.#base += this.#chunk.length;
    const next = Buffer.allocUnsafe(
      Math.min(Math.max(2 * this.#chunk.length, FIRST_CHUNK_BYTES), CHUNK_BYTES),
    );
    const { bytesRead } = await orStorageError(
      'read',
      this.#file,
      this.#handle.read(next, 0, next.length, this.#base),
    );
    this.#chunk = next.subarray(0, bytesRead);
    this.#at = 0;
    return bytesRead > 0;
  }

  #unexpected(expected: string): Error {
    const atEnd = this.#at >= this.#chunk.length;
    return this.#bad(
      this.offset,
      atEnd
        ? `it ends where ${expected} is expected`
        : `${expected} is expected, but something else is there`,
    );
  }

  #bad(offset: number, what: string): Error {
    return damaged(this.#file, `at byte ${offset}, ${what}`, REPAIR);
  }
}

const REPAIR =
  'An error log of an unfinished run is put right by resuming the run; any other one has to be restored from a copy.';
