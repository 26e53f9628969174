import { mergeAssignments } from '../../src/sandbox/merge-options.js';
import { optionGroups, parseSandboxOptions, vaultSandboxOptions } from '../../src/sandbox/options.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sandboxOptions } from '../../src/sandbox/describe-options.js';
import { snowflakeSandboxOptionsSchema } from '../../src/sandbox/snowflake/options.js';
import { termOf } from '../../supervisor/command-line/flag.js';
import { help as helpDefinition } from '../../supervisor/commands/help/definition.js';
import { helpFor } from '../../supervisor/commands/help/help-text.js';
import { pagesOfProgram, topics } from '../../supervisor/commands/help/help-topics.js';
import { program } from '../../supervisor/commands/program.js';
import { parseCommandLine } from '../../supervisor/command-line/parse-command-line.js';

function help(...argv: string[]): string {
  const { command, words } = parseCommandLine(argv, program);
  assert.equal(command.name, 'help');
  return helpFor(helpDefinition.read(words).topic, program);
}

test('every page of the help fits into 80 columns', () => {
  const pages = [[], ...[...program.commands, ...topics, ...pagesOfProgram].map(({ name }) => [name])];
  for (const page of pages) {
    const text = help('help', ...page);
    assert.ok(text.endsWith('\n'));
    for (const line of text.split('\n')) assert.ok(line.length <= 80, `${page.join('')}: ${line}`);
  }
});

test("a command's help, or that on Snowflake, has all its flags; and its examples, and every example is understood", () => {
  for (const { name, flags, examples } of program.commands) {
    const text = help('help', name);
    const places = text.includes('help snowflake') ? text + help('help', 'snowflake') : text;
    for (const flag of flags) assert.ok(places.includes(`  ${termOf(flag)} `), `${name} ${flag.name}`);
    for (const example of examples) {
      assert.ok(text.includes(example));
      const argv = example.split(' ').slice(1);
      const { command, words } = parseCommandLine(argv, program);
      assert.equal(command.name, name);
      command.read(words);
    }
  }
});

test('all ways to ask for help lead to the same page', () => {
  assert.equal(help('--help'), help('help'));
  assert.equal(help('-help'), help('-h'));
  assert.equal(help('retry', '--help'), help('help', 'retry'));
  assert.equal(help('--nonsense', '-h'), help('help'));
});

test('the help is one screen of 24 lines: six commands, three examples, and where more is', () => {
  const text = help('--help');
  assert.ok(text.split('\n').length - 1 <= 24, text);
  const names = [...text.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(([, name]) => name);
  assert.deepEqual(names, ['init', 'check', 'load', 'resume', 'retry', 'verify']);
  const examples = [...text.matchAll(/^ {2}skyflow-supervise (.*?)(?: {3,}.*)?$/gm)].map(
    ([, words]) => words ?? '',
  );
  assert.equal(examples.length, 3);
  for (const example of examples) {
    const { command, words } = parseCommandLine(example.split(' '), program);
    command.read(words);
  }
  assert.match(text, /help commands/);
});

test('the list of commands names every command and topic that is offered', () => {
  const text = help('help', 'commands');
  for (const { name, hidden } of program.commands)
    assert.equal(text.includes(`\n  ${name} `), hidden !== true, name);
  for (const { name } of [...topics, ...pagesOfProgram]) assert.ok(text.includes(`help ${name}`), name);
});

test('a command with many flags shows the usual ones first, and names where those of Snowflake are', () => {
  const text = help('help', 'load');
  assert.match(text, /Usual flags:\n {2}--all /);
  assert.ok(text.indexOf('--max-records N') < text.indexOf('--in-doubt'));
  assert.match(text, /\d+ more flags: skyflow-supervise help snowflake/);
  assert.doesNotMatch(text, /--sf-/);
  assert.match(text, /--append-suffix\[=false\]/);
  assert.match(text, /--no-precount/);
});

test('a flag is described by what it means for the command', () => {
  assert.match(help('help', 'load'), /--max-records N +Rows of the source/);
  assert.match(help('help', 'clear'), /--max-records N +Records of each vault to delete/);
  assert.match(help('help', 'verify'), /--all +Every record/);
  assert.doesNotMatch(help('help', 'load'), /--all.*\n?.*verify/);
  for (const { name, flags, meanings } of program.commands) {
    for (const flag of Object.keys(meanings ?? {}))
      assert.ok(
        flags.some((one) => one.name === flag),
        `${name} takes no ${flag}`,
      );
  }
});

test('numbers in the help have thousands separators', () => {
  // The options of the sandbox are written as they are typed.
  const names = [...program.commands, ...topics, ...pagesOfProgram].map(({ name }) => name);
  for (const page of names.filter((name) => name !== 'sandbox')) {
    const prose = help('help', page).replaceAll(/^ {2}(?:npx )?skyflow-supervise .*$/gm, '');
    assert.deepEqual(prose.match(/(?<![\w.:/<-])\d{4,}(?![\w:-])/g), null, page);
  }
});

test('help sandbox lists the options of both servers, with their defaults', () => {
  const text = help('help', 'sandbox');
  for (const { key, values } of [
    ...sandboxOptions(vaultSandboxOptions, ''),
    ...sandboxOptions(snowflakeSandboxOptionsSchema, 'snowflake.'),
  ]) {
    if (values.every(({ word }) => word !== 'object')) assert.ok(text.includes(` ${key}=`), key);
  }
  assert.match(text, /\(default: /);
  const fault =
    /resetAfter\.rate=number, resetAfter\.next=integer\n +The connection is reset after the effect/;
  assert.match(text, fault, 'a fault says what it does');
  const grouped = optionGroups.flatMap(({ shape }) => Object.keys(shape));
  assert.deepEqual(
    grouped.toSorted(),
    Object.keys(vaultSandboxOptions.shape).toSorted(),
    'each in one group',
  );
  for (const { title, example } of optionGroups) {
    assert.ok(text.includes(`${title} (such as --option ${example}):`), title);
    parseSandboxOptions(mergeAssignments({}, [example]));
  }
  assert.match(text, /--profile NAME.*plain, strict,\s+gateway, flaky, flow/s);
});

test('a topic that does not exist is told with the nearest one', () => {
  assert.throws(() => help('help', 'enviroment'), { code: 'usage', hint: /Did you mean environment\?/ });
  const secret = 'hunter2.hunter2.hunter2.hunter2.hunter2';
  assert.throws(() => help('help', secret), { message: /^(?!.*hunter2)/s, hint: /^(?!.*hunter2)/s });
});

test('the environment topic names every variable with its key', () => {
  assert.match(help('help', 'environment'), /SKYFLOW_PERFORMANCE_BATCH_SIZE +batch_size/);
  assert.match(help('help', 'environment'), /SKYFLOW_BEARER_TOKEN +bearer_token \(secret\)/);
});
