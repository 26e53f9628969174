import { printable } from '../../src/report/screen-text.js';
import type { Withdrawal } from './ask-person.js';
import { prompt } from './prompt.js';

/** Asks for a secret, which is not shown while it is typed. Undefined when the answer is empty. */
export async function askSecret(question: string, { signal }: Withdrawal = {}): Promise<string | undefined> {
  const answer = await prompt(({ password }) =>
    password(
      { message: printable(question), mask: true },
      { output: process.stderr, ...(signal === undefined ? {} : { signal }) },
    ),
  );
  return answer.trim() === '' ? undefined : answer.trim();
}
