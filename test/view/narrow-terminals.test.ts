import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { errorFacts } from '../../src/errors/supervise-error.js';
import { renderSummary } from '../../src/report/render-summary.js';
import { buildRunSummary } from '../../src/report/run-summary.js';
import { displayWidth } from '../../src/report/screen-text.js';
import { renderGroup } from '../../supervisor/commands/check/render-check.js';
import { renderProof } from '../../supervisor/commands/demo/prove-load.js';
import { helpFor } from '../../supervisor/commands/help/help-text.js';
import { pagesOfProgram, topics } from '../../supervisor/commands/help/help-topics.js';
import { program } from '../../supervisor/commands/program.js';
import { parseCommandLine } from '../../supervisor/command-line/parse-command-line.js';
import { renderError } from '../../supervisor/view/render-error.js';
import { renderNotice } from '../../supervisor/view/render-notice.js';
import { writeForPeople } from '../../supervisor/view/write-for-people.js';
import { snapshotOf } from '../report/snapshot-fixture.js';

const style = { unicode: true, color: true };
const directory = '/data/of/somebody/with/a/long/name/runs/20250102T030405Z-abcdefgh';
const log = `${directory}/merged_error_log_20250102_030405.json`;

const summary = buildRunSummary({
  ...{
    programVersion: '1.2.3',
    runId: '20250102T030405Z-abcdefgh',
    runDirectory: directory,
    durationMs: 100_000,
  },
  startedAt: new Date('2025-01-02T03:04:05Z'),
  finishedAt: new Date('2025-01-02T03:05:45Z'),
  mergedErrorLog: log,
  resumeCommand: `skyflow-supervise resume ${directory}`,
  retryCommand: `skyflow-supervise retry ${log}`,
  remarks: ['a remark of many words (and some in brackets); and what follows from it for whoever reads it'],
  vaults: ['NAME', 'ID', 'DOB', 'SSN'].map((name) => ({
    ...{
      name,
      id: 'v1',
      table: 't1',
      status: 'incomplete' as const,
      snapshot: snapshotOf({ failed: 8 }),
      restarts: 0,
    },
    error: {
      code: 'storage' as const,
      message: `${name}: ${log} cannot be written`,
      hint: `See: skyflow-supervise report ${directory}`,
    },
    failedByReason: [
      { reason: 'rejected', status_code: 400, records: 8, message: 'a value is not acceptable' },
    ],
  })),
});

/** What every command says of itself, and ends of commands, as they are for a terminal so wide. */
function* texts(columns: number): Generator<string> {
  for (const { name } of [...program.offered, ...topics, ...pagesOfProgram])
    yield helpFor(name, program, columns);
  yield helpFor(undefined, program, columns);
  for (const argv of [['load', '--colour'], ['frobnicate'], ['undo'], ['sandbox', '--option', 'x']])
    try {
      parseCommandLine(argv, program);
    } catch (error) {
      yield renderError(errorFacts(error), columns);
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
  yield renderGroup({ group: 'Run directory', findings: [finding] }, style);
  yield renderProof(
    [{ name: 'SSN', records: 25_000, recordsInVault: 25_000, holds: true }],
    'process 1 of SSN',
    style,
  );
}

/** A command, or a single word: it is copied as a whole, and a terminal folds it by itself. */
const isCopied = (line: string): boolean => /^ *(?:npx )?skyflow-supervise |^\s*\S+$/.test(line);

test('at 40, 80 and 120 columns no line of any command is wider than the terminal, and no word, path or command is broken', () => {
  for (const columns of [40, 80, 120])
    for (const text of texts(columns)) {
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
