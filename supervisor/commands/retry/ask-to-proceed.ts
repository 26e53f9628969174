import { prompt } from '../../ask/prompt.js';

export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** Asks until the answer is yes or no, in full or by its first letter: true for yes. Ctrl-C throws `interrupted`. */
export async function askToProceed(terminal: Terminal): Promise<boolean> {
  const question = {
    message: 'Do you want to proceed? (yes/no)',
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
