import { LineError } from '../files/file-errors.js';
import { brokenQuote, markAt, strayReturnAt } from './csv-errors.js';
import type { Dialect } from './dialect.js';

/** One record. A field that stands for no value is empty. */
export interface DialectRecord {
  readonly cells: readonly string[];
  /** The physical line on which it begins, and on how many it stands. */
  readonly line: number;
  readonly lines: number;
  readonly isBlank: boolean;
}

/** Where the next character stands. */
type Mode = 'record' | 'field' | 'plain' | 'quoted' | 'closed' | 'comment';

const MARK = '\uFEFF';

/**
 * Parses text that is cut anywhere. What may need a look ahead (a delimiter of several characters, a doubled quote, an
 * escape, CRLF) is kept back until there is enough text, so that a character is looked at once.
 */
export class DialectParser {
  readonly #path: string;
  readonly #dialect: Dialect;
  readonly #lookahead: number;
  readonly #special: RegExp;
  readonly #escapesPlain: boolean;
  #rest = '';
  #mode: Mode = 'record';
  #cells: string[] = [];
  #cell = '';
  #hasQuotes = false;
  #isNull = false;
  #line: number;
  #recordLine: number;
  #recordLength = 0;

  constructor({ path, dialect, firstLine }: { path: string; dialect: Dialect; firstLine: number }) {
    const { delimiter, quote, escape, nullStrings, comment = '', letters } = dialect;
    this.#path = path;
    this.#dialect = dialect;
    this.#line = firstLine;
    this.#recordLine = firstLine;
    const longest = Math.max(comment.length, ...nullStrings.map(({ length }) => length));
    this.#lookahead = longest + delimiter.length + 2;
    const specials = ['\n', '\r', delimiter[0] ?? ',', quote ?? '', escape === 'backslash' ? '\\' : ''];
    const escaped = specials.join('').replaceAll(/[\\\]^-]/g, String.raw`\$&`);
    this.#special = new RegExp(`[${escaped}]`, 'g');
    // Programs that say what their letters mean escape everywhere; others inside quotes only.
    this.#escapesPlain = escape === 'backslash' && (quote === undefined || Object.keys(letters).length > 0);
  }

  /** The physical line that has been come to. */
  get line(): number {
    return this.#line;
  }

  /** The physical line on which more text goes on. */
  get moreLine(): number {
    return this.#line + this.#rest.split('\n').length - 1;
  }

  /** The physical line on which what is held begins. */
  get heldLine(): number {
    return this.#mode === 'record' ? this.#line : this.#recordLine;
  }

  /** Characters that are in no whole record yet. */
  get heldLength(): number {
    return this.#rest.length + (this.#mode === 'record' ? 0 : this.#recordLength);
  }

  get recordLine(): number {
    return this.#recordLine;
  }

  /** Characters of the record that is not whole yet. */
  get recordLength(): number {
    return this.#recordLength;
  }

  /** The records that are whole now; with `isLast`, all. */
  *parse(more: string, isLast: boolean): Generator<DialectRecord, void, void> {
    const text = this.#rest + more;
    const limit = isLast ? text.length : text.length - this.#lookahead;
    let at = 0;
    while (at < limit) {
      const before = at;
      at = this.#step(text, at, limit);
      this.#recordLength += at - before;
      if (this.#mode === 'record' && this.#cells.length > 0) yield this.#endRecord();
    }
    this.#rest = text.slice(at);
    if (!isLast || this.#mode === 'record' || this.#mode === 'comment') return;
    if (this.#mode === 'quoted') throw brokenQuote(this.#place());
    this.#endCell();
    yield this.#endRecord();
  }

  #step(text: string, at: number, limit: number): number {
    switch (this.#mode) {
      case 'record':
        return this.#beginRecord(text, at);
      case 'field':
        return this.#beginField(text, at);
      case 'plain':
        return this.#plain(text, at, limit);
      case 'quoted':
        return this.#quoted(text, at, limit);
      case 'closed':
        return this.#closed(text, at);
      case 'comment':
        return this.#passComment(text, at, limit);
      default:
        return this.#mode satisfies never;
    }
  }

  #beginRecord(text: string, at: number): number {
    const { comment } = this.#dialect;
    this.#recordLine = this.#line;
    this.#recordLength = 0;
    this.#mode = comment !== undefined && text.startsWith(comment, at) ? 'comment' : 'field';
    return at;
  }

  #beginField(text: string, at: number): number {
    const { quote, nullStrings } = this.#dialect;
    if (quote !== undefined && text[at] === quote) {
      this.#mode = 'quoted';
      this.#hasQuotes = true;
      return at + 1;
    }
    this.#mode = 'plain';
    const found = nullStrings.find(
      (one) => text.startsWith(one, at) && this.#endsField(text, at + one.length),
    );
    if (found === undefined) return at;
    this.#isNull = true;
    return at + found.length;
  }

  #plain(text: string, from: number, limit: number): number {
    const { delimiter, quote } = this.#dialect;
    const at = this.#findSpecial(text, from, limit);
    if (at > from) this.#cell += text.slice(from, at);
    if (at >= limit) return at;
    if (text.startsWith(delimiter, at)) {
      this.#endCell();
      this.#mode = 'field';
      return at + delimiter.length;
    }
    const character = text[at];
    if (character === '\n' || character === '\r') return this.#lineEnd(text, at);
    if (character === quote) throw this.#cell === MARK ? markAt(this.#place()) : brokenQuote(this.#place());
    if (character === '\\' && this.#escapesPlain) return this.#escape(text, at);
    this.#cell += character ?? '';
    return at + 1;
  }

  #quoted(text: string, from: number, limit: number): number {
    const { quote, escape } = this.#dialect;
    const at = this.#findSpecial(text, from, limit);
    if (at > from) this.#cell += text.slice(from, at);
    if (at >= limit) return at;
    const character = text[at] ?? '';
    if (character === quote) {
      if (escape === 'doubled' && text[at + 1] === quote) {
        this.#cell += quote;
        return at + 2;
      }
      this.#mode = 'closed';
      return at + 1;
    }
    if (character === '\\' && escape === 'backslash') return this.#escape(text, at);
    if (character === '\n') this.#line += 1;
    this.#cell += character;
    return at + 1;
  }

  #closed(text: string, at: number): number {
    const { delimiter } = this.#dialect;
    if (text.startsWith(delimiter, at)) {
      this.#endCell();
      this.#mode = 'field';
      return at + delimiter.length;
    }
    if (text[at] === '\n' || text[at] === '\r') return this.#lineEnd(text, at);
    throw brokenQuote(this.#place());
  }

  #passComment(text: string, from: number, limit: number): number {
    const end = text.indexOf('\n', from);
    if (end < 0 || end >= limit) return limit;
    this.#line += 1;
    this.#mode = 'record';
    return end + 1;
  }

  #lineEnd(text: string, at: number): number {
    const isPair = text[at] === '\r';
    if (isPair && text[at + 1] !== '\n') throw strayReturnAt({ path: this.#path, line: this.#line });
    this.#endCell();
    this.#line += 1;
    this.#mode = 'record';
    return at + (isPair ? 2 : 1);
  }

  /** What cannot be known is refused: another meaning is another value. */
  #escape(text: string, at: number): number {
    const { delimiter, quote, letters } = this.#dialect;
    const next = text[at + 1];
    const meant =
      next === '\\' || next === quote || next === delimiter[0] || next === '\n' ? next : letters[next ?? ''];
    if (meant === undefined) {
      throw new LineError(
        { path: this.#path, line: this.#line },
        'a backslash that is followed by something whose meaning is not known',
        'csv.dialect says which program wrote the file; csv.escape "none" takes backslashes as they stand.',
      );
    }
    if (next === '\n') this.#line += 1;
    this.#cell += meant;
    return at + 2;
  }

  #findSpecial(text: string, from: number, limit: number): number {
    this.#special.lastIndex = from;
    return Math.min(limit, this.#special.exec(text)?.index ?? limit);
  }

  #endsField(text: string, at: number): boolean {
    return (
      at === text.length ||
      text[at] === '\n' ||
      text.startsWith('\r\n', at) ||
      text.startsWith(this.#dialect.delimiter, at)
    );
  }

  #endCell(): void {
    this.#cells.push(this.#cell);
    this.#cell = '';
  }

  #endRecord(): DialectRecord {
    const cells = this.#cells;
    const isBlank = cells.length === 1 && cells[0] === '' && !this.#hasQuotes && !this.#isNull;
    // A line end inside the record, but for its own.
    const lines = Math.max(1, this.#line - this.#recordLine);
    this.#cells = [];
    this.#hasQuotes = false;
    this.#isNull = false;
    return { cells, line: this.#recordLine, lines, isBlank };
  }

  #place(): { path: string; line: number } {
    return { path: this.#path, line: this.#recordLine };
  }
}
