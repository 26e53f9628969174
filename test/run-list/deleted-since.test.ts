import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { UndoProgress } from '../../src/undo/undo-progress.js';
import { printedCommand, printedCommands } from '../support/printed-commands.js';
import type { ProgramEnd } from '../support/program.js';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

test('what comes next is the same wherever it is said: failed records are sent again, unless what was loaded with them is gone', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    'poison=["n value 11","n value 12","s value 13"]',
  ]);
  const chosen = [vaults.NAME, vaults.SSN].map(({ name, id, column }) => ({ name, id, column }));
  await workspace.configure(sandbox.url, ['NAME', 'SSN'], {
    skyflow: { record_ids: true, vaults: chosen.map((vault) => ({ ...vault, allow_destructive: true })) },
  });
  const names = makePairs(40, 'n');
  const numbers = makePairs(20, 's');
  await workspace.writePairs('NAME', names);
  await workspace.writePairs('SSN', numbers);
  const run = async (...argv: string[]): Promise<ProgramEnd> => workspace.run([...argv, '--quiet']);
  /** Of the list, of the refusal of a second load, of `check`, and of a resume, which all say the same. */
  const said = async (record: string, runDirectory: string): Promise<string[]> => {
    const refused = await run('load');
    assert.equal(refused.status, 2, refused.stdout);
    assert.match(refused.stderr, new RegExp(`${record} of it failed\\. Send `));
    const [first = ''] = await workspace.runs();
    const all = [refused.stderr, (await run('check')).stdout, (await run('resume', first)).stdout];
    all.push((await run('monitor', runDirectory)).stdout);
    for (const text of all) printedCommand(text, 'retry', runDirectory);
    assert.deepEqual(printedCommands((await run('runs')).stdout)[0], ['retry', runDirectory]);
    return [...printedCommand(refused.stderr, 'retry'), '--yes'];
  };

  assert.equal((await run('load')).status, 1);
  const [first = ''] = await workspace.runs();
  assert.equal((await run(...(await said('3 records', first)))).status, 1, 'refused once more');
  const [, second = ''] = await workspace.runs();
  await sandbox.set({ poison: ['s value 13'] });
  await said('3 records', second);
  const [log = ''] = (await readdir(second)).filter((name) => name.startsWith('error_log_NAME_'));
  assert.equal((await run('retry', join(second, log), '--yes')).status, 0);
  const [, , third = ''] = await workspace.runs();
  assert.equal((await run('retry', '--yes')).status, 1, 'of the other vault nothing was sent again yet');
  const [, , , fourth = ''] = await workspace.runs();
  const last = await said('1 record', fourth);
  await sandbox.set({ poison: [] });

  // Once an undo has begun, and while it has left rows of which no id is known, nobody is told that all of it is there.
  for (const [isEnded, ...way] of [
    [false, 'undo', first] as const,
    [true, 'load', '--skip-existing'] as const,
  ]) {
    const undoing = await UndoProgress.open(first, { run: basename(first), vault: 'NAME' });
    if (isEnded) undoing.end(1);
    await undoing.close();
    const refused = await run('load', '--vault', 'name');
    assert.equal(refused.status, 2);
    printedCommand(refused.stderr, ...way);
    assert.doesNotMatch(refused.stderr, /left to load/);
  }

  // What was loaded goes: nothing of it is sent alone, to stand there when all is loaded anew.
  assert.equal((await run('clear', '--vault', 'ssn', '--yes')).status, 0);
  for (const [at, path] of [first, second, third].entries())
    if (at !== 1) {
      const { stdout } = await run('undo', path, '--vault', 'name', '--yes-delete', at === 0 ? '38' : '2');
      assert.match(stdout, /records deleted/);
      if (at > 0) continue;
      const refused = await run('load', '--vault', 'name');
      assert.equal(refused.status, 2, 'what the retry has sent stands there still');
      assert.match(refused.stderr, /has loaded some of these rows\n/);
      printedCommand(refused.stderr, 'load', '--skip-existing');
    }
  const list = (await run('runs')).stdout;
  assert.match(list, /3 failed; NAME undone since; SSN cleared since\n/);
  assert.deepEqual(printedCommands(list), []);
  assert.deepEqual(printedCommands((await run('monitor', third)).stdout), []);
  assert.match((await run('retry')).stderr, /no run in .* has failed records that were not sent again/);
  // A name that is written otherwise now is the same vault's.
  const config = await readFile(workspace.at('config.json'), 'utf8');
  await writeFile(workspace.at('config.json'), config.replaceAll('"SSN"', '"Ssn"'));
  const again = await run(...last);
  await writeFile(workspace.at('config.json'), config);
  assert.match(again.stdout, /its table was cleared since, and a load brings them with the others/);
  assert.match(again.stdout, /nothing to do/);
  assert.equal((await run('load')).status, 0);
  assert.deepEqual(await sandbox.pairs('vault-name', 'name'), asMultiset(names));
  assert.deepEqual(await sandbox.pairs('vault-ssn', 'ssn'), asMultiset(numbers));
});
