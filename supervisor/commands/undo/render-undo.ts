import { formatCount } from '../../../src/report/format-numbers.js';
import { singleLine } from '../../../src/report/screen-text.js';
import type { TextStyle } from '../../../src/report/text-style.js';
import { markedLines, toneOfTask } from '../../view/marked-lines.js';
import type { Undo } from './undo-evidence.js';

/** An undo for people, in at most 80 columns; paths are never cut. */
export function renderUndo(undo: Undo, file: string, style: TextStyle): string {
  const lines = undo.vaults.flatMap(({ name, status, ids, deleted, gone, without_id: left, error }) => {
    const tone = status === 'complete' && left > 0 ? 'warn' : toneOfTask(status);
    const text = [
      `${name}: ${formatCount(deleted)} of ${formatCount(ids)} records deleted`,
      ...(gone === 0 ? [] : [`${formatCount(gone)} were gone already`]),
      ...(left === 0 ? [] : [`${formatCount(left)} of which no id is known stay`]),
      ...(error === undefined ? [] : [singleLine(error.message, 1000)]),
    ].join(', ');
    return markedLines(style, tone, text);
  });
  const goesOn = undo.vaults.some(({ status }) => status !== 'complete');
  const last = goesOn ? [`The same command goes on. (exit status ${undo.exit_code})`] : [];
  return `${[...lines, `Written to ${file}`, ...last].join('\n')}\n`;
}
