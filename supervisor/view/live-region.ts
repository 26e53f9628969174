import { asTyped } from './as-typed.js';
import { displayWidth, printable } from '../../src/report/screen-text.js';
import { terminalSize, type TextStream } from './run-view.js';

const ESC = '\u001b[';
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
const WRAP_OFF = `${ESC}?7l`;
const WRAP_ON = `${ESC}?7h`;
const ERASE_LINE = `${ESC}2K`;
const ERASE_BELOW = `${ESC}J`;

/** Shows the cursor and lets lines wrap again, whatever was left behind. */
export function restoreTerminal(stream: Pick<TextStream, 'write'>): void {
  stream.write(WRAP_ON + SHOW_CURSOR);
}

/**
 * The last lines of a terminal, redrawn in place. Between two writes the cursor stands, hidden, at the beginning
 * of the line below the region, and lines wrap as usual; each drawing is one write. A terminal that became
 * narrower has broken the lines that stand there into several, which is counted before going up. From `open` on
 * the terminal is restored when the process exits, by whatever way that lets it run its exit handlers.
 */
export class LiveRegion {
  readonly #stream: TextStream;
  readonly #restore = (): void => {
    restoreTerminal(this.#stream);
  };
  #lines: readonly string[] = [];
  #isOpen = false;

  constructor(stream: TextStream) {
    this.#stream = stream;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#lines = [];
    process.once('exit', this.#restore);
    this.#stream.write(HIDE_CURSOR);
  }

  /** Replaces the region by `lines`, each no wider and all no more than the terminal; the same again is free. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen || sameLines(lines, this.#lines)) return;
    this.#write('', lines);
  }

  /** Writes whole lines that stay, above the region. */
  printAbove(lines: readonly string[]): void {
    if (this.#isOpen) this.#write(lines.map((line) => `${printable(asTyped(line))}\n`).join(''), this.#lines);
  }

  /** Leaves `lines` as the region's last state and gives the terminal back; a second call does nothing. */
  close(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    this.#write('', lines);
    this.#isOpen = false;
    process.off('exit', this.#restore);
    restoreTerminal(this.#stream);
  }

  #write(above: string, lines: readonly string[]): void {
    const height = this.#heightNow();
    const up = height === 0 ? '' : `${ESC}${height}A`;
    // Text above may wrap, so it needs clean lines; without it, lines are replaced one by one, which never flickers.
    const clearing = above === '' ? '' : ERASE_BELOW;
    const drawn = lines.map((line) => `${ERASE_LINE}${printable(line)}\n`).join('');
    this.#stream.write(`\r${up}${clearing}${above}${WRAP_OFF}${drawn}${WRAP_ON}${ERASE_BELOW}`);
    this.#lines = lines;
  }

  #heightNow(): number {
    const { columns } = terminalSize(this.#stream);
    return this.#lines.reduce(
      (height, line) => height + Math.max(1, Math.ceil(displayWidth(line) / columns)),
      0,
    );
  }
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, at) => line === b[at]);
}
