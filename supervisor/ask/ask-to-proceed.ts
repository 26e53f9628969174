import { asked } from './ask-person.js';
import { prompt } from './prompt.js';

export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/**
 * Asks before anything is sent or deleted, until the answer is yes or no, in full or by its first letter: true for yes; Enter alone
 * is neither. Ctrl-C throws `interrupted`.
 */
export async function askToProceed(
  words = 'Do you want to proceed?',
  terminal: Terminal = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  const question = {
    message: asked(`${words} (yes/no)`),
    validate: (given: string) => meaningOf(given) !== undefined || 'Answer yes or no.',
    // What was neither is not what anybody wants to go on typing.
    theme: { validationFailureMode: 'clear' },
  } as const;
  const answer = await prompt(({ input }) => input(question, terminal));
  return meaningOf(answer) ?? false;
}

function meaningOf(text: string): boolean | undefined {
  switch (text.trim().toLowerCase()) {
    case 'y':
    case 'yes':
      return true;
    case 'n':
    case 'no':
      return false;
    default:
      return undefined;
  }
}
