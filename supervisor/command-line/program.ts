import { nearestWord } from '../../src/config/nearest-word.js';
import type { SuperviseError } from '../../src/errors/supervise-error.js';
import type { RunObserver } from '../observers/run-observer.js';
import type { Presentation, TalkWishes } from '../view/present.js';
import type { CommandDefinition } from './define-command.js';
import { flagGroups, type Flag } from './flag.js';
import type { GivenWords } from './given-words.js';
import { describeWord, usageError } from './usage-error.js';

/** What surrounds a command that runs. */
export interface Surroundings {
  /** The words of the command line, as they were typed. */
  readonly argv: readonly string[];
  readonly program: Program;
  /** Set in the process that goes on without a terminal: how it talks, and who follows its run. */
  readonly detached?: {
    present(wishes: TalkWishes): Presentation;
    readonly observers: readonly RunObserver[];
  };
}

/** What runs a command; resolves with the exit status. */
export type Run<Told> = (given: Told, surroundings: Surroundings) => Promise<number> | number;

/** A command that can be run. */
export interface Command extends CommandDefinition<unknown> {
  /** Reads what it was given, and does it. */
  run(words: GivenWords, surroundings: Surroundings): Promise<number>;
}

/** A definition with what runs it, which is loaded only when it is asked for. */
export function command<Told>(definition: CommandDefinition<Told>, load: () => Promise<Run<Told>>): Command {
  return {
    ...definition,
    run: async (words, surroundings) => {
      const given = definition.read(words);
      return (await load())(given, surroundings);
    },
  };
}

/** Everything that can be asked for: the commands and all their flags. Parser, help, completion and manual read it. */
export class Program {
  readonly commands: readonly Command[];
  /** The command that is meant when none is named. */
  readonly usual: Command;
  /** Every flag of every command, group by group. */
  readonly flags: readonly Flag[];
  readonly #commandByName: ReadonlyMap<string, Command>;
  readonly #flagByName: ReadonlyMap<string, Flag>;

  /** The first command is the usual one; `others` are flags that belong to no command. */
  constructor(commands: readonly [Command, ...Command[]], others: readonly Flag[]) {
    this.commands = commands;
    this.usual = commands[0];
    this.#commandByName = new Map(commands.map((command) => [command.name, command]));
    const found = new Map<string, Flag>();
    for (const flag of [...commands.flatMap(({ flags }) => flags), ...others]) {
      const same = found.get(flag.name);
      // Flags are read before it is known which command they belong to.
      if (same !== undefined && same !== flag) throw new RangeError(`two flags are called ${flag.name}`);
      found.set(flag.name, flag);
    }
    this.#flagByName = found;
    const groups = Object.keys(flagGroups);
    const placeOf = ({ group }: Flag): number => groups.indexOf(group);
    this.flags = [...found.values()].sort((a, b) => placeOf(a) - placeOf(b));
  }

  /** What is told to those who ask what there is. */
  get offered(): readonly Command[] {
    return this.commands.filter(({ hidden }) => hidden !== true);
  }

  findCommand(name: string): Command | undefined {
    return this.#commandByName.get(name);
  }

  /** The flag of a name with two dashes. */
  findFlag(name: string): Flag | undefined {
    return this.#flagByName.get(name);
  }

  /** Names of the offered commands that take a flag. */
  takersOf(flag: Flag): string[] {
    return this.offered.filter(({ flags }) => flags.includes(flag)).map(({ name }) => name);
  }

  /** The command that a first word probably means. */
  nearestCommand(word: string): string | undefined {
    return nearestWord(
      word,
      this.offered.map(({ name }) => name),
    );
  }

  /** For a first word that is no command. */
  unknownCommand(word: string): SuperviseError {
    const near = this.nearestCommand(word);
    if (near !== undefined) return usageError(`unknown command ${describeWord(word)}`, didYouMean(near));
    const names = this.offered.map(({ name }) => name).join(', ');
    return usageError(
      `unexpected word: ${describeWord(word)}`,
      `Commands are ${names}; vaults are named with --vault.`,
    );
  }

  /** For a flag that a command does not take: the nearest one that it does take, or the command that takes it. */
  unknownFlag(name: string, command: Command): SuperviseError {
    const shown = name.length <= 40 ? name : `flag with a name of ${name.length} characters`;
    const flag = this.findFlag(name);
    if (flag !== undefined) {
      const takers = this.takersOf(flag);
      const advice = takers.length === 0 ? undefined : `It belongs to ${takers.join(', ')}.`;
      return usageError(`${command.name} takes no ${shown}`, advice, command.name);
    }
    const namesOf = (flags: readonly Flag[]): string[] => flags.map((one) => one.name);
    const near = nearestWord(name, namesOf(command.flags)) ?? nearestWord(name, namesOf(this.flags));
    return usageError(`unknown flag ${shown}`, didYouMean(near), command.name);
  }
}

const didYouMean = (meant: string | undefined): string | undefined =>
  meant === undefined ? undefined : `Did you mean ${meant}?`;
