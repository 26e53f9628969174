import { isatty } from 'node:tty';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type * as Questions from './questions.js';

/** Whether a person can be asked: both what is typed and what is shown are a terminal's. */
export function canAsk(): boolean {
  return isatty(0) && isatty(2);
}

/**
 * One question, asked with the library's prompts; they are loaded only now, because most runs ask nothing. Ctrl-C
 * throws `interrupted`: a prompt takes the key from the terminal, so that it arrives as no signal.
 */
export async function prompt<T>(ask: (questions: typeof Questions) => Promise<T>): Promise<T> {
  const questions = await import('./questions.js');
  try {
    return await ask(questions);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ExitPromptError') throw error;
    throw new SuperviseError('interrupted', 'stopped at a question; nothing was started');
  }
}
