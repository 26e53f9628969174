import type { SuperviseError } from '../../src/errors/supervise-error.js';
import { describeFound } from '../../src/config/configuration-error.js';
import { groupThousands } from '../../src/report/format-numbers.js';
import { readTruth } from '../../src/config/read-truth.js';
import { nearestWord } from '../../src/config/nearest-word.js';
import type { FlagSettings } from './command.js';
import { findFlag } from './flag-table.js';
import { usageError } from './usage-error.js';

/** The values of the flags of one command, as texts, read as what they should be. Throws usage errors. */
export class FlagValues {
  readonly #command: string;
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(command: string, values: ReadonlyMap<string, readonly string[]>) {
    this.#command = command;
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
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
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= minimum && value <= maximum) return value;
    const bounds = `a whole number from ${groupThousands(minimum)} to ${groupThousands(maximum)}`;
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

  /** The texts of those flags that stand for settings. */
  settings(): FlagSettings {
    const found: Record<string, string> = {};
    for (const [name, texts] of this.#values) {
      const key = findFlag(name)?.key;
      const text = texts.at(-1);
      if (key !== undefined && text !== undefined) found[key] = text;
    }
    return found;
  }

  #error(name: string, found: string, allowed: string, advice?: string): SuperviseError {
    return usageError(`${name}: found ${found}; allowed: ${allowed}`, advice, this.#command);
  }
}
