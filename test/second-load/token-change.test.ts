import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, Workspace } from '../support/workspace.js';

test('an upsert that may give values of the vault other tokens is refused, unless --allow-token-change says that it may', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['uniqueColumns=["ssn"]', 'upsertToken=replace']);
  await workspace.configure(sandbox.url, ['SSN'], { skyflow: { upsert: true } });
  const held = (): Promise<readonly string[]> => sandbox.pairs('vault-ssn', 'ssn');
  const load = async (...more: string[]): Promise<{ status: number | null; text: string }> => {
    const { status, stdout, stderr } = await workspace.run(['load', '--quiet', ...more]);
    return { status, text: stdout + stderr };
  };
  const pairs = makePairs(200);
  await workspace.writePairs('SSN', pairs);
  const first = await load();
  assert.equal(first.status, 0, `into an empty table no token can change: ${first.text}`);
  const again = await load();
  assert.equal(again.status, 0, `what stands there under its own tokens stays: ${again.text}`);

  const others = pairs.map(([value, token], at) => [value, at === 7 ? 'another token' : token] as const);
  await workspace.writePairs('SSN', others);
  const refused = await load();
  assert.equal(refused.status, 2, refused.text);
  assert.match(refused.text, /table holds 200 records, and 1 of the \d+ tokens .* nothing was sent/);
  assert.match(refused.text, /--allow-token-change/);
  assert.deepEqual(await held(), asMultiset(pairs), 'not one token is another one');

  const allowed = await load('--allow-token-change');
  assert.equal(allowed.status, 0, allowed.text);
  assert.deepEqual(await held(), asMultiset(others), 'this vault gives the value the new token');

  await sandbox.set({ upsertToken: 'keep' });
  await workspace.writePairs('SSN', pairs);
  const kept = await load('--allow-token-change');
  assert.equal(kept.status, 1, kept.text);
  assert.deepEqual(await held(), asMultiset(others), 'this one keeps the old token');
  const [summary] = (await workspace.summary()).vaults;
  assert.deepEqual(
    [summary?.uploaded, summary?.failed, summary?.failed_by_reason.map(({ reason }) => reason)],
    [199, 1, ['token_mismatch']],
    'and the record is not taken for uploaded',
  );

  const retry = async (...more: string[]): Promise<string> => {
    const { status, stdout, stderr } = await workspace.run(['retry', '--yes', ...more]);
    return `${status ?? 'none'} ${stdout}${stderr}`.replaceAll(/\s+/g, ' ');
  };
  await sandbox.set({ upsertToken: 'replace' });
  assert.match(
    await retry(),
    /^2 .*values of 1 records may stand in the vault under other tokens; nothing was sent/,
  );
  assert.deepEqual(await held(), asMultiset(others));
  assert.match(await retry('--allow-token-change'), /^0 /);
  assert.deepEqual(await held(), asMultiset(pairs), 'what was allowed is done');

  // Records that no upsert has looked at.
  await workspace.configure(sandbox.url, ['SSN'], {});
  await sandbox.set({ poison: ['fresh value 3'] });
  await workspace.writePairs('SSN', makePairs(20, 'fresh'));
  assert.equal((await load()).status, 1);
  await sandbox.set({ poison: [] });
  assert.match(await retry('--upsert'), /^2 .*is of a run without upsert, .* nothing was sent/);
  assert.match(await retry(), /^0 /);
});
