import type { Flag } from './flag.js';
import type { GivenWords } from './given-words.js';
import type { FlagPair, Option } from './option.js';

type Options = Readonly<Record<string, Option<unknown>>>;

/** What a command is given: the value of each of its options. */
export type Given<Told extends Options> = {
  readonly [Name in keyof Told]: Told[Name] extends Option<infer Value> ? Value : never;
};

/** Descriptions by the name of the flag. */
export type FlagMeanings = Readonly<Partial<Record<Flag['name'], string>>>;

interface Definition<Told extends Options> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly description: string;
  /** What it is told, by the names under which it is given it. */
  readonly options: Told;
  /** Flags that exclude each other, besides those that the options say. */
  readonly conflicts?: readonly FlagPair[];
  /** What a flag means for this command, where it is not what it means for others. */
  readonly meanings?: FlagMeanings;
  /** Each is understood, and shown in the help. */
  readonly examples: readonly string[];
  /** Works, but is not offered. */
  readonly hidden?: true;
}

/** A command, as parser, help, completion and manual page know it. */
export interface CommandDefinition<Told> {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  /** What stands beside the flags, as in the help: `[RUN]`, `FILE...`; empty: nothing. */
  readonly operands: string;
  readonly minOperands: number;
  readonly maxOperands: number;
  readonly flags: readonly Flag[];
  readonly meanings?: FlagMeanings;
  readonly examples: readonly string[];
  readonly hidden?: true;
  /** What the words mean; throws a usage error. */
  read(words: GivenWords): Told;
}

/** What a command that is defined so is given. */
export type GivenTo<Defined> = Defined extends CommandDefinition<infer Told> ? Told : never;

/** A command from its one definition; `program.ts` says what runs it. */
export function defineCommand<Told extends Options>(
  definition: Definition<Told>,
): CommandDefinition<Given<Told>> {
  const { options, conflicts: own = [], ...facts } = definition;
  const all: readonly Option<unknown>[] = Object.values(options);
  const operands = all.find((option) => option.operands !== undefined)?.operands ?? '';
  const conflicts = [...all.flatMap((option) => option.conflicts ?? []), ...own];
  const needs = all.flatMap((option) => option.needs ?? []);
  return {
    ...facts,
    operands,
    minOperands: operands === '' || operands.startsWith('[') ? 0 : 1,
    maxOperands: operands === '' ? 0 : operands.includes('...') ? Infinity : 1,
    flags: [...new Set(all.flatMap(({ flags }) => flags))],
    read: (words) => {
      for (const [one, other] of conflicts) {
        if (words.says(one) && words.says(other))
          throw words.refusal(`${one} and ${other} exclude each other`);
      }
      for (const [one, needed] of needs) {
        if (words.says(one) && !words.says(needed)) throw words.refusal(`${one} needs ${needed}`);
      }
      return readOptions(options, words);
    },
  };
}

function readOptions<Told extends Options>(options: Told, words: GivenWords): Given<Told>;
function readOptions(options: Options, words: GivenWords): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(options).map(([name, option]) => [name, option.read(words)]));
}
