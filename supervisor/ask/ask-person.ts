import { columnsOf, foldLines } from '../../src/report/lay-out.js';
import { printable } from '../../src/report/screen-text.js';
import { terminalSize } from '../view/run-view.js';
import { prompt } from './prompt.js';

/** How a question is taken back: it rejects then, and the terminal is given back. */
interface Withdrawal {
  readonly signal?: AbortSignal | undefined;
}

// Questions stand on stderr: stdout is for results.
const terminal = ({ signal }: Withdrawal): { output: NodeJS.WriteStream; signal?: AbortSignal } => ({
  output: process.stderr,
  ...(signal === undefined ? {} : { signal }),
});

/** The question in lines that leave room for its mark, and for what may be answered. */
export function asked(question: string): string {
  return foldLines(
    printable(question),
    columnsOf(terminalSize(process.stderr)) - ' (y/N) '.length - '? '.length,
  );
}

export interface TextQuestion extends Withdrawal {
  readonly question: string;
  /** The answer of who only presses Enter. */
  readonly usual?: string;
  /** What is wrong with an answer, in words; undefined: nothing. */
  readonly fault?: (answer: string) => string | undefined;
}

/** A line of text without blanks around it; an empty one only where the fault allows it. */
export async function askText({ question, usual, fault, ...withdrawal }: TextQuestion): Promise<string> {
  const answer = await prompt(({ input }) =>
    input(
      {
        message: asked(question),
        ...(usual === undefined ? {} : { default: usual }),
        validate: (text) => fault?.(text.trim() === '' ? (usual ?? '') : text.trim()) ?? true,
      },
      terminal(withdrawal),
    ),
  );
  return answer.trim();
}

export async function askYesNo(
  question: string,
  usual: boolean,
  withdrawal: Withdrawal = {},
): Promise<boolean> {
  return prompt(({ confirm }) => confirm({ message: asked(question), default: usual }, terminal(withdrawal)));
}

export interface Choice<T extends string> {
  readonly value: T;
  readonly name: string;
}

export async function askChoice<T extends string>(
  question: string,
  choices: readonly Choice<T>[],
  { usual, ...withdrawal }: Withdrawal & { readonly usual?: T | undefined } = {},
): Promise<T> {
  const config = { message: asked(question), choices: choices.map(shown) };
  return prompt(({ select }) =>
    select(usual === undefined ? config : { ...config, default: usual }, terminal(withdrawal)),
  );
}

/** Any number of the choices; all are chosen at first, or the usual ones. */
export async function askSeveral<T extends string>(
  question: string,
  choices: readonly Choice<T>[],
  { usual, ...withdrawal }: Withdrawal & { readonly usual?: readonly T[] | undefined } = {},
): Promise<T[]> {
  const boxes = choices.map((choice) => ({
    ...shown(choice),
    checked: usual === undefined || usual.includes(choice.value),
  }));
  return prompt(({ checkbox }) =>
    checkbox(
      {
        message: asked(question),
        choices: boxes,
        theme: {
          style: {
            renderSelectedChoices: (chosen: readonly { readonly short: string }[]) =>
              chosen.map(({ short }) => short).join(', ') || 'none',
          },
        },
      },
      terminal(withdrawal),
    ),
  );
}

function shown<T extends string>({ value, name }: Choice<T>): Choice<T> {
  return { value, name: printable(name) };
}

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

/** Asks until the id is typed out in full: nobody deletes by pressing Enter once too often. */
export async function askTypedId(question: string, id: string): Promise<void> {
  const validate = (typed: string): true | string =>
    typed.trim() === id || `Type ${id} exactly, or press Ctrl-C.`;
  await prompt(({ input }) => input({ message: printable(question), validate }, { output: process.stderr }));
}
