import { columnsOf, foldLine } from '../../src/report/lay-out.js';
import { singleLine } from '../../src/report/screen-text.js';
import { paint, symbolsOf, type TextStyle, type Tone } from '../../src/report/text-style.js';
import type { NoticeLevel } from '../run/vault-state.js';

export interface Notice {
  readonly level: NoticeLevel;
  /** Line breaks stay; what else could move the cursor goes. */
  readonly text: string;
  readonly vault?: string | undefined;
  readonly style: TextStyle;
  /** Breaks lines between words, paths and commands never; without it lines are as long as they are. */
  readonly columns?: number | undefined;
}

/** A notice as whole lines, marked with its level and vault; further lines are indented. */
export function renderNotice({ level, text, vault, style, columns }: Notice): string[] {
  const prefix = vault === undefined ? '' : `[${singleLine(vault, 80)}] `;
  const { label, tone } = markOf(level, style);
  const room = columns === undefined ? Infinity : Math.max(20, columnsOf({ columns }) - 4);
  const lines = text
    .split(/\r?\n/)
    .flatMap((line, at) => foldLine((at === 0 ? prefix : '') + singleLine(line, 2000), room - label.length));
  return lines.map((line, at) => (at === 0 ? paint(style, tone, label) : ' '.repeat(label.length)) + line);
}

function markOf(level: NoticeLevel, style: TextStyle): { readonly label: string; readonly tone: Tone } {
  const symbols = symbolsOf(style);
  switch (level) {
    case 'info':
      return { label: '', tone: 'dim' };
    case 'warn':
      return { label: style.unicode ? `${symbols.warn} ` : 'Warning: ', tone: 'warn' };
    case 'error':
      return { label: style.unicode ? `${symbols.bad} ` : 'Error: ', tone: 'bad' };
    default:
      return level satisfies never;
  }
}
