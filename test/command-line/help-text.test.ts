import assert from 'node:assert/strict';
import { test } from 'node:test';
import { termOf } from '../../supervisor/command-line/flag.js';
import { help as helpDefinition } from '../../supervisor/commands/help/definition.js';
import { helpFor } from '../../supervisor/commands/help/help-text.js';
import { topics } from '../../supervisor/commands/help/help-topics.js';
import { program } from '../../supervisor/commands/program.js';
import { parseCommandLine } from '../../supervisor/command-line/parse-command-line.js';

function help(...argv: string[]): string {
  const { command, words } = parseCommandLine(argv, program);
  assert.equal(command.name, 'help');
  return helpFor(helpDefinition.read(words).topic, program);
}

test('every page of the help fits into 80 columns', () => {
  const pages = [[], ...program.commands.map(({ name }) => [name]), ...topics.map(({ name }) => [name])];
  for (const page of pages) {
    const text = help('help', ...page);
    assert.ok(text.endsWith('\n'));
    for (const line of text.split('\n')) assert.ok(line.length <= 80, `${page.join('')}: ${line}`);
  }
});

test("a command's help has all its flags and its examples, and every example is understood", () => {
  for (const { name, flags, examples } of program.commands) {
    const text = help('help', name);
    for (const flag of flags) assert.ok(text.includes(`  ${termOf(flag)} `), `${name} ${flag.name}`);
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

test('the overview names every command, topic and flag of a load', () => {
  const text = help('--help');
  for (const { name, hidden } of program.commands)
    assert.equal(text.includes(`\n  ${name} `), hidden !== true, name);
  for (const { name } of topics) assert.ok(text.includes(`help ${name}`), name);
  assert.match(text, /--append-suffix\[=false\]/);
  assert.match(text, /--no-precount/);
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
