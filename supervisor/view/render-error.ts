import type { ErrorFacts } from '../../src/errors/supervise-error.js';
import { wrapAdvice } from '../../src/report/screen-text.js';

/** What ends the program, for people; on a terminal of `columns`, broken between words and each line's indent kept. */
export function renderError(
  { message, hint }: Pick<ErrorFacts, 'message' | 'hint'>,
  columns: number | undefined,
): string {
  const text = `error: ${message}${hint === undefined ? '' : `\n${hint}`}`;
  if (columns === undefined) return `${text}\n`;
  const lines = text.split('\n').flatMap((line) => {
    const indent = /^ */.exec(line)?.[0] ?? '';
    const room = Math.max(20, columns - indent.length - (indent === '' ? 0 : 2));
    return wrapAdvice(line.slice(indent.length), room).map(
      (part, at) => indent + (at > 0 && indent !== '' ? '  ' : '') + part,
    );
  });
  return `${lines.join('\n')}\n`;
}
