/** Where a text stops being JSON; line and column count from 1. */
export interface JsonError {
  readonly line: number;
  readonly column: number;
  /** What stands there and what is expected, without quoting content. */
  readonly reason: string;
}

class Stop extends Error {
  readonly offset: number;
  constructor(offset: number, reason: string) {
    super(reason);
    this.offset = offset;
  }
}

const whitespace = /[ \t\n\r]*/y;
const number = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const word = /[A-Za-z]+/y;
const escape = /\\(["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Reads JSON only to find its first mistake: the messages of JSON.parse quote the content, ours must not. */
class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(): void {
    this.#readValue();
    this.#skipWhitespace();
    if (this.#at < this.#text.length) throw this.#stop('nothing more is expected after the value');
  }

  #stop(reason: string): Stop {
    const atEnd = this.#at >= this.#text.length;
    return new Stop(this.#at, atEnd ? `the file ends here, but ${reason}` : reason);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #skipWhitespace(): void {
    this.#match(whitespace);
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #readValue(): void {
    this.#skipWhitespace();
    const start = this.#at;
    const first = this.#text[this.#at];
    if (first === '{' || first === '[') {
      this.#at += 1;
      this.#readMembers(first === '{' ? '}' : ']');
      return;
    }
    if (first === '"') {
      this.#readText();
      return;
    }
    if (first === "'") throw this.#stop('a text must stand in double quotes');
    if (first === '/') throw this.#stop('JSON has no comments');
    if (this.#match(number) !== undefined) return;
    if (['true', 'false', 'null'].includes(this.#match(word) ?? '')) return;
    this.#at = start;
    throw this.#stop('a value is expected');
  }

  #readMembers(end: '}' | ']'): void {
    this.#skipWhitespace();
    if (this.#take(end)) return;
    for (;;) {
      this.#skipWhitespace();
      if (this.#text[this.#at] === end) throw this.#stop('a comma before the end is not allowed');
      if (end === '}') {
        if (this.#text[this.#at] !== '"') throw this.#stop('a key in double quotes is expected');
        this.#readText();
        this.#skipWhitespace();
        if (!this.#take(':')) throw this.#stop('a colon is expected after the key');
      }
      this.#readValue();
      this.#skipWhitespace();
      if (this.#take(end)) return;
      if (!this.#take(',')) throw this.#stop(`a comma or ${end} is expected`);
    }
  }

  #readText(): void {
    this.#at += 1;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) throw this.#stop('the text has no closing quote');
      if (character === '"') break;
      if (character === '\n' || character === '\r')
        throw this.#stop('the text has no closing quote in its line');
      if (character < ' ') throw this.#stop('a control character must be escaped in a text');
      if (character !== '\\') this.#at += 1;
      else if (this.#match(escape) === undefined)
        throw this.#stop('no such escape sequence; a backslash is \\\\');
    }
    this.#at += 1;
  }
}

/** The first mistake of a text that should be JSON; undefined when it is JSON. */
export function locateJsonError(text: string): JsonError | undefined {
  try {
    new JsonReader(text).readDocument();
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return { line: 1, column: 1, reason: 'it is nested too deeply' };
    if (!(error instanceof Stop)) throw error;
    const before = text.slice(0, error.offset).split(/\r\n|\n|\r/);
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, reason: error.message };
  }
}
