import { SuperviseError } from '../../src/errors/supervise-error.js';

/** The flags of a script as they were given, read by kind; each reader throws `usage` that names flag and range. */
export class ScriptValues {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly operand: string | undefined;

  constructor(values: ReadonlyMap<string, unknown>, operand: string | undefined) {
    this.#values = values;
    this.operand = operand;
  }

  on(flag: string): boolean {
    return this.#values.get(flag.slice(2)) === true;
  }

  text(flag: string): string | undefined {
    const value = this.#values.get(flag.slice(2));
    return typeof value === 'string' ? value : undefined;
  }

  wholeNumber(flag: string, min: number, max: number): number | undefined {
    const text = this.text(flag);
    return text === undefined ? undefined : readNumber(flag, text, min, max);
  }

  /** A list with commas between. */
  wholeNumbers(flag: string, min: number, max: number): readonly number[] | undefined {
    return this.text(flag)
      ?.split(',')
      .map((text) => readNumber(flag, text.trim(), min, max));
  }

  /** A list of words with commas between. */
  words(flag: string): readonly string[] | undefined {
    const words = this.text(flag)
      ?.split(',')
      .map((word) => word.trim());
    if (words?.includes('') === true) throw new SuperviseError('usage', `${flag}: found an empty name`);
    return words;
  }
}

function readNumber(flag: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text.replaceAll('_', '')) ? Number(text.replaceAll('_', '')) : Number.NaN;
  if (value >= min && value <= max) return value;
  const found = text.length <= 20 ? JSON.stringify(text) : `${text.length} characters`;
  throw new SuperviseError('usage', `${flag}: found ${found}; allowed: a whole number, ${min} to ${max}`);
}
