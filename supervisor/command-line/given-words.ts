import type { SuperviseError } from '../../src/errors/supervise-error.js';
import { describeFound } from '../../src/config/configuration-error.js';
import { groupThousands } from '../../src/report/format-numbers.js';
import { readTruth } from '../../src/config/setting.js';
import { nearestWord } from '../../src/config/nearest-word.js';
import type { Flag } from './flag.js';
import { usageError } from './usage-error.js';

/** What a command was given, as texts: the values of its flags and the words beside them. Throws usage errors. */
export class GivenWords {
  readonly #command: string;
  readonly #flags: readonly Flag[];
  readonly #values: ReadonlyMap<string, readonly string[]>;
  readonly #oneDash: ReadonlySet<string>;
  readonly operands: readonly string[];
  /** Whether a flag of the replaced loader stands for the command. */
  readonly byOldFlag: boolean;

  constructor(given: {
    readonly command: { readonly name: string; readonly flags: readonly Flag[] };
    /** By flag, in the order in which they were given. */
    readonly values: ReadonlyMap<string, readonly string[]>;
    /** Flags written with one dash, as the replaced loader's are. */
    readonly oneDash: ReadonlySet<string>;
    readonly operands: readonly string[];
    readonly byOldFlag: boolean;
  }) {
    this.#command = given.command.name;
    this.#flags = given.command.flags;
    this.#values = given.values;
    this.#oneDash = given.oneDash;
    this.operands = given.operands;
    this.byOldFlag = given.byOldFlag;
  }

  /** Whether a flag was given, and not as `=false`. */
  says(name: string): boolean {
    const isValued = this.#flags.find((flag) => flag.name === name)?.placeholder !== undefined;
    return isValued ? this.#values.has(name) : this.on(name);
  }

  /** Whether a flag is written as scripts for the replaced loader write it: `-offline`. */
  saysAsBefore(name: string): boolean {
    return this.#oneDash.has(name) && this.says(name);
  }

  /** The last one given counts, as in the replaced loader. */
  text(name: string): string | undefined {
    const text = this.#values.get(name)?.at(-1);
    if (text === '') throw this.#error(name, 'an empty text', 'a text');
    return text;
  }

  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  on(name: string, byDefault = false): boolean {
    const text = this.text(name);
    if (text === undefined) return byDefault;
    const value = readTruth(text);
    if (value === undefined) throw this.#error(name, describeFound(text), 'true or false');
    return value;
  }

  wholeNumber(name: string, minimum: number, maximum: number): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : this.readWholeNumber(name, text, minimum, maximum);
  }

  /** Reads a number that stands beside the flags. */
  readWholeNumber(name: string, text: string, minimum: number, maximum: number): number {
    const value = readDigits(text);
    if (value >= minimum && value <= maximum) return value;
    const bounds = `a whole number from ${groupThousands(minimum)} to ${groupThousands(maximum)}`;
    throw this.#error(name, describeFound(text), bounds);
  }

  /** A number of days, as in `90d` or `90`. */
  days(name: string, minimum: number, maximum: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = readDigits(text.replace(/d$/i, ''));
    if (value >= minimum && value <= maximum) return value;
    const bounds = `whole days from ${groupThousands(minimum)}d to ${groupThousands(maximum)}d`;
    throw this.#error(name, describeFound(text), bounds);
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice === text.toLowerCase());
    if (found !== undefined) return found;
    const near = nearestWord(text, choices);
    throw this.#error(
      name,
      describeFound(text),
      `one of ${choices.join(', ')}`,
      near === undefined ? undefined : `Did you mean ${near}?`,
    );
  }

  /** A mistake in what the command was given. */
  refusal(message: string, advice?: string): SuperviseError {
    return usageError(message, advice, this.#command);
  }

  #error(name: string, found: string, allowed: string, advice?: string): SuperviseError {
    return this.refusal(`${name}: found ${found}; allowed: ${allowed}`, advice);
  }
}

/** NaN for what is no whole number. */
function readDigits(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : NaN;
}
