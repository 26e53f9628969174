import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePairs, Workspace } from '../support/workspace.js';

test('flags that mean nothing for the source that was chosen are refused by name, by a load and by check', async () => {
  await using workspace = await Workspace.create();
  await workspace.configure('http://127.0.0.1:1', ['SSN']);
  await workspace.writePairs('SSN', makePairs(3));
  for (const [argv, refused] of [
    [['--sf-fetch-size', '5'], '--sf-fetch-size is for --source snowflake; records come from CSV files'],
    [['--sf-table', 'T', '--sf-role', 'R'], '--sf-table is for --source snowflake'],
    [['--print-sql'], '--print-sql is for --source snowflake'],
    [
      ['--source', 'snowflake', '--print-sql', '--data-dir', 'x'],
      '--data-dir is for --source csv; records come from Snowflake',
    ],
    [
      ['--source', 'parquet', '--print-sql'],
      '--print-sql is for --source snowflake; records come from Parquet files',
    ],
    [['--source', 'snowflake', '--print-sql', '--no-precount'], '--no-precount is for --source csv'],
  ] as const) {
    const { stderr } = await workspace.run(['load', ...argv], { status: 2 });
    assert.ok(stderr.includes(refused), `${argv.join(' ')}: ${stderr}`);
  }
  const checked = await workspace.run(['check', '--sf-fetch-size', '9'], { status: 2 });
  assert.match(checked.stdout, /--sf-fetch-size is for --source snowflake/);
  assert.deepEqual(await workspace.runs(), []);
});
