import assert from 'node:assert/strict';
import { readFile, utimes, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { readPieces } from '../../src/source/fingerprints/piece-file.js';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

test('an export that runs again during a load ends the vault; the old file put back, resume finishes it', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=40']);
  // 3 MB of values, in three pieces.
  const pairs = makePairs(3_000).map(([value, token]) => [`${value} ${'x'.repeat(1_000)}`, token] as const);
  await workspace.configure(sandbox.url, ['SSN'], { performance: { batch_size: 20, max_concurrency: 2 } });
  await workspace.writePairs('SSN', pairs);
  const dataFile = workspace.at('data', 'ssn_data.csv');
  const original = await readFile(dataFile);
  const [header = '', ...lines] = original.toString().trimEnd().split('\n');
  const held = () => sandbox.count(vaults.SSN.id, 'ssn');

  const load = workspace.run(['--all']);
  await waitUntil('some records are in the vault', async () => (await held()) > 200);
  await writeFile(dataFile, `${[header, ...lines.reverse()].join('\n')}\n`);
  const changed = await load;

  assert.equal(changed.status, 3, changed.stdout);
  assert.match(changed.stdout + changed.stderr, /ssn_data\.csv changed while it was being loaded: /);
  const wanted = new Set(asMultiset(pairs));
  assert.ok(
    (await sandbox.pairs(vaults.SSN.id, 'ssn')).every((pair) => wanted.has(pair)),
    'a pair is wrong',
  );

  const refused = await workspace.run(['resume'], { status: 3 });
  assert.match(refused.stdout + refused.stderr, /its content differs/);
  assert.ok((await held()) < pairs.length);

  await writeFile(dataFile, original);
  await sandbox.set({ latency: { fixedMs: 0 } });
  await workspace.run(['resume'], { status: 0 });
  assert.deepEqual(await sandbox.pairs(vaults.SSN.id, 'ssn'), asMultiset(pairs));

  const [run = ''] = await workspace.runs();
  assert.deepEqual(
    (await readPieces(run, 'SSN')).map(({ role, sizeBytes, pieces }) => [role, sizeBytes, pieces.length]),
    [
      ['data file', original.length, 3],
      ['token file', (await readFile(workspace.at('data', 'ssn_tokens.csv'))).length, 1],
    ],
  );
  // A backup changes times, not rows.
  await utimes(dataFile, new Date(0), new Date(0));
  await workspace.run(['verify', '--all'], { status: 0 });
});
