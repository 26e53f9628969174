import { isatty } from 'node:tty';
import type * as Prompts from '@inquirer/prompts';
import { SuperviseError } from '../../src/errors/supervise-error.js';

/** Whether a person can be asked: both what is typed and what is shown are a terminal's. */
export function canAsk(): boolean {
  return isatty(0) && isatty(2);
}

/**
 * One question, asked with the library's prompts; they are loaded only now, because most runs ask nothing. Ctrl-C
 * throws `interrupted`: a prompt takes the key from the terminal, so that it arrives as no signal.
 */
export async function prompt<T>(ask: (prompts: typeof Prompts) => Promise<T>): Promise<T> {
  const prompts = await import('@inquirer/prompts');
  try {
    return await ask(prompts);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ExitPromptError') throw error;
    throw new SuperviseError('interrupted', 'stopped at a question; nothing was started');
  }
}
