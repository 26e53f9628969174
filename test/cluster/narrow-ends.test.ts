import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import { needsPostgres } from '../support/postgres.js';
import { startSandbox } from '../support/sandbox.js';
import { makePairs } from '../support/workspace.js';
import { assertNarrow, narrowColumns as columns } from '../view/narrow-ends.js';
import { withStore } from './with-store.js';

test(
  'what has to do with a store ends within 40 columns, well or ill, as every command does',
  needsPostgres,
  async (t) => {
    const { workspace, url } = await withStore(t);
    await using sandbox = await startSandbox(workspace.path, ['poison=["s value 13"]']);
    await workspace.configure(sandbox.url, ['SSN']);
    await workspace.writePairs('SSN', makePairs(20, 's'));
    const shown: [argv: readonly string[], text: string][] = [];
    const see = async (status: number, ...argv: string[]): Promise<void> => {
      const end = await workspace.run(argv, { env: { SKYFLOW_STORE: url }, columns, status });
      assert.notEqual(end.stdout + end.stderr, '', argv.join(' '));
      shown.push([argv, end.stdout], [argv, end.stderr]);
    };
    await see(0, 'store', 'init', '--print');
    await see(0, 'store', 'init');
    await see(0, 'store', 'check');
    await see(1, 'load', '--lanes', '2');
    const [directory = ''] = await workspace.runs();
    await see(0, 'work', '--drain', '--lanes', '1');
    await see(0, 'runs');
    await see(0, 'report', directory);
    await see(0, 'export', basename(directory));
    await see(0, 'store', 'forget', basename(directory), '--yes');
    await see(2, 'store', 'forget', basename(directory), '--yes');
    await see(2, 'store', 'check', '--store', `${url}-not-there`);
    assertNarrow(shown.filter(([argv]) => !argv.includes('--print')));
  },
);
