import { wrapProse } from '../../src/report/screen-text.js';
import { paint, symbolsOf, type TextStyle } from '../../src/report/text-style.js';
import type { VaultStatus } from '../../src/status/statuses.js';

/** What a status means where nothing is wanted but that all is done. */
export function toneOfTask(status: VaultStatus): 'good' | 'warn' | 'bad' {
  if (status === 'complete') return 'good';
  return status === 'interrupted' ? 'warn' : 'bad';
}

/** Text in lines of at most 78 columns, the first behind the sign of a tone, the others under it. */
export function markedLines(style: TextStyle, tone: 'good' | 'warn' | 'bad', text: string): string[] {
  return wrapProse(text, 76).map((line, at) =>
    at === 0 ? `${paint(style, tone, symbolsOf(style)[tone])} ${line}` : `  ${line}`,
  );
}
