import { input } from '@inquirer/prompts';
import { asInterruption } from '../ask/ask-secret.js';

export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** Asks until the answer is yes or no, in full or by its first letter: true for yes. Ctrl-C throws `interrupted`. */
export async function askToProceed(terminal: Terminal): Promise<boolean> {
  try {
    const text = await input(
      {
        message: 'Do you want to proceed? (yes/no)',
        validate: (given) => meaningOf(given) !== undefined || 'Answer yes or no.',
      },
      terminal,
    );
    return meaningOf(text) ?? false;
  } catch (error) {
    throw asInterruption(error);
  }
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
