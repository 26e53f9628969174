import { input } from '@inquirer/prompts';
import { asInterruption } from './ask-secret.js';

/** Asks until the id is typed out in full: nobody deletes by pressing Enter once too often. Ctrl-C throws `interrupted`. */
export async function askTypedId(question: string, id: string): Promise<void> {
  try {
    await input(
      {
        message: question,
        validate: (typed) => typed.trim() === id || `Type ${id} exactly, or press Ctrl-C.`,
      },
      { output: process.stderr },
    );
  } catch (error) {
    throw asInterruption(error);
  }
}
