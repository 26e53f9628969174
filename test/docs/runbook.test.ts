import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ERROR_CODES } from '../../src/errors/supervise-error.js';
import { SIGNAL_EXIT, statuses } from '../../src/status/statuses.js';
import { parseCommandLine } from '../../supervisor/command-line/parse-command-line.js';
import { program } from '../../supervisor/commands/program.js';
import { VAULT_PHASES } from '../../supervisor/run/vault-state.js';
import { remarksOf } from '../../supervisor/view/vault-remarks.js';
import { projectFolder } from './pages.js';

const page = readFileSync(join(projectFolder, 'docs/runbook.md'), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| '));

/** What stands in the first column of a row, and what is to be typed. */
const cells = rows.map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()));
const firsts = cells.map(([, first = '']) => first);
const told = (word: string): boolean => firsts.some((first) => first.includes(word));

test('the runbook has a row for every exit status, every error code, and what a vault or an event can say', () => {
  for (const { exits } of Object.values(statuses))
    for (const exit of exits) assert.ok(firsts.includes(`\`${exit}\``), `exit status ${exit}`);
  for (const exit of Object.values(SIGNAL_EXIT)) assert.ok(firsts.includes(`\`${exit}\``));
  for (const code of ERROR_CODES) assert.ok(told(`\`${code}\``), code);
  const moving: readonly string[] = ['loading', 'finished'];
  for (const phase of VAULT_PHASES) assert.ok(moving.includes(phase) || told(`\`${phase}\``), phase);
  for (const event of ['stalled', 'behind']) assert.ok(told(`event \`${event}\``), event);
  const state = { phase: 'loading', restarts: 0 } as const;
  const remarks = [
    ...remarksOf({ ...state, waitsFor: 'credential' }, 0),
    ...remarksOf({ ...state, waitsFor: 'go' }, 0),
  ];
  assert.equal(remarks.length, 2);
  for (const { text } of remarks) {
    const known = firsts.map((first) => first.replaceAll('`', '').replace(/…$/, '').trim());
    assert.ok(
      known.some((first) => first !== '' && text.startsWith(first)),
      text,
    );
  }
});

test('every command that the runbook says to type is one', () => {
  const typed = cells
    .flatMap((row) =>
      [...(row[3] ?? '').matchAll(/`([a-z]+ [^`]+|verify|check)`/g)].map(([, words = '']) => words),
    )
    .filter((words) => !words.startsWith('df '));
  assert.ok(typed.length > 20);
  for (const words of typed) {
    const argv = words.replace(/\bN\b/, '5').split(' ');
    assert.doesNotThrow(() => parseCommandLine(argv, program), words);
  }
});
