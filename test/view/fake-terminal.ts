import type { TextStream, ViewClock } from '../../supervisor/view/run-view.js';

const ESCAPE = '\u001b';

/**
 * A terminal's screen with the few control sequences that views may use; any other fails the test. It wraps,
 * scrolls into `history`, and remembers whether the cursor is shown. All characters count one column.
 */
export class FakeTerminal implements TextStream {
  columns: number;
  rows: number;
  readonly isTTY = true;
  readonly history: string[] = [];
  cursorShown = true;
  wraps = true;
  writes = 0;
  /** How often a character met the right edge and went on in the next line. */
  wrapped = 0;
  /** Characters that were cut off at the right edge. */
  cut = 0;
  #screen: string[][] = [[]];
  #row = 0;
  #column = 0;
  /** What the screen has; `columns` is what a program is told. */
  #width: number;
  readonly #resizeListeners = new Set<() => void>();

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.#width = columns;
    this.rows = rows;
  }

  get lines(): string[] {
    return this.#screen.map((line) => line.join('').trimEnd());
  }

  get listeners(): number {
    return this.#resizeListeners.size;
  }

  on(_event: 'resize', listener: () => void): void {
    this.#resizeListeners.add(listener);
  }

  off(_event: 'resize', listener: () => void): void {
    this.#resizeListeners.delete(listener);
  }

  /** A terminal that keeps its lines as they are when it becomes wider. */
  widen(columns: number): void {
    this.columns = columns;
    this.#width = columns;
    for (const listener of this.#resizeListeners) listener();
  }

  /** A terminal that breaks its lines anew, as tmux does, and says so only after what is done `meanwhile`. */
  narrow(columns: number, meanwhile: () => void): void {
    this.#width = columns;
    const broken = this.#screen.flatMap((line) =>
      Array.from({ length: Math.max(1, Math.ceil(line.length / columns)) }, (_, at) =>
        line.slice(at * columns, (at + 1) * columns),
      ),
    );
    const gone = Math.max(0, broken.length - this.rows);
    this.history.push(...broken.slice(0, gone).map((line) => line.join('').trimEnd()));
    this.#screen = broken.slice(gone);
    this.#row = this.#screen.length - 1;
    meanwhile();
    this.widen(columns);
  }

  write(text: string): void {
    this.writes += 1;
    let rest = text;
    while (rest !== '') {
      const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
      rest = rest.slice(character.length);
      if (character === ESCAPE) {
        const sequence = /^\[([?\d;]*[A-Za-z])/.exec(rest)?.[1];
        if (sequence === undefined)
          throw new Error(`unexpected escape before ${JSON.stringify(rest.slice(0, 10))}`);
        rest = rest.slice(sequence.length + 1);
        this.#control(sequence);
      } else if (character === '\n') this.#lineFeed();
      else if (character === '\r') this.#column = 0;
      else if (character < ' ') throw new Error(`unexpected control character ${JSON.stringify(character)}`);
      else this.#put(character);
    }
  }

  #control(sequence: string): void {
    if (sequence.endsWith('m')) return;
    if (sequence.endsWith('A')) this.#row = Math.max(0, this.#row - Number(sequence.slice(0, -1)));
    else if (sequence === 'H') this.#row = this.#column = 0;
    else if (sequence === 'K') this.#screen[this.#row]?.splice(this.#column);
    else if (sequence === '2K') this.#screen[this.#row] = [];
    else if (sequence === 'J') {
      // As tmux: a screen that is cleared from its first line on is kept as if it had been scrolled away.
      if (this.#row === 0 && this.#column === 0)
        this.history.push(...this.lines.filter((line) => line !== ''));
      this.#screen.length = this.#row + 1;
      this.#screen[this.#row]?.splice(this.#column);
    } else if (sequence === '?25l' || sequence === '?25h') this.cursorShown = sequence === '?25h';
    else if (sequence === '?7l' || sequence === '?7h') this.wraps = sequence === '?7h';
    else throw new Error(`unexpected control sequence ${JSON.stringify(sequence)}`);
  }

  #lineFeed(): void {
    this.#row += 1;
    this.#column = 0;
    if (this.#row >= this.rows) {
      this.history.push((this.#screen.shift() ?? []).join('').trimEnd());
      this.#row = this.rows - 1;
    }
    this.#screen[this.#row] ??= [];
  }

  #put(character: string): void {
    if (this.#column >= this.#width) {
      if (!this.wraps) {
        this.cut += 1;
        return;
      }
      this.wrapped += 1;
      this.#lineFeed();
    }
    const line = this.#screen[this.#row] ?? [];
    while (line.length < this.#column) line.push(' ');
    line[this.#column] = character;
    this.#screen[this.#row] = line;
    this.#column += 1;
  }
}

/** Time that passes when a test says so. */
export class FakeClock implements ViewClock {
  #nowMs = 0;
  readonly #repeated = new Set<{ readonly intervalMs: number; nextMs: number; readonly call: () => void }>();

  get running(): number {
    return this.#repeated.size;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  every(intervalMs: number, call: () => void): () => void {
    const entry = { intervalMs, nextMs: this.#nowMs + intervalMs, call };
    this.#repeated.add(entry);
    return () => {
      this.#repeated.delete(entry);
    };
  }

  pass(durationMs: number): void {
    const endMs = this.#nowMs + durationMs;
    for (;;) {
      const due = [...this.#repeated].filter(({ nextMs }) => nextMs <= endMs);
      const next = due.sort((a, b) => a.nextMs - b.nextMs)[0];
      if (next === undefined) break;
      this.#nowMs = next.nextMs;
      next.nextMs += next.intervalMs;
      next.call();
    }
    this.#nowMs = endMs;
  }
}
