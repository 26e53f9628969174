import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { errorFacts } from '../../src/errors/supervise-error.js';
import { renderSummary } from '../../src/report/render-summary.js';
import { foldLines } from '../../src/report/lay-out.js';
import { displayWidth } from '../../src/report/screen-text.js';
import { renderGroup } from '../../supervisor/commands/check/render-check.js';
import { renderProof } from '../../supervisor/commands/demo/demo-command.js';
import { helpFor } from '../../supervisor/commands/help/help-text.js';
import { pagesOfProgram, topics } from '../../supervisor/commands/help/help-topics.js';
import { program } from '../../supervisor/commands/program.js';
import { parseCommandLine } from '../../supervisor/command-line/parse-command-line.js';
import { renderError } from '../../supervisor/view/render-error.js';
import { renderNotice } from '../../supervisor/view/render-notice.js';
import { writeForPeople } from '../../supervisor/view/write-for-people.js';
import { summary, style, log, ends } from './ends.js';

/** What every command says of itself, and ends of commands, as they are for a terminal so wide. */
function* texts(columns: number): Generator<string> {
  for (const { name } of [...program.offered, ...topics, ...pagesOfProgram])
    yield helpFor(name, program, columns);
  yield helpFor(undefined, program, columns);
  for (const argv of [['load', '--colour'], ['frobnicate'], ['undo'], ['sandbox', '--option', 'x']])
    try {
      parseCommandLine(argv, program);
    } catch (error) {
      yield foldLines(renderError(errorFacts(error)), columns);
    }
  for (const detail of ['quiet', 'brief', 'whole'] as const)
    yield renderSummary(summary, { style, columns, detail });
  yield `${renderNotice({ level: 'warn', text: `what is in ${log} was sent again by a retry: skyflow-supervise runs`, vault: 'SSN', style, columns }).join('\n')}\n`;
  const finding = {
    status: 'bad',
    subject: 'SSN',
    message: `${log} cannot be read, whoever asks`,
    hint: 'Make it readable: chmod 600',
  } as const;
  yield renderGroup({ group: 'Run directory', findings: [finding] }, style, { columns });
  const proved = [{ name: 'SSN', records: 25_000, recordsInVault: 25_000, holds: true }];
  yield foldLines(renderProof(proved, 'process 1 of SSN', style), columns);
  yield* ends(columns);
}

/** A command, or a single word: it is copied as a whole, and a terminal folds it by itself. */
const isCopied = (line: string): boolean => /^ *(?:npx )?skyflow-supervise |^\s*\S+$/.test(line);

test('at 40, 80 and 120 columns no line of any command is wider than the terminal, and no word, path or command is broken', () => {
  for (const columns of [40, 80, 120])
    for (const text of texts(columns)) {
      assert.equal(
        foldLines(text, columns),
        text,
        `at ${columns} columns paragraphs are broken once, and not where they were broken for 80`,
      );
      let written = '';
      writeForPeople({ isTTY: true, columns, write: (part) => (written += part) }, text);
      const shown = stripVTControlCharacters(written).split('\n');
      for (const line of shown)
        assert.ok(displayWidth(line) <= columns || isCopied(line), `${columns}: ${line}\n\n${written}`);
      // Lines that are drawn across become shorter, and nothing else changes.
      const words = (one: string): string[] =>
        stripVTControlCharacters(one)
          .replaceAll(/([─-])\1{5,}/gu, '─')
          .split(/\s+/);
      assert.deepEqual(words(written), words(text));
    }
});
