import { readTruth } from '../../src/config/setting.js';
import type { Program } from './program.js';

/** A word of the command line: a flag with its value, or anything else. */
export type Word =
  | {
      readonly kind: 'flag';
      /** With two dashes, or `-h` and `-V`. */
      readonly name: string;
      /** As the replaced loader's documentation writes it. */
      readonly hasOneDash: boolean;
      /** Undefined: none was given. */
      readonly value: string | undefined;
      /** Where the value stands in argv: index of the word, and of its first character there. */
      readonly valueAt: { readonly index: number; readonly offset: number } | undefined;
    }
  | { readonly kind: 'operand'; readonly text: string };

interface Spelling {
  readonly name: string;
  readonly hasOneDash: boolean;
  readonly value: string | undefined;
  readonly offset: number;
}

/** A word as a flag, in any of the spellings `-flag`, `--flag`, `-flag=value`, `--flag=value`. */
function readSpelling(word: string): Spelling | undefined {
  if (word === '-h' || word === '-V') return { name: word, hasOneDash: true, value: undefined, offset: 0 };
  const match = /^--?([^-=][^=]*)(=.*)?$/s.exec(word);
  if (match === null) return undefined;
  const [, name = '', assigned] = match;
  return {
    name: `--${name}`,
    hasOneDash: !word.startsWith('--'),
    value: assigned?.slice(1),
    offset: word.length - (assigned?.length ?? 0) + 1,
  };
}

/** The flag that is meant: `--no-precount` is the flag `--precount`. */
function positive(name: string, program: Program): string {
  const stripped = name.replace(/^--no-/, '--');
  const isNegated =
    program.findFlag(name) === undefined && program.findFlag(stripped)?.placeholder === undefined;
  return isNegated ? stripped : name;
}

const isKnown = (name: string, program: Program): boolean =>
  name === '-h' || name === '-V' || program.findFlag(positive(name, program)) !== undefined;

function readSwitch(on: string, { name, hasOneDash, value, offset }: Spelling, index: number): Word {
  const valueAt = value === undefined ? undefined : { index, offset };
  const written = value ?? 'true';
  const truth = readTruth(written);
  const meant = on === name || truth === undefined ? written : String(!truth);
  return { kind: 'flag', name: on, hasOneDash, value: meant, valueAt };
}

/**
 * Reads argv the way Go's flag package does, which the replaced loader used: one dash or two, `=value` or, for
 * a flag that takes a value, the next word. A flag that is true or false never takes the next word. Unlike Go, a
 * known flag is not taken for a value, so that a forgotten value is noticed. After `--` nothing is a flag.
 */
export function readWords(argv: readonly string[], program: Program): Word[] {
  const words: Word[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--') {
      words.push(...argv.slice(index + 1).map((text): Word => ({ kind: 'operand', text })));
      break;
    }
    const spelling = readSpelling(word);
    if (spelling === undefined) {
      words.push({ kind: 'operand', text: word });
      continue;
    }
    const { name, hasOneDash, value, offset } = spelling;
    const flagWord = { kind: 'flag', name, hasOneDash } as const;
    const meant = positive(name, program);
    const flag = program.findFlag(meant);
    if (flag !== undefined && flag.placeholder === undefined) {
      words.push(readSwitch(meant, spelling, index));
      continue;
    }
    const next = argv[index + 1];
    if (flag?.valueAlone !== undefined && value === undefined && !/^\d+$/.test(next ?? '')) {
      words.push({ ...flagWord, value: flag.valueAlone, valueAt: undefined });
      continue;
    }
    const follows =
      flag !== undefined &&
      value === undefined &&
      next !== undefined &&
      next !== '--' &&
      !isKnown(readSpelling(next)?.name ?? '', program);
    if (follows) {
      index += 1;
      words.push({ ...flagWord, value: next, valueAt: { index, offset: 0 } });
    } else {
      words.push({ ...flagWord, value, valueAt: value === undefined ? undefined : { index, offset } });
    }
  }
  return words;
}
