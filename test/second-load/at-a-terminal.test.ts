import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { keys, needsTerminal, startInTerminal } from '../support/terminal.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const pairs = makePairs(60);
const held = (sandbox: TestSandbox, name: 'SSN' | 'NAME' = 'SSN'): Promise<string[]> =>
  sandbox.pairs(vaults[name].id, vaults[name].column);

test(
  '--new-run at a terminal inserts once more only after the name of the vault was typed',
  needsTerminal,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path);
    await workspace.configure(sandbox.url, ['SSN']);
    await workspace.writePairs('SSN', pairs);
    await workspace.run(['load', '--quiet'], { status: 0 });
    {
      await using terminal = startInTerminal(['load', '--new-run'], { cwd: workspace.path });
      await terminal.answer(/Type SSN to insert its rows once more:/, `yes${keys.enter}`);
      await terminal.answer(/yes[^]*SSN/, keys.ctrlC);
      assert.notEqual(await terminal.ended, 0, terminal.all());
    }
    assert.deepEqual(await held(sandbox), asMultiset(pairs));
    assert.equal((await workspace.runs()).length, 1, 'nothing was begun');

    await using terminal = startInTerminal(['load', '--new-run'], { cwd: workspace.path });
    await terminal.answer(/Type SSN to insert its rows once more:/, `SSN${keys.enter}`);
    assert.equal(await terminal.ended, 0, terminal.all());
    assert.deepEqual(await held(sandbox), asMultiset([...pairs, ...pairs]));
  },
);

test(
  'of several runs that could be gone on with, or retried, a person at the terminal chooses; nobody else is asked',
  needsTerminal,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['poison=["value 7"]']);
    await workspace.configure(sandbox.url, ['SSN', 'NAME'], {
      performance: { batch_size: 5, max_concurrency: 1 },
    });
    const names = makePairs(60, 'name');
    await workspace.writePairs('SSN', pairs);
    await workspace.writePairs('NAME', names);
    await sandbox.set({ latency: { fixedMs: 40 } });
    for (const name of ['ssn', 'name'] as const) {
      const load = workspace.start(['load', '--vault', name]);
      await waitUntil(
        'some records are in',
        async () => (await held(sandbox, name === 'ssn' ? 'SSN' : 'NAME')).length > 0,
      );
      load.child.kill('SIGINT');
      assert.equal((await load.ended).status, 130);
    }
    await sandbox.set({ latency: { fixedMs: 0 } });
    const before = (await held(sandbox)).length;
    const nobody = await workspace.run(['resume'], { status: 2 });
    assert.match(nobody.stderr, /2 runs in\s+\S+\s+are unfinished:\n {2}\S+ {2}SSN\n {2}\S+ {2}NAME/);
    assert.equal((await held(sandbox)).length, before);

    const [first = ''] = await workspace.runs();
    {
      // The newest stands first.
      await using terminal = startInTerminal(['resume'], { cwd: workspace.path });
      await terminal.answer(
        /2\s+runs\s+in\s[^]*are\s+unfinished\.\s+Which\s+one\?[^]*NAME[^]*SSN/,
        keys.down,
        keys.enter,
      );
      assert.equal(await terminal.ended, 1, terminal.all());
    }
    const unsound = (name: string) => (pair: string) => !pair.startsWith(`${name} value 7`);
    assert.deepEqual(await held(sandbox), asMultiset(pairs).filter(unsound('p')));
    await workspace.run(['resume', '--quiet'], { status: 1 });
    assert.deepEqual(await held(sandbox, 'NAME'), asMultiset(names).filter(unsound('name')));

    await sandbox.set({ poison: [] });
    await using retry = startInTerminal(['retry', '--yes'], { cwd: workspace.path });
    await retry.answer(/Which\s+one\?[^]*NAME[^]*SSN/, keys.down, keys.enter);
    assert.equal(await retry.ended, 0, retry.all());
    assert.match(retry.all(), new RegExp(basename(first)));
    assert.deepEqual(await held(sandbox), asMultiset(pairs));
    assert.deepEqual(await held(sandbox, 'NAME'), asMultiset(names).filter(unsound('name')));
  },
);

test('a load that doubles nothing is not refused: with upsert, and with a suffix of its own', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['uniqueColumns=["ssn"]', 'upsertToken=replace']);
  await workspace.writePairs('SSN', pairs);
  const load = async (): Promise<void> => {
    await workspace.run(['load', '--quiet'], { status: 0 });
  };
  await workspace.configure(sandbox.url, ['SSN'], { skyflow: { upsert: true } });
  await load();
  await load();
  assert.deepEqual(await held(sandbox), asMultiset(pairs));

  await workspace.configure(sandbox.url, ['SSN'], { performance: { append_suffix: true } });
  await load();
  await load();
  assert.equal((await held(sandbox)).length, 3 * pairs.length);
});
