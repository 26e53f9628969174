import { classifyStatus } from '../../src/vault/http-statuses.js';
import type { LookupAnswer } from '../../src/vault/vault-client.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';

/** How long a question waits for others to go with it, from the first on. */
const gatherMs = 10;

interface Question {
  readonly records: RecordColumns;
  readonly resolve: (answer: LookupAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Puts questions about few records together into full requests: rows in doubt lie in fragments, and a request costs a
 * vault's allowance whatever it asks. A request that is refused for its size is asked again in halves, and later ones
 * are no larger.
 */
export class AskTogether {
  readonly #ask: (records: RecordColumns) => Promise<LookupAnswer>;
  readonly #limit: () => number;
  #most = Infinity;
  #waiting: Question[] = [];
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: {
    readonly ask: (records: RecordColumns) => Promise<LookupAnswer>;
    /** Records in one request at most. */
    readonly limit: () => number;
  }) {
    this.#ask = options.ask;
    this.#limit = options.limit;
  }

  /** The answer for these records, in their order. */
  ask(records: RecordColumns): Promise<LookupAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#count + records.tokens.length > this.#room()) this.#send();
      this.#waiting.push({ records, resolve, reject });
      this.#count += records.tokens.length;
      if (this.#count >= this.#room()) this.#send();
      else this.#timer ??= setTimeout(() => this.#send(), gatherMs);
    });
  }

  #room(): number {
    return Math.min(this.#most, this.#limit());
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const questions = this.#waiting.splice(0);
    this.#count = 0;
    if (questions.length === 0) return;
    const records = {
      values: questions.flatMap(({ records: { values } }) => values),
      tokens: questions.flatMap(({ records: { tokens } }) => tokens),
    };
    this.#askDivided(records).then(
      (answer) => {
        let from = 0;
        for (const { records: own, resolve } of questions) {
          const to = from + own.tokens.length;
          resolve(answer.kind === 'found' ? { ...answer, held: answer.held.slice(from, to) } : answer);
          from = to;
        }
      },
      (error: unknown) => {
        for (const { reject } of questions) reject(error);
      },
    );
  }

  async #askDivided(records: RecordColumns): Promise<LookupAnswer> {
    const { values, tokens } = records;
    const answer = await this.#ask(records);
    if (answer.kind === 'found' || tokens.length < 2 || !isTooMany(answer)) return answer;
    const half = Math.ceil(tokens.length / 2);
    this.#most = Math.min(this.#most, half);
    const [first, second] = await Promise.all([
      this.#askDivided({ values: values.slice(0, half), tokens: tokens.slice(0, half) }),
      this.#askDivided({ values: values.slice(half), tokens: tokens.slice(half) }),
    ]);
    if (first.kind !== 'found') return first;
    return second.kind === 'found' ? { ...first, held: [...first.held, ...second.held] } : second;
  }
}

/** Reading twice harms nobody: any refusal of the whole request may be one of its size, whatever its words. */
export function isTooMany({ status, message }: Extract<LookupAnswer, { kind: 'unanswered' }>): boolean {
  if (status === undefined) return false;
  const { kind } = classifyStatus(status, message);
  return kind === 'too_large' || kind === 'refused';
}
