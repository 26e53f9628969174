import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import * as z from 'zod';
import {
  startSnowflakeSandbox,
  type SnowflakeSandbox,
} from '../../src/sandbox/snowflake/snowflake-sandbox.js';
import type { RunningProgram } from '../support/program.js';
import { loadingChild } from '../support/running-load.js';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { isAlive, waitUntil } from '../support/wait-until.js';
import { Workspace } from '../support/workspace.js';

const ssnQuery =
  'SELECT DISTINCT TO_VARCHAR(ssn) AS ssn, ssn_token\nFROM ELEVANCE.PUBLIC.PATIENTS\nWHERE ssn IS NOT NULL AND ssn_token IS NOT NULL';

const count = z.int();
const againstSchema = z.looseObject({
  against: z.string().optional(),
  totals: z.looseObject({ checked: count, matching: count, missing: count, different: count }),
});

interface Stage extends AsyncDisposable {
  readonly workspace: Workspace;
  readonly vault: TestSandbox;
  readonly account: SnowflakeSandbox;
}

/** A vault, an account with some rows, and a config.json that loads the vault SSN from it. */
async function setStage(snowflake: object = {}): Promise<Stage> {
  const workspace = await Workspace.create();
  const vault = await startSandbox(workspace.path, ['latency.fixedMs=20']);
  const account = await startSnowflakeSandbox({
    seed: { patients: 3_000, clm: 10, mbr: 10 },
    results: { inlineRows: 50, chunkRows: 400 },
  });
  const configuration = {
    source: 'snowflake',
    skyflow: {
      vault_url: vault.url,
      bearer_token: 'test-bearer-token',
      settle_ms: 0,
      vaults: [{ name: 'SSN', id: 'vault-ssn', column: 'ssn' }],
    },
    snowflake: {
      account: 'TEST-ACCOUNT',
      access_url: account.accessUrl,
      user: 'LOADER',
      password: 'sandbox-password',
      ...snowflake,
    },
    performance: { append_suffix: false, max_records: 0, batch_size: 20, max_concurrency: 4 },
  };
  await writeFile(workspace.at('config.json'), JSON.stringify(configuration), { mode: 0o600 });
  return {
    workspace,
    vault,
    account,
    async [Symbol.asyncDispose]() {
      await vault[Symbol.asyncDispose]();
      await account.close();
      await workspace[Symbol.asyncDispose]();
    },
  };
}

/** The vault holds exactly what the query gives, asked on the engine itself. */
async function assertExact({ vault, account }: Stage): Promise<void> {
  const { rows } = await account.runSql(ssnQuery);
  const expected = rows.map(([value, token]) => `${String(value)}\t${String(token)}`).sort();
  assert.ok(expected.length > 2_000);
  assert.deepEqual(await vault.pairs('vault-ssn', 'ssn'), expected);
}

/** Waits until the vault has so many more records, or the program has ended. */
async function loadedOn({ vault }: Stage, records: number, program: RunningProgram): Promise<void> {
  const count = () => vault.count('vault-ssn', 'ssn');
  const before = await count();
  const loaded = waitUntil(`${records} more records`, async () => (await count()) >= before + records);
  await Promise.race([loaded, program.ended]);
}

/** The statement that reads the patients has run once, and no snapshot table is left behind. */
async function assertAskedOnce({ account }: Stage): Promise<void> {
  const { queries } = account.stats();
  assert.equal(queries.filter(({ sqlText }) => sqlText.includes('FROM ELEVANCE.PUBLIC.PATIENTS')).length, 1);
  const left = await account.runSql("SELECT COUNT(*) FROM duckdb_tables() WHERE table_name LIKE 'SKYFLOW%'");
  assert.equal(Number(left.rows[0]?.[0]), 0);
}

for (const snapshot of ['result', 'table'] as const) {
  const settings = {
    snapshot,
    ...(snapshot === 'table' ? { scratch_schema: 'SKYFLOW_DEMO.PUBLIC' } : {}),
  };

  test(`killed and interrupted at random rows, a load from a snapshot "${snapshot}" loses and doubles nothing, and asks once`, async () => {
    const [ofChild = 0, ofLoad = 0, ofResume = 0] = [50, 100, 1].map(
      (least) => least + Math.floor(Math.random() * 350),
    );
    const at = `hit ${[ofChild, ofLoad, ofResume].join(', ')} records on: `;
    await using stage = await setStage(settings);
    const { workspace, vault } = stage;
    // Slow enough that status.json, once a second, names every child while it is loading.
    await vault.set({ latency: { fixedMs: 120 } });
    const load = workspace.start(['--all']);
    await loadedOn(stage, ofChild, load);
    const killed = await loadingChild(workspace, 'SSN');
    process.kill(killed, 'SIGKILL');
    await loadedOn(stage, ofLoad, load);
    const orphan = await loadingChild(workspace, 'SSN', { after: [killed] });
    load.child.kill('SIGKILL');
    await load.ended;
    await waitUntil('the child has noticed', () => !isAlive(orphan));

    // In a new login, by the id of the query.
    const resume = workspace.start(['resume']);
    await loadedOn(stage, ofResume, resume);
    resume.child.kill('SIGINT');
    const interrupted = await resume.ended;
    assert.equal(interrupted.status, 130, at + interrupted.stdout + interrupted.stderr);
    await vault.set({ latency: { fixedMs: 0 } });
    const resumed = await workspace.run(['resume']);

    assert.equal(resumed.status, 0, at + resumed.stdout + resumed.stderr);
    await assertExact(stage);
    await assertAskedOnce(stage);
    const verified = await stage.workspace.run(['verify', '--all']);
    if (snapshot === 'result') {
      assert.equal(verified.status, 0, verified.stdout + verified.stderr);
      assert.match(verified.stdout, /Complete: all [\d,]+ records/);
      await assertAskedOnce(stage);
    } else {
      assert.equal(verified.status, 3, verified.stdout + verified.stderr);
      assert.match(verified.stdout, /snapshot table .* is gone/s);
      assert.match(verified.stdout, /--keep-snapshot/);
    }
  });
}

test('all vaults share one user: a wrong password is tried once, and one that its command gives anew is tried first by one of them', async () => {
  await using stage = await setStage();
  const { workspace, account } = stage;
  const read: unknown = JSON.parse(await readFile(workspace.at('config.json'), 'utf8'));
  const configuration = read as { readonly skyflow: object; readonly snowflake: object };
  const vaults = ['A', 'B', 'C'].map((name) => ({ name, id: `vault-${name}`, column: 'ssn' }));
  const load = async (snowflake: object) => {
    const skyflow = { ...configuration.skyflow, vaults };
    const changed = { ...configuration, skyflow, snowflake: { ...configuration.snowflake, ...snowflake } };
    await writeFile(workspace.at('several.json'), JSON.stringify(changed), { mode: 0o600 });
    return workspace.run(['--all', '--config', 'several.json', '--max-records', '50']);
  };

  const refused = await load({ password: 'sentinel-wrong' });
  assert.equal(refused.status, 3, refused.stdout + refused.stderr);
  assert.equal(account.stats().loginsRefused, 1);
  const notTried = (refused.stdout + refused.stderr).matchAll(
    /vault ([A-C]): not tried, since the login of another vault/g,
  );
  assert.equal(new Set([...notTried].map(([, name]) => name)).size, 2, refused.stdout);
  assert.doesNotMatch(refused.stdout + refused.stderr, /sentinel-wrong/);

  await writeFile(workspace.at('old'), 'sentinel-wrong', { mode: 0o600 });
  await writeFile(workspace.at('new'), 'sandbox-password', { mode: 0o600 });
  const [old, renewed] = [workspace.at('old'), workspace.at('new')];
  const taken = await load({
    password: undefined,
    password_command: `cat ${old} 2>/dev/null || cat ${renewed}; rm -f ${old}`,
  });
  assert.equal(taken.status, 0, taken.stdout + taken.stderr);
  assert.equal(account.stats().loginsRefused, 2, 'the old one was tried once more, by one vault');
  assert.equal(account.stats().sessionsOpened, vaults.length);
});

test('a query that was loaded to its end is loaded again only where the vault says that its rows are others; verified against a query of a system of record, a record that the export had paired wrong is found', async () => {
  await using stage = await setStage();
  const { workspace, vault, account } = stage;
  const run = (...argv: string[]) => workspace.run([...argv, '--quiet']);
  assert.equal((await run('load')).status, 0);
  await assertExact(stage);
  const assertRefused = async (pattern: RegExp): Promise<void> => {
    const again = await run('load');
    assert.equal(again.status, 2, again.stdout + again.stderr);
    assert.match((again.stdout + again.stderr).replaceAll(/\s+/g, ' '), pattern);
    assert.match(again.stdout + again.stderr, /--skip-existing/);
    await assertExact(stage);
  };
  await assertRefused(/are in the vault already; nothing was sent/);
  // Of a credential that may only insert nobody learns it.
  await vault.set({ accessTokens: [{ token: 'test-bearer-token', access: 'insert' }] });
  await assertRefused(/run \S+ has loaded this query, and the vault cannot be asked/);

  await vault.set({ accessTokens: [{ token: 'test-bearer-token' }] });
  const { rows } = await account.runSql(ssnQuery);
  const [, token = ''] = (rows[5] ?? []).map(String);
  // What the register has under one token is another value than what was exported and loaded.
  const changed = `UPDATE ELEVANCE.PUBLIC.PATIENTS SET ssn = '999-99-9999' WHERE ssn_token = '${token}'`;
  await account.runSql(changed);
  const verify = (query: string) => run('verify', '--all', '--against', query, '--json');
  const found = await verify(ssnQuery);
  assert.equal(found.status, 1, found.stderr);
  const summary = againstSchema.parse(JSON.parse(found.stdout));
  assert.equal(summary.against, 'query');
  assert.deepEqual([summary.totals.different, summary.totals.missing], [1, 0]);
  assert.equal(summary.totals.matching, summary.totals.checked - 1);
  const rest = await verify(`${ssnQuery} AND ssn_token <> '${token}'`);
  assert.equal(rest.status, 0, `what the register says alike is right: ${rest.stderr}`);
});

test('100 records are loaded when nobody says how many, and it is said with exit status 4', async () => {
  await using stage = await setStage();
  const configuration: unknown = JSON.parse(await readFile(stage.workspace.at('config.json'), 'utf8'));
  assert.ok(typeof configuration === 'object' && configuration !== null);
  await writeFile(
    stage.workspace.at('limited.json'),
    JSON.stringify({ ...configuration, performance: { append_suffix: false } }),
    { mode: 0o600 },
  );

  await stage.workspace.run(['--all', '--config', 'limited.json'], { status: 4 });
  assert.equal(await stage.vault.count('vault-ssn', 'ssn'), 100);
});
