import { asTyped } from './write-for-people.js';
import { displayWidth, printable } from '../../src/report/screen-text.js';
import { terminalSize, type TextStream } from './run-view.js';

const ESC = '\u001b[';
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
const WRAP_OFF = `${ESC}?7l`;
const WRAP_ON = `${ESC}?7h`;
const ERASE_LINE = `${ESC}2K`;
const ERASE_BELOW = `${ESC}J`;
const ERASE_REST = `${ESC}K`;
const HOME = `${ESC}H`;

/** What was said above the region last, and is said again on a screen that was cleared. */
const mostAbove = 100;

/** Whole lines for a terminal of so many columns. */
type Said = (columns: number) => readonly string[];

const drawnOn = new Set<TextStream>();

/** Shows the cursor and lets lines wrap again, whatever was left behind. */
function restore(stream: TextStream): void {
  stream.write(WRAP_ON + SHOW_CURSOR);
}

/** Once more at the end of the process: what was written to a terminal just before a Ctrl-C, the system throws away there. */
function restoreAtExit(stream: TextStream): void {
  if (drawnOn.size === 0) process.once('exit', () => drawnOn.forEach(restore));
  drawnOn.add(stream);
}

/**
 * The last lines of a terminal, redrawn in place. Between two writes the cursor stands, hidden, at the beginning
 * of the line below the region, and lines wrap as usual; each drawing is one write. A terminal of another width has
 * broken or joined the lines that stand there, and may have done so before it said so, while more was drawn: nobody
 * can count how many they are, so the screen is cleared and shown anew. From `open` on the terminal is restored when the process exits, by whatever
 * way that lets it run its exit handlers.
 */
export class LiveRegion {
  readonly #stream: TextStream;
  #lines: readonly string[] = [];
  /** What was said last above the region. */
  #above: Said[] = [];
  #columns = 0;
  #isOpen = false;

  constructor(stream: TextStream) {
    this.#stream = stream;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#lines = [];
    this.#above = [];
    this.#columns = terminalSize(this.#stream).columns;
    restoreAtExit(this.#stream);
    this.#stream.write(HIDE_CURSOR);
  }

  /** Replaces the region by `lines`, each no wider and all no more than the terminal; the same again is free. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    if (sameLines(lines, this.#lines) && this.#columns === terminalSize(this.#stream).columns) return;
    this.#write([], lines);
  }

  /** Writes whole lines that stay, above the region; broken anew when the terminal becomes narrower or wider. */
  printAbove(said: Said): void {
    if (this.#isOpen)
      this.#write([(columns) => said(columns).map((line) => printable(asTyped(line)))], this.#lines);
  }

  /** Leaves `lines` as the region's last state and gives the terminal back; a second call does nothing. */
  close(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    this.#write([], lines);
    this.#isOpen = false;
    restore(this.#stream);
  }

  #write(above: readonly Said[], lines: readonly string[]): void {
    const { columns, rows } = terminalSize(this.#stream);
    const isCleared = columns !== this.#columns;
    this.#columns = columns;
    this.#above = [...this.#above, ...above].slice(-mostAbove);
    const shown = isCleared
      ? this.#fitting(rows - 1 - lines.length, columns)
      : above.flatMap((said) => said(columns));
    const height = this.#lines.length;
    const start = isCleared ? HOME : `\r${height === 0 ? '' : `${ESC}${height}A`}`;
    // Some terminals keep what is cleared at once from their first line on as if it had been scrolled away, so all is
    // cleared line by line, which never flickers either; text above may wrap, so its lines are cleared to their ends.
    const rest = (line: string): string => (displayWidth(line) % columns === 0 ? '' : ERASE_REST);
    const emptied = height > 0 && lines.length === 0 && shown.length === 0;
    const drawn = lines.map((line) => `${ERASE_LINE}${printable(line)}\n`).join('');
    const text = emptied
      ? `${`${ERASE_LINE}\n`.repeat(height)}${ESC}${height}A`
      : shown.map((line) => `${ERASE_LINE}${line}${rest(line)}\n`).join('');
    this.#stream.write(`${start}${text}${WRAP_OFF}${drawn}${WRAP_ON}${emptied ? '' : ERASE_BELOW}`);
    this.#lines = lines;
  }

  /** The last lines above that take no more than `room` on the screen. */
  #fitting(room: number, columns: number): string[] {
    const above = this.#above.flatMap((said) => said(columns));
    let left = room;
    const from = above.findLastIndex((line) => {
      left -= Math.max(1, Math.ceil(displayWidth(line) / columns));
      return left < 0;
    });
    return above.slice(from + 1);
  }
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, at) => line === b[at]);
}
