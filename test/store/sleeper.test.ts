import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as z from 'zod';
import { STORE_SCHEMA as S } from '../../src/store/postgres/schema-sql.js';
import { Store } from '../../src/store/postgres/store.js';
import { StoredRuns } from '../../src/store/postgres/stored-runs.js';
import { needsPostgres, TestPostgres } from '../support/postgres.js';
import { startSandbox } from '../support/sandbox.js';
import { TcpGate } from '../support/tcp-gate.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';
import { StoredRun } from './lanes.js';
import { permitEverybody } from './permit-everybody.js';

const postgres = 'skip' in needsPostgres ? undefined : await TestPostgres.start();
after(() => postgres?.[Symbol.asyncDispose]());

const rows = 120;
const pairs = makePairs(rows, 'ssn');

/**
 * What stands in the vault when a machine has slept, with requests before the gate and none on its way, while another one
 * took its shard over and did all of it; and how the machine ended after it woke up.
 */
async function sleepThrough(
  url: string,
): Promise<{ readonly found: string[]; readonly ended: string | undefined }> {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=60']);
  await workspace.writePairs('SSN', pairs);
  await using way = await TcpGate.before(url);
  const store = await Store.open(url, { name: 'test', connections: 2 });
  try {
    const run = await StoredRun.cut(
      { store, url, sandbox },
      workspace,
      { shardRows: rows },
      { performance: { max_concurrency: 2 }, skyflow: { settle_ms: 100 } },
    );
    const sent = (): Promise<string[]> => sandbox.pairs(vaults.SSN.id, 'ssn');
    const runs = new StoredRuns(store);
    const sleeper = run.lane(0, rows, { permitTtlMs: 300, url: way.urlOf(url) });
    await waitUntil('something was sent', async () => (await sent()).length > 20);
    await runs.setControl(run.id, 'pause');
    await sandbox.requestsAtRest();
    await waitUntil('rows are handed out that wait before the gate', async () => {
      const [shard] = await store.ask(z.object({ waiting: z.coerce.number() }), {
        text: `SELECT max((regexp_match(line, '^handed \\d+-(\\d+)'))[1]::bigint) - max(rows_done) AS waiting
                 FROM ${S}.shard JOIN ${S}.line USING (run, vault, shard) WHERE run=$1`,
        values: [run.id],
      });
      return (shard?.waiting ?? 0) > 0;
    });
    const wakeUp = way.hold();
    await runs.setControl(run.id, 'go');
    const { status, error } = await run.lane(0, rows, { permitTtlMs: 300 }).ended;
    assert.equal(status, 'complete', error?.message);
    assert.deepEqual(await sent(), asMultiset(pairs));
    wakeUp();
    const { error: fenced } = await sleeper.ended;
    return { found: await sent(), ended: fenced?.code };
  } finally {
    await store.close();
  }
}

test(
  'who slept before the gate while another did its work sends nothing when it wakes up; without permissions of the store it would double',
  needsPostgres,
  async () => {
    const url = (await postgres?.createStore()) ?? '';
    assert.deepEqual(await sleepThrough(url), { found: asMultiset(pairs), ended: 'fenced' });
    await permitEverybody(url);
    const { found, ended } = await sleepThrough(url);
    assert.equal(ended, 'fenced', 'its lines are refused, which is too late');
    assert.ok(found.length > rows, 'nothing was doubled: this does not try what permissions are for');
    assert.deepEqual([...new Set(found)], asMultiset(pairs));
  },
);
