import { printable } from '../../src/report/screen-text.js';
import { prompt } from './prompt.js';

/** Asks until the id is typed out in full: nobody deletes by pressing Enter once too often. */
export async function askTypedId(question: string, id: string): Promise<void> {
  const validate = (typed: string): true | string =>
    typed.trim() === id || `Type ${id} exactly, or press Ctrl-C.`;
  await prompt(({ input }) => input({ message: printable(question), validate }, { output: process.stderr }));
}
