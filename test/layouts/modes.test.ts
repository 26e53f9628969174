import assert from 'node:assert/strict';
import { test } from 'node:test';
import { topics } from '../../supervisor/commands/help/help-topics.js';
import type { ProgramEnd } from '../support/program.js';
import { startSandbox } from '../support/sandbox.js';
import { makePairs, Workspace } from '../support/workspace.js';

/** Loads SSN, whose files are in order, and ID, whose files are not equally long. */
async function load(...flags: readonly string[]): Promise<ProgramEnd> {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.writePairs('SSN', makePairs(400, 'ssn'));
  await workspace.writePairs('ID', [['only', '']]);
  await workspace.configure(sandbox.url, ['SSN', 'ID'], {
    skyflow: {
      vaults: [
        { name: 'SSN', id: 'vault-ssn', column: 'ssn' },
        {
          name: 'ID',
          id: 'vault-id',
          column: 'id',
          csv: { token_file: 'ssn_tokens.csv', token_header: 'ssn_token' },
        },
      ],
    },
    performance: { batch_size: 50, max_concurrency: 2 },
  });
  const end = await workspace.run(['--all', ...flags], { status: 3 });
  return end;
}

const progress = /^\[SSN\] (Progress: |\[LIVE\]|Loading|Finished)/m;

test('--quiet says what is wrong and how it ended, and nothing of progress', async () => {
  const { stdout, stderr } = await load('--quiet');
  assert.equal(stderr, '');
  assert.doesNotMatch(stdout, progress);
  assert.match(stdout, /\[ID\].*id_data\.csv has 1 rows, .*ssn_tokens\.csv has 400/);
});

test('--verbose says every step of every vault in a line of its own', async () => {
  const { stdout } = await load('--verbose');
  assert.match(stdout, /^\[SSN\] Checking the source$/m);
  assert.match(stdout, /^\[SSN\] Loading\b/m);
  assert.match(stdout, /^\[SSN\] Progress: .*100/m);
  assert.match(stdout, /^\[SSN\] Finished, complete: 400 uploaded, 0 failed, 0 skipped in /m);
  assert.match(stdout, /^\[ID\] Finished, not started: .*id_data\.csv has 1 rows/m);
  assert.match(stdout, /read 400 = uploaded 400 \+ failed 0 \+ skipped 0/);
});

test('with --json people’s text goes to stderr, and with --quiet besides there is the document alone', async () => {
  const { stdout, stderr } = await load('--quiet', '--json');
  assert.equal((JSON.parse(stdout) as { exit_code: number }).exit_code, 3);
  assert.doesNotMatch(stderr, progress);
});

test('--quiet and --verbose exclude each other', async () => {
  await using workspace = await Workspace.create();
  const end = await workspace.run(['--all', '--quiet', '--verbose'], { status: 2 });
  assert.match(end.stderr, /--quiet and --verbose exclude each other/);
});

test('help TOPIC gives every topic from the program itself within 80 columns, on stdout, with status 0', async () => {
  await using workspace = await Workspace.create();
  for (const page of [[], ...topics.map(({ name }) => [name])]) {
    const { status, stdout, stderr } = await workspace.run(['help', ...page]);
    assert.deepEqual([status, stderr], [0, '']);
    assert.ok(stdout.split('\n').length > 5);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
  }
});
