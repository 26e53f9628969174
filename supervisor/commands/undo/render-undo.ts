import { formatCount } from '../../../src/report/format-numbers.js';
import { singleLine, wrapProse } from '../../../src/report/screen-text.js';
import { paint, symbolsOf, type TextStyle } from '../../../src/report/text-style.js';
import type { Undo } from './undo-evidence.js';

/** An undo for people, in at most 80 columns; paths are never cut. */
export function renderUndo(undo: Undo, file: string, style: TextStyle): string {
  const { good, bad, warn } = symbolsOf(style);
  const lines = undo.vaults.flatMap(({ name, status, ids, deleted, gone, without_id: left, error }) => {
    const isWhole = status === 'complete' && left === 0;
    const [symbol, tone] = isWhole
      ? ([good, 'good'] as const)
      : status === 'complete' || status === 'interrupted'
        ? ([warn, 'warn'] as const)
        : ([bad, 'bad'] as const);
    const text = [
      `${name}: ${formatCount(deleted)} of ${formatCount(ids)} records deleted`,
      ...(gone === 0 ? [] : [`${formatCount(gone)} were gone already`]),
      ...(left === 0 ? [] : [`${formatCount(left)} of which no id is known stay`]),
      ...(error === undefined ? [] : [singleLine(error.message, 1000)]),
    ].join(', ');
    return wrapProse(text, 76).map((line, at) =>
      at === 0 ? `${paint(style, tone, symbol)} ${line}` : `  ${line}`,
    );
  });
  const goesOn = undo.vaults.some(({ status }) => status !== 'complete');
  const last = goesOn ? [`The same command goes on. (exit status ${undo.exit_code})`] : [];
  return `${[...lines, `Written to ${file}`, ...last].join('\n')}\n`;
}
