import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { readErrorLog } from '../../src/error-log/read-error-log.js';
import { findTexts, readTree } from '../support/file-tree.js';
import { loggedPairs } from '../support/logged-failures.js';
import { askDatabase, needsPostgres } from '../support/postgres.js';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults } from '../support/workspace.js';
import { dump, withStore } from './with-store.js';

test(
  'vaults are loaded by three processes over a store, and end as on one machine',
  needsPostgres,
  async (t) => {
    const { workspace, url, run, start } = await withStore(t);
    await using sandbox = await startSandbox(workspace.path, [
      'latency.fixedMs=5',
      'poisonPattern=^ssn value 7[0-9]$',
    ]);
    const ssn = makePairs(900, 'ssn');
    const name = makePairs(500, 'name');
    await workspace.writePairs('SSN', ssn);
    await workspace.writePairs('NAME', name);
    await workspace.configure(sandbox.url, ['SSN', 'NAME'], {
      performance: { batch_size: 20, max_concurrency: 4, max_requests_per_second: 500 },
      store: { shard_rows: 300 },
    });
    const workers = [start('work', '--lanes', '1'), start('work', '--lanes', '1', '--drain', '--json')];
    for (const worker of workers) await worker.outputMatches(/working as/);

    const load = await run('load', '--all', '--lanes', '1', '--json');

    assert.equal(load.status, 1, load.stderr);
    const { totals, run_id: runId, ...summary } = await workspace.summary();
    assert.deepEqual(
      [totals.read, totals.uploaded, totals.failed, totals.skipped, totals.unsettled, totals.in_doubt],
      [1400, 1390, 10, 0, 0, 0],
    );
    assert.ok(totals.requests >= 70, `${totals.requests} requests`);
    const { machines = [] } = summary;
    assert.equal(
      machines.reduce((sum, { rows }) => sum + rows, 0),
      1400,
    );
    assert.match(load.stderr + load.stdout, /send failed records again:\n {2}skyflow-supervise retry/);
    assert.match(load.stderr + load.stdout, /rows of \d parts?/);
    assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(name));
    const isRefused = ([value]: readonly [string, string]) => /^ssn value 7\d$/.test(value);
    assert.deepEqual(
      await sandbox.pairs(vaults.SSN.id, 'ssn'),
      asMultiset(ssn.filter((pair) => !isRefused(pair))),
    );
    const refused = await loggedPairs(summary.merged_error_log ?? '');
    assert.deepEqual(asMultiset(refused), asMultiset(ssn.filter(isRefused)));

    const owners = await askDatabase(
      url,
      z.object({ owner: z.string().nullable() }),
      'SELECT DISTINCT owner FROM skyflow_supervise.shard',
    );
    assert.ok(owners.length >= 1);
    const held = await dump(url);
    assert.ok(
      held.includes(runId) && held.includes('encrypted'),
      'the store holds the run and its sealed entries',
    );
    const secrets = ['ssn value', 'name value', 'tok_ssn', 'tok_name', 'test-bearer-token'];
    for (const secret of secrets) assert.ok(!held.includes(secret), `the store holds "${secret}"`);
    const privately = async (said: string, directory: string): Promise<void> => {
      const files = (await readTree(directory)).filter(({ name: file }) => !file.includes('error_log_'));
      assert.deepEqual(findTexts(files, secrets), []);
      for (const secret of secrets) assert.ok(!said.includes(secret), secret);
    };
    await privately(load.stdout + load.stderr, join(workspace.path, 'runs'));

    await t.test('its run directory is written out anywhere, and reports as where it was made', async () => {
      const here = join(workspace.path, 'elsewhere');
      const exported = await run('export', runId, '--run-dir', here);
      assert.equal(exported.status, 0, exported.stderr);
      assert.deepEqual(await bodies(join(here, runId)), await bodies(join(workspace.path, 'runs', runId)));
      const names = await readdir(join(here, runId));
      const log = await readErrorLog(
        join(here, runId, names.find((one) => one.startsWith('error_log_')) ?? ''),
      );
      await assert.rejects(async () => {
        for await (const { records } of log.entries) assert.ok(records.length > 0);
      }, /encrypted/);
      const report = await run('report', runId);
      assert.equal(report.status, 0, report.stderr + report.stdout);
      const resumed = await run('resume', runId);
      assert.deepEqual([resumed.status, resumed.stderr], [1, '']);
      assert.match(resumed.stdout, /is finished: 1,390 uploaded, 10 failed[^]*nothing is left to send/);
      assert.match((await run('runs')).stdout, new RegExp(`${runId} .*, 10 failed$`, 'm'));
      // On a machine that has never heard of it.
      const due = async (): Promise<number> => {
        const row = z.object({ due: z.number() });
        const sql = `SELECT max(requests_due) AS due FROM skyflow_supervise.target`;
        return (await askDatabase(url, row, sql))[0]?.due ?? 0;
      };
      const loadedTo = await due();
      const verify = await run('verify', runId, '--all', '--run-dir', join(workspace.path, 'third'));
      assert.equal(verify.status, 0, verify.stderr + verify.stdout);
      const verifiedTo = await due();
      assert.ok(verifiedTo > loadedTo, 'its requests are of the budget of all');
      const retry = await run('retry', runId, '--yes', '--quiet');
      assert.equal(retry.status, 1, retry.stderr + retry.stdout);
      assert.ok((await due()) > verifiedTo);
      const said = [exported, report, verify].map(({ stdout, stderr }) => stdout + stderr).join('');
      await privately(said, here);
    });

    await t.test('a second load of the same is refused, and the store can forget the run', async () => {
      const again = await run('load', '--all');
      assert.equal(again.status, 2, again.stderr);
      assert.match((await run('store', 'forget', runId)).stderr, /nobody can be asked/);
      const forgotten = await run('store', 'forget', runId, '--yes');
      assert.equal(forgotten.status, 0, forgotten.stderr);
      const left = await askDatabase(
        url,
        z.object({ count: z.string() }),
        'SELECT count(*) FROM skyflow_supervise.line',
      );
      assert.deepEqual(left, [{ count: '0' }]);
    });

    workers[0]?.child.kill('SIGTERM');
    const [stopped, drained] = await Promise.all(workers.map(({ ended }) => ended));
    assert.deepEqual([stopped?.status, drained?.status], [0, 0]);
    assert.equal(z.object({ status: z.string() }).parse(JSON.parse(drained?.stdout ?? '')).status, 'drained');
  },
);

/** What the lines of a journal say, without how long the error log beside it is. */
async function bodies(directory: string): Promise<string[]> {
  const text = await readFile(join(directory, 'journal_SSN.log'), 'utf8');
  return text.split('\n').map((line) => line.replace(/( log=[0-9a-f:]+)? \d+ [0-9a-f]{8}$/, ''));
}
