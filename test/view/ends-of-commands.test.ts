import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { widestColumns } from '../../src/report/lay-out.js';
import { displayWidth } from '../../src/report/screen-text.js';
import { program } from '../../supervisor/commands/program.js';
import { startSandbox } from '../support/sandbox.js';
import { makePairs, vaults, Workspace } from '../support/workspace.js';
import { assertNarrow, isCopied, narrowColumns as columns } from './narrow-ends.js';

interface Place {
  /** Of a run some of whose records failed. */
  readonly run: string;
  readonly runId: string;
}

/** What is typed to see how each command ends, in this order: well or ill, after one load for all. */
const ends: Readonly<Record<string, (place: Place) => readonly string[][]>> = {
  help: () => [['help'], ['help', 'exit-status'], ['help', 'sandbox']],
  version: () => [['version']],
  completion: () => [['completion']],
  init: () => [['init']],
  check: () => [['check'], ['check', '--data-dir', 'nowhere']],
  plan: () => [['plan'], ['plan', '--verbose']],
  load: () => [['load'], ['load', '--verbose', '--vault', 'ssn', '--new-run'], ['load', '--colour']],
  report: ({ run }) => [
    ['report', run],
    ['report', run, '--verbose'],
  ],
  runs: ({ runId }) => [['runs'], ['runs', 'forget', runId], ['runs', 'prune', '--older-than', '1d']],
  monitor: ({ run }) => [['monitor', '--once', run]],
  pause: ({ run }) => [['pause', run], ['pause']],
  go: ({ run }) => [['go', run], ['go']],
  pace: ({ run }) => [['pace', run, '--max-records-per-second', '10'], ['pace']],
  stop: ({ run }) => [['stop', run], ['stop']],
  work: () => [['work', '--drain']],
  store: () => [
    ['store', 'check'],
    ['store', 'burn'],
  ],
  export: ({ runId }) => [['export', runId]],
  support: ({ run }) => [
    ['support', run, '--dry-run'],
    ['support', run, '--yes'],
  ],
  retry: ({ run }) => [
    ['retry', run, '--yes'],
    ['retry', run, '--yes', '--new-run'],
  ],
  resume: ({ run }) => [['resume'], ['resume', run], ['resume', run]],
  verify: ({ run }) => [
    ['verify', run],
    ['verify', run, '--all', '--quiet'],
  ],
  undo: ({ run }) => [['undo', run], ['undo']],
  qualify: () => [
    ['qualify', '--vault', 'ssn'],
    ['qualify', '--vault', 'ssn', '--yes', '--poll-seconds', '1'],
  ],
  calibrate: () => [['calibrate', '--vault', 'ssn', '--max-records', '300', '--yes']],
  clear: () => [
    ['clear', '--vault', 'ssn'],
    ['clear', '--vault', 'ssn', '--yes'],
  ],
  generate: () => [
    ['generate', '5', '--data-dir', 'mock'],
    ['generate', '5', '--data-dir', 'mock'],
  ],
  sandbox: () => [
    ['sandbox', '--option', 'poison=1'],
    ['sandbox', '--port', 'x'],
  ],
  demo: () => [
    ['demo', '--records', 'many'],
    ['demo', '--machines', '3', '--no-kill', '--source', 'csv', '--x'],
  ],
};

test('every command there is ends within 40 columns, its lines broken once and never within a command or a path', async () => {
  assert.deepEqual(
    Object.keys(ends).sort(),
    program.offered
      .map(({ name }) => name)
      .concat('version')
      .sort(),
  );
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["s value 13"]']);
  const { name, id, column } = vaults.SSN;
  await workspace.configure(sandbox.url, ['NAME', 'SSN'], {
    skyflow: {
      vaults: [
        { name, id, column, allow_destructive: true },
        { name: 'A_VAULT_WITH_A_LONG_NAME', id: vaults.NAME.id, column: vaults.NAME.column },
      ],
      record_ids: true,
    },
  });
  await workspace.writePairs('NAME', makePairs(50, 'n'));
  await workspace.writePairs('SSN', makePairs(20, 's'));
  const first = await workspace.run(['load'], { columns });
  const [run = ''] = await workspace.runs();
  assert.ok(run !== '' && first.stdout.includes('retry'), JSON.stringify(first));
  const shown: [argv: readonly string[], text: string][] = [[['load'], first.stdout + first.stderr]];
  for (const of of Object.values(ends))
    for (const argv of of({ run, runId: basename(run) })) {
      const { stdout, stderr } = await workspace.run(argv, { columns });
      assert.notEqual(stdout + stderr, '', argv.join(' '));
      shown.push([argv, stdout], [argv, stderr]);
    }
  // As long as anywhere, however wide the terminal.
  for (const argv of [
    ['load'],
    ['load', '--colour'],
    ['work'],
    ['runs'],
    ['resume', run],
    ['support', run, '--dry-run'],
  ]) {
    const { stdout, stderr } = await workspace.run(argv, { columns: 120 });
    for (const line of stripVTControlCharacters(stdout + stderr).split('\n'))
      assert.ok(displayWidth(line) <= widestColumns || isCopied(line), `too wide: ${line}`);
  }
  assertNarrow(shown);
});
