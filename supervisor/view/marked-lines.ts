import { paint, symbolsOf, type TextStyle } from '../../src/report/text-style.js';
import type { VaultStatus } from '../../src/status/statuses.js';

/** What a status means where nothing is wanted but that all is done. */
export function toneOfTask(status: VaultStatus): 'good' | 'warn' | 'bad' {
  if (status === 'complete') return 'good';
  return status === 'interrupted' ? 'warn' : 'bad';
}

/** A paragraph behind the sign of a tone. */
export function markedLine(style: TextStyle, tone: 'good' | 'warn' | 'bad', text: string): string {
  return `${paint(style, tone, symbolsOf(style)[tone])} ${text}`;
}
