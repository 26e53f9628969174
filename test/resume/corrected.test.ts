import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { printedCommand, printedCommands } from '../support/printed-commands.js';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

test('what could not begin for the configuration or a file is loaded by the printed command once that is corrected', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    `vaults=["${vaults.NAME.id}","${vaults.SSN.id}"]`,
  ]);
  await workspace.configure(sandbox.url, ['NAME', 'SSN']);
  const good = await readFile(workspace.at('config.json'), 'utf8');
  const edit = (from: string, to: string) => async () => {
    assert.ok(good.includes(from));
    await writeFile(workspace.at('config.json'), good.replace(from, to));
  };
  const names = makePairs(20, 'n');
  await workspace.writePairs('NAME', names);
  const cases: [what: string, spoil: () => Promise<void>, flags: string[]][] = [
    ['the column', edit('"column":"ssn"', '"column":"sssn"'), ['--batch-size', '7']],
    ['the vault', edit(`"${vaults.SSN.id}"`, '"nowhere"'), ['--no-precount']],
    ['a header', edit('"column":"ssn"', '"column":"ssn","csv":{"value_header":"number"}'), []],
    ['a line', () => writeFile(workspace.at('data', 'ssn_tokens.csv'), 'ssn_token\na,b\n'), []],
  ];
  const loaded: (readonly [string, string])[] = [];
  for (const [at, [what, spoil, flags]] of cases.entries()) {
    const numbers = makePairs(30, `s${at}`);
    await workspace.writePairs('SSN', numbers);
    await spoil();
    // The first one is for both vaults, of which one can be loaded.
    const spoilt = await workspace.run(['load', ...(at === 0 ? [] : ['--vault', 'SSN']), ...flags], {
      status: 3,
    });
    const next = printedCommand(spoilt.stdout, 'load', '--vault', 'SSN', ...flags);
    assert.ok(!printedCommands(spoilt.stdout).some(([command]) => command === 'resume'), what);
    const line = `skyflow-supervise ${next.join(' ')}`;
    const listed = await workspace.run(['runs', '--json'], { status: 0 });
    assert.ok(listed.stdout.includes(JSON.stringify(line)), `${what}, in runs: ${listed.stdout}`);
    const watched = await workspace.run(['monitor', '--once', (await workspace.runs()).at(-1) ?? ''], {
      status: 0,
    });
    assert.ok(watched.stdout.includes(line), `${what}, in monitor: ${watched.stdout}`);

    await writeFile(workspace.at('config.json'), good);
    await workspace.writePairs('SSN', numbers);
    await workspace.run(next, { status: 0 });
    loaded.push(...numbers);
    assert.deepEqual(await sandbox.pairs(vaults.SSN.id, 'ssn'), asMultiset(loaded), what);
    const after = await workspace.run(['runs'], { status: 0 });
    assert.deepEqual(printedCommands(after.stdout), [], `${what}: nothing comes next`);
  }
  assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(names));
});
