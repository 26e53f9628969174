import type { ErrorFacts } from '../../src/errors/supervise-error.js';

/** What ends the program, for people. */
export function renderError({ message, hint }: Pick<ErrorFacts, 'message' | 'hint'>): string {
  return `error: ${message}${hint === undefined ? '' : `\n${hint}`}\n`;
}
