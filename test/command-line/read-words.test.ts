import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { settingFlags } from '../../supervisor/command-line/flag.js';
import { Program } from '../../supervisor/command-line/program.js';
import { readWords } from '../../supervisor/command-line/read-words.js';
import { program } from '../../supervisor/commands/program.js';

const { flags } = program;

const nameOf = (flag: { name: string }) => flag.name.slice(2);
const valued = flags
  .filter(({ placeholder, valueAlone }) => placeholder !== undefined && valueAlone === undefined)
  .map(nameOf);
const switches = flags.filter(({ placeholder }) => placeholder === undefined).map(nameOf);

/** What a flag's value may be without being a flag itself. */
const value = fc
  .oneof(fc.string(), fc.integer().map(String), fc.constantFrom('-1', '-', 'a=b', ''))
  .filter((text) => text !== '--' && !/^--?[A-Za-z]/.test(text));

interface Meant {
  readonly name: string;
  readonly value: string;
}

/** A flag and one of the ways to write it. */
const writtenValue = fc
  .tuple(fc.constantFrom(...valued), value, fc.constantFrom('-', '--'), fc.boolean())
  .map(([name, text, dashes, joined]): { meant: Meant; words: string[] } => ({
    meant: { name: `--${name}`, value: text },
    words: joined ? [`${dashes}${name}=${text}`] : [`${dashes}${name}`, text],
  }));
const writtenSwitch = fc
  .tuple(fc.constantFrom(...switches), fc.constantFrom('-', '--'), fc.constantFrom('', '=true', '=false'))
  .map(([name, dashes, assigned]): { meant: Meant; words: string[] } => ({
    meant: { name: `--${name}`, value: assigned === '=false' ? 'false' : 'true' },
    words: [`${dashes}${name}${assigned}`],
  }));

test('every spelling of any flags means the same, and what follows a switch is not its value', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(writtenValue, writtenSwitch)),
      fc.array(fc.constantFrom('ssn', 'x', '7')),
      (written, rest) => {
        const argv = [...written.flatMap(({ words }) => words), ...rest];
        const words = readWords(argv, program);
        assert.deepEqual(
          words.map((word) => (word.kind === 'flag' ? { name: word.name, value: word.value } : word.text)),
          [...written.map(({ meant }) => meant), ...rest],
        );
        for (const word of words) {
          if (word.kind !== 'flag' || word.valueAt === undefined) continue;
          assert.ok(argv[word.valueAt.index]?.slice(word.valueAt.offset) !== undefined);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('a flag whose value may be left out takes the next word only if that is a number', () => {
  const read = (...argv: string[]): unknown[] =>
    readWords(argv, program).map((word) => (word.kind === 'flag' ? [word.name, word.value] : word.text));
  const run = '20260102T030405Z-1a2b3c4d';
  assert.deepEqual(read('monitor', '--web', run), ['monitor', ['--web', '0'], run]);
  assert.deepEqual(read('monitor', '-web', '8080', run), ['monitor', ['--web', '8080'], run]);
  assert.deepEqual(read('--web=8080', '--all'), [
    ['--web', '8080'],
    ['--all', 'true'],
  ]);
  assert.deepEqual(read('--web', '--all'), [
    ['--web', '0'],
    ['--all', 'true'],
  ]);
});

test('the place of a value is where its text stands in argv', () => {
  fc.assert(
    fc.property(fc.array(writtenValue), (written) => {
      const argv = written.flatMap(({ words }) => words);
      for (const word of readWords(argv, program)) {
        assert.ok(word.kind === 'flag' && word.valueAt !== undefined);
        assert.equal(argv[word.valueAt.index]?.slice(word.valueAt.offset), word.value);
      }
    }),
  );
});

test('any words at all are read without a crash, none after -- as a flag', () => {
  const noise = fc.array(
    fc.oneof(fc.string(), fc.constantFrom('-', '--', '---', '-=', '--=x', '-h', '-V', '--token', '-all')),
  );
  fc.assert(
    fc.property(noise, noise, (before, after) => {
      fc.pre(
        !before.includes('--') &&
          before.length > 0 &&
          !valued.some((name) => before.at(-1)?.replace(/^--?/, '') === name),
      );
      const words = readWords([...before, '--', ...after], program);
      assert.deepEqual(
        words.slice(words.length - after.length),
        after.map((text) => ({ kind: 'operand', text })),
      );
    }),
  );
});

test('--no- before a switch is its opposite', () => {
  const valueOf = (word: string) =>
    readWords([word], program).map((read) => (read.kind === 'flag' ? [read.name, read.value] : read));
  assert.deepEqual(valueOf('--no-precount'), [['--precount', 'false']]);
  assert.deepEqual(valueOf('-no-append-suffix=false'), [['--append-suffix', 'true']]);
  assert.deepEqual(valueOf('--no-token'), [['--no-token', undefined]]);
});

test('every setting with a flag has it in some command, and no two flags have one name', () => {
  const taken = program.commands.flatMap((command) => command.flags);
  for (const flag of settingFlags.values()) assert.ok(taken.includes(flag), flag.name);
  assert.equal(new Set(flags.map(({ name }) => name)).size, flags.length);
  const double = { name: '--all', description: 'Another one.', group: 'own' } as const;
  assert.throws(() => new Program([program.usual], [double]), /two flags are called --all/);
});
