import { printable } from '../../src/report/screen-text.js';
import { prompt } from './prompt.js';

// Questions stand on stderr: stdout is for results.
const terminal = { output: process.stderr };

export interface TextQuestion {
  readonly question: string;
  /** The answer of who only presses Enter. */
  readonly usual?: string;
  /** What is wrong with an answer, in words; undefined: nothing. */
  readonly fault?: (answer: string) => string | undefined;
}

/** A line of text without blanks around it; an empty one only where the fault allows it. */
export async function askText({ question, usual, fault }: TextQuestion): Promise<string> {
  const answer = await prompt(({ input }) =>
    input(
      {
        message: printable(question),
        ...(usual === undefined ? {} : { default: usual }),
        validate: (text) => fault?.(text.trim() === '' ? (usual ?? '') : text.trim()) ?? true,
      },
      terminal,
    ),
  );
  return answer.trim();
}

export async function askYesNo(question: string, usual: boolean): Promise<boolean> {
  return prompt(({ confirm }) => confirm({ message: printable(question), default: usual }, terminal));
}

export interface Choice<T extends string> {
  readonly value: T;
  readonly name: string;
}

export async function askChoice<T extends string>(
  question: string,
  choices: readonly Choice<T>[],
): Promise<T> {
  return prompt(({ select }) =>
    select({ message: printable(question), choices: choices.map(shown) }, terminal),
  );
}

/** Any number of the choices, which all are chosen at first. */
export async function askSeveral<T extends string>(
  question: string,
  choices: readonly Choice<T>[],
): Promise<T[]> {
  const boxes = choices.map((choice) => ({ ...shown(choice), checked: true }));
  return prompt(({ checkbox }) => checkbox({ message: printable(question), choices: boxes }, terminal));
}

function shown<T extends string>({ value, name }: Choice<T>): Choice<T> {
  return { value, name: printable(name) };
}
