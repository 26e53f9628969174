import { displayWidth } from '../../src/report/screen-text.js';
import { paint, symbolsOf, type TextStyle, type Tone } from '../../src/report/text-style.js';

/** One figure in a line. Cells of one key stand under each other in all lines of a group. */
export interface Cell {
  readonly key: string;
  readonly text: string;
  /** 0 is kept longest; a cell is dropped from all lines of the group or from none. */
  readonly importance: number;
  readonly align?: 'left' | 'right';
  readonly tone?: Tone | undefined;
  /** Given for a bar: its filled share, 0 to 1; `text` is empty then and the bar takes the room that is left. */
  readonly share?: number;
}

const GAP = '  ';
const MIN_BAR = 10;
const MAX_BAR = 30;

/**
 * The cells of a group of lines as columns that fit into `room`, each line beginning with a gap. The rows hold
 * the same keys in the same order. What does not fit is dropped, the least important first: a narrower room
 * shows a part of what a wider one shows.
 */
export function layOutCells(rows: readonly (readonly Cell[])[], room: number, style: TextStyle): string[] {
  const widths = new Map<string, number>();
  const importance = new Map<string, number>();
  for (const cell of rows.flat()) {
    const width = cell.share === undefined ? displayWidth(cell.text) : MIN_BAR;
    widths.set(cell.key, Math.max(widths.get(cell.key) ?? 0, width));
    importance.set(cell.key, Math.min(importance.get(cell.key) ?? Infinity, cell.importance));
  }
  const byImportance = [...importance].sort(([, a], [, b]) => a - b).map(([key]) => key);
  const shown = new Set<string>();
  let left = room;
  for (const key of byImportance) {
    const width = widths.get(key) ?? 0;
    if (width === 0) continue;
    if (GAP.length + width > left) break;
    left -= GAP.length + width;
    shown.add(key);
  }
  const barWidth = Math.min(MAX_BAR, MIN_BAR + left);
  return rows.map((row) =>
    row
      .filter(({ key }) => shown.has(key))
      .map((cell) => GAP + renderCell(cell, widths.get(cell.key) ?? 0, barWidth, style))
      .join(''),
  );
}

function renderCell(cell: Cell, width: number, barWidth: number, style: TextStyle): string {
  if (cell.share !== undefined) return renderBar(cell.share, barWidth, style);
  const text = cell.tone === undefined ? cell.text : paint(style, cell.tone, cell.text);
  const padding = ' '.repeat(Math.max(0, width - displayWidth(cell.text)));
  return cell.align === 'right' ? padding + text : text + padding;
}

/** Full only when the share is whole. */
function renderBar(share: number, width: number, style: TextStyle): string {
  const { barFull, barEmpty } = symbolsOf(style);
  const filled = Math.floor(Math.min(1, Math.max(0, share)) * width);
  return (
    paint(style, 'accent', barFull.repeat(filled)) + paint(style, 'dim', barEmpty.repeat(width - filled))
  );
}
