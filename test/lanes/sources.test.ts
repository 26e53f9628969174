import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import * as z from 'zod';
import { startSnowflakeSandbox } from '../../src/sandbox/snowflake/snowflake-sandbox.js';
import { Duck } from '../source/parquet/parquet-fixture.js';
import { askDatabase, createStore, needsPostgres } from '../support/postgres.js';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const skyflow = (url: string) => ({
  vault_url: url,
  bearer_token: 'test-bearer-token',
  settle_ms: 0,
  vaults: [{ name: 'SSN', id: vaults.SSN.id, column: 'ssn' }],
});
const performance = { append_suffix: false, max_records: 0, batch_size: 50, max_concurrency: 2 };

test(
  'rows of Parquet files are cut anywhere, inside of row groups and over parts, with a store and without',
  needsPostgres,
  async (t) => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path);
    await using duck = await Duck.open();
    const pairs = makePairs(5_000);
    for (const [name, start, end] of [
      ['ssn_1.parquet', 0, 2_900],
      ['ssn_2.parquet', 2_900, 5_000],
    ] as const) {
      const rows = `SELECT 'p value ' || range AS ssn, 'tok_p_' || range AS tok FROM range(${start}, ${end})`;
      await duck.write(workspace.at('data', name), rows, 'ROW_GROUP_SIZE 2048');
    }
    const configure = async (id: string): Promise<void> => {
      const [vault] = skyflow(sandbox.url).vaults;
      const parquet = { data_file: 'ssn_*.parquet', value_column: 'ssn', token_column: 'tok' };
      const configuration = {
        ...{ source: 'parquet', performance, store: { shard_rows: 1_700 } },
        skyflow: { ...skyflow(sandbox.url), vaults: [{ ...vault, id, parquet }] },
      };
      await writeFile(workspace.at('config.json'), JSON.stringify(configuration), { mode: 0o600 });
    };
    await configure(vaults.SSN.id);
    await workspace.run(['load', '--lanes', '3', '--quiet'], { status: 0 });
    assert.deepEqual(await sandbox.pairs(vaults.SSN.id, 'ssn'), asMultiset(pairs));

    await t.test('with a store', async () => {
      await configure(vaults.DOB.id);
      const env = { SKYFLOW_STORE: await createStore() };
      const words = ['--lanes', '2', '--quiet', '--max-records'];
      await workspace.run(['load', ...words, '3000'], { env, status: 0 });
      const found = async (): Promise<string[]> => sandbox.pairs(vaults.DOB.id, 'ssn');
      assert.deepEqual(await found(), asMultiset(pairs.slice(0, 3_000)));
      // A raised limit brings shards behind the others, of a run that was over.
      const { run_id } = await workspace.summary();
      await workspace.run(['resume', run_id, ...words, '0'], { env, status: 0 });
      assert.deepEqual(await found(), asMultiset(pairs));
      const { uploaded, unsettled } = (await workspace.summary()).totals;
      assert.deepEqual([uploaded, unsettled], [pairs.length, 0]);
    });
  },
);

test(
  'rows of Snowflake are slices of one query, which is asked once, with a store and without',
  needsPostgres,
  async (t) => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path);
    const account = await startSnowflakeSandbox({
      seed: { patients: 900, clm: 10, mbr: 10 },
      results: { inlineRows: 50, chunkRows: 200 },
    });
    t.after(() => account.close());
    const configure = async (id: string): Promise<void> => {
      const [vault] = skyflow(sandbox.url).vaults;
      const configuration = {
        ...{ source: 'snowflake', performance, store: { shard_rows: 400 } },
        skyflow: { ...skyflow(sandbox.url), vaults: [{ ...vault, id }] },
        snowflake: {
          ...{ account: 'TEST-ACCOUNT', access_url: account.accessUrl },
          ...{ user: 'LOADER', password: 'sandbox-password' },
        },
      };
      await writeFile(workspace.at('config.json'), JSON.stringify(configuration), { mode: 0o600 });
    };
    const { rows } = await account.runSql(
      'SELECT DISTINCT TO_VARCHAR(ssn) AS ssn, ssn_token FROM ELEVANCE.PUBLIC.PATIENTS WHERE ssn IS NOT NULL AND ssn_token IS NOT NULL',
    );
    const expected = rows.map(([value, token]) => `${String(value)}\t${String(token)}`).sort();
    assert.ok(expected.length > 500);
    const asked = (): number =>
      account
        .stats()
        .queries.filter(({ sqlText }) => sqlText.includes('AS ssn') || sqlText.includes('PATIENTS')).length;
    await configure(vaults.SSN.id);
    const before = asked();
    await workspace.run(['load', '--lanes', '2', '--quiet'], { status: 0 });
    assert.deepEqual(await sandbox.pairs(vaults.SSN.id, 'ssn'), expected);
    assert.equal(asked(), before + 1);

    await t.test('with a store', async () => {
      await configure(vaults.DOB.id);
      const url = await createStore();
      await workspace.run(['load', '--lanes', '2', '--quiet'], { env: { SKYFLOW_STORE: url }, status: 0 });
      assert.deepEqual(await sandbox.pairs(vaults.DOB.id, 'ssn'), expected);
      assert.equal(asked(), before + 2);
      const shards = await askDatabase(
        url,
        z.object({ shard: z.int() }),
        'SELECT shard FROM skyflow_supervise.shard',
      );
      assert.ok(shards.length > 1);
    });
  },
);
