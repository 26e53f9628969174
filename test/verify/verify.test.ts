import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { verificationFileSchema, verificationSchema } from '../../src/verification/verification-format.js';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { makePairs, vaults, Workspace } from '../support/workspace.js';

const pace = { batch_size: 20, max_concurrency: 4 };

/** Deletes the record of a value behind the program's back, or puts another value under its token. */
async function tamper(sandbox: TestSandbox, value: string, other?: string): Promise<void> {
  const { id, column } = vaults.NAME;
  const table = `${sandbox.url}/v1/vaults/${id}/${column}`;
  const headers = { authorization: 'Bearer test-bearer-token', 'content-type': 'application/json' };
  const listing = await (await fetch(`${sandbox.controlUrl}/sandbox/records?vault=${id}`)).text();
  const line = listing.split('\n').find((text) => text.includes(`"${value}"`)) ?? '';
  const record = JSON.parse(line) as { skyflow_id: string; token: string };
  const ask = async (method: string, body: object): Promise<void> => {
    const answer = await fetch(table, { method, headers, body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.text());
  };
  await ask('DELETE', { skyflow_ids: [record.skyflow_id] });
  if (other === undefined) return;
  const fields = { [column]: other };
  const tokens = { [column]: record.token };
  await ask('POST', { records: [{ fields, tokens }], tokenization: true, byot: 'ENABLE' });
}

async function verifications(workspace: Workspace) {
  const [path = ''] = await workspace.runs();
  const file = join(path, 'verification.json');
  const text = await readFile(file, 'utf8');
  return { file, text, ...verificationFileSchema.parse(JSON.parse(text)) };
}

test('what is missing or different is found at its position, what the run gave up is not asked for', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["value 7"]']);
  await workspace.configure(sandbox.url, ['NAME'], { performance: pace });
  const pairs = makePairs(400, 'NAME');
  await workspace.writePairs('NAME', [...pairs.slice(0, 50), ['', 'tok_x'], ...pairs.slice(50)]);
  await workspace.run(['--all'], { status: 1 });
  const untouched = await workspace.run(['verify', '--all'], { status: 0 });
  assert.match(untouched.stdout, /NAME: 389 of 389 read back, all match/);
  assert.match(untouched.stdout, /not asked for, as not uploaded: 11 failed, 1 skipped/);
  assert.match(untouched.stdout, /Complete: all 389 records/);
  // The newest run is a retry that has put nothing in: not that one is meant.
  await workspace.run(['retry', '--yes', '--quiet'], { status: 1 });
  const afterwards = await workspace.run(['verify', '--quiet']);
  assert.match(afterwards.stdout, /NAME: 389 of 389 read back, all match/);
  const [first = '', retried = ''] = await workspace.runs();
  const ofRetry = (await workspace.run(['verify', retried])).stdout;
  assert.match(ofRetry, /Nothing was read back: this run has uploaded/);
  // A run and its retry have each a part of the records: either names the other.
  const provedBy = (of: string): RegExp =>
    new RegExp(`Prove that (one )?too:\n  skyflow-supervise verify runs/${basename(of)} --all$`, 'm');
  assert.match(ofRetry, provedBy(first));
  assert.doesNotMatch(afterwards.stdout, /Prove that/, 'that retry has put nothing in');
  for (const at of [3, 4, 120]) await tamper(sandbox, `NAME value ${at}`);
  await tamper(sandbox, 'NAME value 300', 'somebody else');

  const all = await workspace.run(['verify', '--all', '--json'], { status: 1 });
  const found = verificationSchema.parse(JSON.parse(all.stdout));
  const [vault] = found.vaults;
  assert.deepEqual(found.totals, { expected: 389, checked: 389, matching: 385, missing: 3, different: 1 });
  assert.deepEqual([found.complete, found.exit_code, vault?.status], [false, 1, 'failures']);
  assert.deepEqual(vault?.findings?.missing_positions, [
    { first: 3, last: 4 },
    { first: 121, last: 121 },
  ]);
  assert.deepEqual(vault.findings.different_positions, [{ first: 301, last: 301 }]);
  assert.deepEqual(vault.findings.vault_count, { at_start: 0, before: 386, after: 386 });
  assert.match(all.stderr, /fewer than this run uploaded/);
  assert.match(all.stderr, /missing: positions 3-4, 121\n/);

  // A sample as large as the load is still no complete verification.
  const [sample, whole] = [
    await workspace.run(['verify', '--sample', '100', '--seed', '7', '--json']),
    await workspace.run(['verify', '--sample', '5000', '--json']),
  ].map(({ stdout }) => verificationSchema.parse(JSON.parse(stdout)));
  assert.deepEqual([sample?.totals.checked, sample?.mode], [100, { kind: 'sample', size: 100, seed: 7 }]);
  assert.deepEqual([whole?.totals.checked, whole?.totals.missing, whole?.complete], [389, 3, false]);

  // What is missing goes again, looked up first, by position and without a copy of the records.
  const [directory = ''] = await workspace.runs();
  const before = await sandbox.digest('vault-name', 'name');
  const repair = await workspace.run(['retry', directory, '--missing', '--yes'], { status: 0 });
  assert.match(repair.stdout, /Rows are read again from:/);
  assert.equal(await sandbox.count('vault-name', 'name'), before.count + 3);
  const [log = ''] = (await readdir(directory)).filter((name) => name.startsWith('missing_log_'));
  assert.doesNotMatch(await readFile(join(directory, log), 'utf8'), /NAME value|tok_NAME/);
  await workspace.run(['retry', directory, '--missing', '--yes'], { status: 0 });
  assert.equal(await sandbox.count('vault-name', 'name'), before.count + 3, 'none is doubled');
  const repaired = await workspace.run(['verify', directory, '--all', '--json']);
  const { totals } = verificationSchema.parse(JSON.parse(repaired.stdout));
  assert.deepEqual(totals, { expected: 389, checked: 389, matching: 388, missing: 0, different: 1 });
  const nothing = await workspace.run(['retry', directory, '--missing', '--yes']);
  assert.match(nothing.stderr, /nothing of run \S+ is known to be missing/);

  // The export itself was mispaired: only the system of record tells.
  const register = [...pairs.slice(0, 5), ['NAME value 11', 'tok_NAME_10']].map((pair) => pair.join(','));
  await writeFile(workspace.at('register.csv'), `full_name,full_name_token\n${register.join('\n')}\n`);
  const against = await workspace.run(['verify', directory, '--against', 'register.csv', '--json'], {
    status: 1,
  });
  const compared = verificationSchema.parse(JSON.parse(against.stdout));
  assert.deepEqual(
    [compared.against, compared.totals.matching, compared.totals.different],
    [workspace.at('register.csv'), 5, 1],
  );
  assert.deepEqual(compared.vaults[0]?.findings?.different_positions, [{ first: 5, last: 5 }]);
  assert.equal(compared.complete, false);

  const { file, text, verifications: kept } = await verifications(workspace);
  assert.deepEqual(
    kept.map(({ complete, mode }) => [complete, mode.kind]),
    [
      [true, 'all'],
      [false, 'sample'],
      [false, 'all'],
      [false, 'sample'],
      [false, 'sample'],
      [false, 'all'],
      [false, 'sample'],
    ],
  );
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.doesNotMatch(text, /NAME value|tok_NAME|test-bearer-token/);
  const report = await workspace.run(['report', basename(directory)], { status: 0 });
  assert.match(report.stdout, /VERIFICATIONS\n\n {2}\S+, exit status 0: complete\n/);
  assert.match(report.stdout, /385 match, 3 missing, 1\n? +different/);
  for (const line of [...all.stderr.split('\n'), ...untouched.stdout.split('\n')]) {
    const isProgress = line.startsWith('[NAME]');
    assert.ok(line.length <= 80 || isProgress || line.includes(workspace.path), `too wide: ${line}`);
  }

  // A retry that put nothing in is passed over: the run and the retry of that retry name each other.
  await sandbox.set({ poison: [] });
  await workspace.run(['retry', retried, '--yes', '--quiet']);
  const last = (await workspace.runs()).at(-1) ?? '';
  const ofRun = (await workspace.run(['verify', directory], { status: 1 })).stdout;
  assert.ok(ofRun.includes(`verify runs/${basename(last)} --all\n`), ofRun);
  assert.ok(!ofRun.includes(`verify runs/${basename(retried)} `), ofRun);
  assert.match((await workspace.run(['verify', last])).stdout, provedBy(first));
});

test('a verification of everything that is interrupted goes on where it was, and asks for no token twice', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 10, max_concurrency: 2 } });
  await workspace.writePairs('NAME', makePairs(1_000, 'NAME'));
  await workspace.run(['--all'], { status: 0 });
  await sandbox.set({ latency: { fixedMs: 30 } });
  const [directory = ''] = await workspace.runs();
  const progress = join(directory, 'verification_NAME.log');
  const lines = async (): Promise<number> =>
    (await readFile(progress, 'utf8').catch(() => '')).split('\n').length;
  const verify = workspace.start(['verify', '--all']);
  await waitUntil('some batches are compared', async () => (await lines()) > 10);

  verify.child.kill('SIGINT');
  const interrupted = await verify.ended;

  assert.equal(interrupted.status, 130, interrupted.stdout + interrupted.stderr);
  assert.match(interrupted.stdout, /Go on with it:\n +skyflow-supervise verify \S+ --all\n/);
  assert.match(interrupted.stdout, /Interrupted\./);
  const linesBefore = await lines();
  // Killed without a chance to say anything, supervisor and all: the child ends by itself.
  const killed = workspace.start(['verify', '--all']);
  await waitUntil('more batches are compared', async () => (await lines()) > linesBefore + 10);
  killed.child.kill('SIGKILL');
  await killed.ended;
  const last = await workspace.run(['verify', '--all'], { status: 0 });
  assert.match(last.stdout, /goes on with the verification of/);
  assert.match(last.stdout, /Complete: all 1,000 records/);
  const rows = (await readFile(progress, 'utf8')).split('\n').filter((line) => line.includes('"rows"'));
  assert.equal(rows.length, 100);
  assert.equal(new Set(rows).size, 100);
  const { verifications: kept } = await verifications(workspace);
  assert.deepEqual(
    kept.map(({ exit_code: exitCode, complete }) => [exitCode, complete]),
    [
      [130, false],
      [0, true],
    ],
  );
});

test('a table that holds more than before and what was loaded is told, unless others have loaded into it', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.configure(sandbox.url, ['NAME'], { performance: pace });
  const insert = async (pairs: ReturnType<typeof makePairs>): Promise<void> => {
    const records = pairs.map(([name, token]) => ({ fields: { name }, tokens: { name: token } }));
    const answer = await fetch(`${sandbox.url}/v1/vaults/vault-name/name`, {
      method: 'POST',
      headers: { authorization: 'Bearer test-bearer-token' },
      body: JSON.stringify({ records, tokenization: true, byot: 'ENABLE' }),
    });
    assert.equal(answer.status, 200);
  };
  const pairs = makePairs(60, 'NAME');
  await insert(makePairs(7, 'before'));
  await workspace.writePairs('NAME', pairs);
  await workspace.run(['--all'], { status: 0 });
  const verify = async (): Promise<string> => {
    const { status, stdout } = await workspace.run(['verify', '--all', '--new-run']);
    return `${stdout.replaceAll(/\s+/g, ' ')} (${status ?? 'none'})`;
  };
  assert.match(await verify(), /the table holds 67 records .* \(0\)$/);
  await insert(pairs.slice(0, 2));
  const surplus = await verify();
  assert.match(surplus, /NAME: 60 of 60 read back, all match; the table holds 2 too many/);
  assert.match(
    surplus,
    /the table holds 69 records, 2 more than the 7 that it held before plus the 60 that were loaded: records are in it twice, or/,
  );
  assert.match(surplus, /Tables hold 2 records more than before plus what was loaded\..* \(1\)$/);
  const [first = ''] = await workspace.runs();
  await workspace.writePairs('NAME', makePairs(5, 'later'));
  await workspace.run(['--all'], { status: 0 });
  await workspace.writePairs('NAME', pairs);
  const { stdout, status } = await workspace.run(['verify', basename(first), '--all', '--new-run']);
  assert.equal(status, 0, 'what cannot be decided is no difference');
  assert.match(
    stdout.replaceAll(/\s+/g, ' '),
    /other runs have loaded into it since: whether .* cannot be decided/,
  );
});
