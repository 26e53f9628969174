import { groupThousands } from '../../src/report/format-numbers.js';
import type { Flag, FlagGroup } from './flag.js';
import type { GivenWords } from './given-words.js';

/**
 * One thing that a command is told, by flags or by words beside them, read as what it should be. Options are the parts
 * of a command's definition: the types of what the command is given come from them.
 */
export interface Option<Value> {
  readonly flags: readonly Flag[];
  /** What stands beside the flags, as in the help: `[RUN]`, `FILE...`. */
  readonly operands?: string;
  /** Flags that exclude each other. */
  readonly conflicts?: readonly FlagPair[];
  /** Flags, each with the one it means nothing without. */
  readonly needs?: readonly FlagPair[];
  /** Throws a usage error. */
  read(words: GivenWords): Value;
}

export type FlagPair = readonly [Flag['name'], Flag['name']];

interface Told {
  readonly group?: FlagGroup;
}
type Name = Flag['name'];

/** A flag that is true or false. */
export function onOff(name: Name, description: string, { group = 'own' }: Told = {}): Option<boolean> {
  return { flags: [{ name, description, group }], read: (words) => words.on(name) };
}

/** A flag that is on unless `--no-<name>` is said. */
export function onUnlessNegated(
  name: Name,
  description: string,
  { group = 'own' }: Told = {},
): Option<boolean> {
  return {
    flags: [{ name, description, group, shownNegated: true }],
    read: (words) => words.on(name, true),
  };
}

interface WholeNumber extends Told {
  readonly minimum: number;
  readonly maximum: number;
  readonly placeholder?: string;
}

/** A flag with a whole number; undefined when it is not given. */
export function wholeNumber(name: Name, description: string, told: WholeNumber): Option<number | undefined> {
  const { group = 'own', placeholder = 'N', minimum, maximum } = told;
  return {
    flags: [{ name, placeholder, description, group }],
    read: (words) => words.wholeNumber(name, minimum, maximum),
  };
}

/** The same with a default, which the help tells. */
export function wholeNumberOr(
  byDefault: number,
  name: Name,
  description: string,
  told: WholeNumber,
): Option<number> {
  const said = `${description.replace(/\.$/, '')} (default: ${groupThousands(byDefault)}).`;
  const option = wholeNumber(name, said, told);
  return { ...option, read: (words) => option.read(words) ?? byDefault };
}

/** A flag with a text; undefined when it is not given. The last one given counts, as in the replaced loader. */
export function text(
  name: Name,
  placeholder: string,
  description: string,
  { group = 'own' }: Told = {},
): Option<string | undefined> {
  return { flags: [{ name, placeholder, description, group }], read: (words) => words.text(name) };
}

/** A flag with one of these words; the first one unless it is given. */
export function choice<Choice extends string>(
  name: Name,
  choices: readonly [Choice, ...Choice[]],
  description: string,
): Option<Choice> {
  return {
    flags: [{ name, placeholder: choices.join('|'), description, group: 'own' }],
    read: (words) => words.choice(name, choices) ?? choices[0],
  };
}

/** A word beside the flags that may be left out: `[RUN]`. */
export function optionalWord(operands: `[${string}]`): Option<string | undefined> {
  return { flags: [], operands, read: (words) => words.operands[0] };
}

/** Words beside the flags: `FILE...` for one or more, `[WORD...]` for any number. */
export function anyWords(operands: `${string}...` | `[${string}...]`): Option<readonly string[]> {
  return { flags: [], operands, read: (words) => words.operands };
}
