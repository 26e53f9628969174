import { isatty } from 'node:tty';
import { password } from '@inquirer/prompts';
import { SuperviseError } from '../../src/errors/supervise-error.js';

/** Whether a person can be asked: both what is typed and what is shown are a terminal's. */
export function canAsk(): boolean {
  return isatty(0) && isatty(2);
}

/**
 * Asks for a secret, which is not shown while it is typed. Undefined when the answer is empty. Ctrl-C throws
 * `interrupted`: a prompt takes the key from the terminal, so that it arrives as no signal.
 */
export async function askSecret(question: string): Promise<string | undefined> {
  try {
    const answer = await password({ message: question, mask: true }, { output: process.stderr });
    return answer.trim() === '' ? undefined : answer.trim();
  } catch (error) {
    throw asInterruption(error);
  }
}

/** What a prompt throws, with Ctrl-C as what it means. */
export function asInterruption(error: unknown): unknown {
  return error instanceof Error && error.name === 'ExitPromptError'
    ? new SuperviseError('interrupted', 'stopped at a question; nothing was started')
    : error;
}
