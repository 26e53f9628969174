const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export const MAX_RECORD_BYTES = 64 * 2 ** 20;

/** One record that holds a quote, or any number of whole lines that hold none. Valid until the next push, and as long as its chunk. */
export interface RecordSpan {
  readonly quoted: boolean;
  readonly bytes: Buffer;
}

export interface CutRecords {
  readonly parts: readonly RecordSpan[];
  /** What is wrong with the record that follows the parts; nothing more comes then. */
  readonly fault?: 'quotes' | 'mark' | 'length';
}

/**
 * Cuts a byte stream into whole records. It looks at quotes only as far as it must to find where a record
 * ends: the record itself is judged by csv-parse, which also refuses quotes that were let through here.
 *
 * What is looked at is what lies from `#start` to `#end` of `#bytes`: a chunk where nothing was left over, else the buffer
 * in which what is not yet whole is kept. A record with quotes that is not whole is never looked at twice: `#open` says how
 * far it has been read.
 */
export class RecordCutter {
  readonly #delimiterStart: number;
  readonly #delimiterEnd: number;
  /** Grows to what two chunks take: most files of parts are shorter than one. */
  #buffer = Buffer.allocUnsafeSlow(8_192);
  #bytes: Buffer = this.#buffer;
  #start = 0;
  #end = 0;
  #open: { at: number; inQuotes: boolean } | undefined;
  #atFileStart: boolean;

  /** `isContinued`: a part of the file was read before, so that no byte order mark is expected. */
  constructor(delimiter: Buffer, { isContinued }: { readonly isContinued: boolean }) {
    this.#atFileStart = !isContinued;
    this.#delimiterStart = delimiter[0] ?? 0;
    this.#delimiterEnd = delimiter.at(-1) ?? 0;
  }

  /** Bytes of records that are not whole yet. */
  get heldBytes(): number {
    return this.#end - this.#start;
  }

  /** The records that are whole now. */
  push(chunk: Buffer): CutRecords {
    if (this.heldBytes > 0) this.#append(chunk);
    else {
      this.#bytes = chunk;
      this.#start = 0;
      this.#end = chunk.length;
    }
    const newline = chunk.lastIndexOf(NEWLINE);
    const cut =
      newline < 0 && this.#open === undefined
        ? this.#bounded([])
        : this.#cut(newline < 0 ? this.#start : this.#end - chunk.length + newline + 1, false);
    if (this.#bytes !== this.#buffer) this.#keep();
    return cut;
  }

  /** The records that are left, the last of which may lack its line end. */
  finish(): CutRecords {
    return this.#cut(this.#end, true);
  }

  /** What is left over of a chunk, before that is gone. */
  #keep(): void {
    const held = this.#bytes.subarray(this.#start, this.#end);
    if (this.#open !== undefined) this.#open.at -= this.#start;
    this.#bytes = this.#buffer;
    this.#start = 0;
    this.#end = 0;
    this.#append(held);
  }

  #append(chunk: Buffer): void {
    const held = this.#end - this.#start;
    if (this.#end + chunk.length > this.#buffer.length) {
      let capacity = this.#buffer.length;
      while (capacity < held + chunk.length) capacity *= 2;
      const target = capacity === this.#buffer.length ? this.#buffer : Buffer.allocUnsafeSlow(capacity);
      this.#buffer.copy(target, 0, this.#start, this.#end);
      this.#buffer = target;
      this.#bytes = target;
      if (this.#open !== undefined) this.#open.at -= this.#start;
      this.#start = 0;
      this.#end = held;
    }
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  /** Whole lines reach up to `end`; a quoted record may begin before it and end behind it. */
  #cut(end: number, last: boolean): CutRecords {
    const buffer = this.#bytes;
    const parts: RecordSpan[] = [];
    if (this.#atFileStart) {
      const head = buffer.subarray(this.#start, this.#start + BYTE_ORDER_MARK.length);
      if (this.#end >= this.#start + head.length && head.equals(BYTE_ORDER_MARK)) this.#start += head.length;
      this.#atFileStart = false;
    }
    while (this.#start < end || this.#open !== undefined) {
      if (this.#open === undefined) {
        const found = buffer.indexOf(QUOTE, this.#start);
        const quote = found < end ? found : -1;
        const recordStart = quote < 0 ? end : this.#lineStart(quote);
        if (recordStart > this.#start) {
          parts.push({ quoted: false, bytes: buffer.subarray(this.#start, recordStart) });
          this.#start = recordStart;
        }
        if (quote < 0) break;
        this.#open = { at: recordStart, inQuotes: false };
      }
      const recordEnd = this.#recordEnd(this.#open, last);
      if (recordEnd === 'quotes' || recordEnd === 'mark') return { parts, fault: recordEnd };
      if (recordEnd === 'more') break;
      parts.push({ quoted: true, bytes: buffer.subarray(this.#start, recordEnd) });
      this.#start = recordEnd;
      this.#open = undefined;
    }
    return this.#bounded(parts);
  }

  #bounded(parts: readonly RecordSpan[]): CutRecords {
    return this.#end - this.#start > MAX_RECORD_BYTES ? { parts, fault: 'length' } : { parts };
  }

  #lineStart(at: number): number {
    return Math.max(this.#start, this.#bytes.lastIndexOf(NEWLINE, at) + 1);
  }

  /**
   * Where the record at `#start` ends, from `open.at` on. A quote may open only where a field begins and close
   * only where one ends; seeing that here keeps a stray quote from swallowing the rest of the file.
   */
  #recordEnd(open: { at: number; inQuotes: boolean }, last: boolean): number | 'more' | 'quotes' | 'mark' {
    const buffer = this.#bytes;
    const end = this.#end;
    let inQuotes = open.inQuotes;
    let at = open.at;
    for (; at < end; at += 1) {
      const byte = buffer[at];
      if (byte === QUOTE) {
        if (!inQuotes) {
          if (at > this.#start && buffer[at - 1] !== this.#delimiterEnd) {
            return buffer.subarray(this.#start, at).equals(BYTE_ORDER_MARK) ? 'mark' : 'quotes';
          }
          inQuotes = true;
        } else if (at + 1 === end) {
          if (last) return end;
          break;
        } else if (buffer[at + 1] === QUOTE) {
          at += 1;
        } else {
          if (!this.#endsField(buffer[at + 1])) return 'quotes';
          inQuotes = false;
        }
      } else if (byte === NEWLINE && !inQuotes) return at + 1;
    }
    if (last) return inQuotes ? 'quotes' : end;
    open.at = at;
    open.inQuotes = inQuotes;
    return 'more';
  }

  #endsField(byte: number | undefined): boolean {
    return byte === this.#delimiterStart || byte === NEWLINE || byte === CARRIAGE_RETURN;
  }
}
