import { checkbox, confirm, input, select } from '@inquirer/prompts';
import { asInterruption } from './ask-secret.js';

// Questions stand on stderr: stdout is for results.
const terminal = { output: process.stderr };

/** One question at a time; Ctrl-C at any of them throws `interrupted`. */
async function ask<T>(question: Promise<T>): Promise<T> {
  try {
    return await question;
  } catch (error) {
    throw asInterruption(error);
  }
}

export interface TextQuestion {
  readonly question: string;
  /** The answer of who only presses Enter. */
  readonly usual?: string;
  /** What is wrong with an answer, in words; undefined: nothing. */
  readonly fault?: (answer: string) => string | undefined;
}

/** A line of text without blanks around it; an empty one only where the fault allows it. */
export async function askText({ question, usual, fault }: TextQuestion): Promise<string> {
  const answer = await ask(
    input(
      {
        message: question,
        ...(usual === undefined ? {} : { default: usual }),
        validate: (text) => fault?.(text.trim() === '' ? (usual ?? '') : text.trim()) ?? true,
      },
      terminal,
    ),
  );
  return answer.trim();
}

export async function askYesNo(question: string, usual: boolean): Promise<boolean> {
  return ask(confirm({ message: question, default: usual }, terminal));
}

export interface Choice<T extends string> {
  readonly value: T;
  readonly name: string;
}

export async function askChoice<T extends string>(
  question: string,
  choices: readonly Choice<T>[],
): Promise<T> {
  return ask(select({ message: question, choices: [...choices] }, terminal));
}

/** Any number of the choices, which all are chosen at first. */
export async function askSeveral<T extends string>(
  question: string,
  choices: readonly Choice<T>[],
): Promise<T[]> {
  const shown = choices.map((choice) => ({ ...choice, checked: true }));
  return ask(checkbox({ message: question, choices: shown }, terminal));
}
