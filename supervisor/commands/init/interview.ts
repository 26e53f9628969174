import {
  askChoice,
  askSeveral,
  askText,
  askYesNo,
  type Choice,
  type TextQuestion,
  askSecret,
} from '../../ask/ask-person.js';
import { writeForPeople } from '../../view/write-for-people.js';

/** What questions are about, so that all of one subject can be asked again. */
export type QuestionTopic = 'url' | 'vaults' | 'source' | 'credential';

type Answer = string | boolean | readonly string[] | undefined;

/** Esc was pressed at a question. */
class WentBack extends Error {}

/**
 * Questions that can be gone back over. The answers are kept by question: an interview that begins anew passes over those
 * that stand, and asks only what is to be answered again, with the answer before as the usual one, and what is new.
 */
export class Interview {
  readonly #answers = new Map<string, { readonly answer: Answer; readonly topic: QuestionTopic }>();
  readonly #again = new Set<string>();
  readonly #said = new Set<string>();
  #passed: string[] = [];
  #topic: QuestionTopic = 'url';

  /** Holds it until it comes to its end without somebody going back. */
  async hold<T>(questions: () => Promise<T>): Promise<T> {
    for (;;) {
      this.#passed = [];
      try {
        return await questions();
      } catch (error) {
        if (!(error instanceof WentBack)) throw error;
      }
    }
  }

  /** What is asked from now on. */
  about(topic: QuestionTopic): void {
    this.#topic = topic;
  }

  /** Next time these are asked again. */
  askAgain(topics: readonly QuestionTopic[]): void {
    for (const [key, { topic }] of this.#answers) if (topics.includes(topic)) this.#again.add(key);
  }

  /** Says it once, however often the interview passes here. */
  readonly say = (line: string): void => {
    if (this.#said.has(line)) return;
    this.#said.add(line);
    writeForPeople(process.stderr, `${line}\n`);
  };

  readonly text = (asked: TextQuestion): Promise<string> =>
    this.#ask(
      asked.question,
      (answer) => (typeof answer === 'string' && asked.fault?.(answer) === undefined ? answer : undefined),
      (usual, signal) => askText({ ...asked, ...(usual === undefined ? {} : { usual }), signal }),
    );

  readonly choice = <T extends string>(question: string, choices: readonly Choice<T>[]): Promise<T> =>
    this.#ask(
      question,
      (answer) => choices.find(({ value }) => value === answer)?.value,
      (usual, signal) => askChoice(question, choices, { usual, signal }),
    );

  readonly several = <T extends string>(
    question: string,
    choices: readonly Choice<T>[],
  ): Promise<readonly T[]> =>
    this.#ask<readonly T[]>(
      question,
      (answer) =>
        Array.isArray(answer)
          ? choices.map(({ value }) => value).filter((value) => answer.includes(value))
          : undefined,
      (usual, signal) => askSeveral(question, choices, { usual, signal }),
    );

  readonly yesNo = (question: string, byDefault: boolean): Promise<boolean> =>
    this.#ask(
      question,
      (answer) => (typeof answer === 'boolean' ? answer : undefined),
      (usual = byDefault, signal) => askYesNo(question, usual, { signal }),
    );

  /** Empty where nothing was typed. Asked again, nothing of it is shown. */
  readonly secret = (question: string): Promise<string> =>
    this.#ask(
      question,
      (answer) => (typeof answer === 'string' ? answer : undefined),
      async (_, signal) => (await askSecret(question, { signal })) ?? '',
    );

  async #ask<T extends NonNullable<Answer>>(
    question: string,
    read: (answer: Answer) => T | undefined,
    ask: (before: T | undefined, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const key = `${question} ${this.#passed.filter((one) => one.startsWith(`${question} `)).length}`;
    const previous = this.#passed.at(-1);
    this.#passed.push(key);
    const before = read(this.#answers.get(key)?.answer);
    if (before !== undefined && !this.#again.has(key)) return before;
    const answer = await goingBack(
      (signal) => ask(before, signal),
      () => {
        if (previous !== undefined) this.#again.add(previous);
      },
    );
    this.#answers.set(key, { answer, topic: this.#topic });
    this.#again.delete(key);
    return answer;
  }
}

/** A question that Esc takes back. */
async function goingBack<T>(ask: (signal: AbortSignal) => Promise<T>, onBack: () => void): Promise<T> {
  const back = new AbortController();
  const listen = (_: unknown, key: { readonly name?: string } | undefined): void => {
    if (key?.name === 'escape') back.abort();
  };
  process.stdin.on('keypress', listen);
  try {
    return await ask(back.signal);
  } catch (error) {
    if (!back.signal.aborted) throw error;
    onBack();
    throw new WentBack();
  } finally {
    process.stdin.off('keypress', listen);
  }
}
