import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { ShardId } from '../../src/store/shard-id.js';
import { Store } from '../../src/store/store.js';
import { StoredRuns } from '../../src/store/stored-runs.js';
import { StoredWorkers } from '../../src/store/stored-workers.js';
import { ShardLanes } from '../../supervisor/cluster/shard-lanes.js';
import type { Handled } from '../../supervisor/cluster/shard-queue.js';
import { StoredRun } from '../store/lanes.js';
import { needsPostgres, TestPostgres } from '../support/postgres.js';
import { startSandbox } from '../support/sandbox.js';
import { makePairs, Workspace } from '../support/workspace.js';

let postgres: TestPostgres | undefined;
before(async () => {
  if (!('skip' in needsPostgres)) postgres = await TestPostgres.start();
});
after(() => postgres?.[Symbol.asyncDispose]());

test(
  'a worker that is wrong by itself leaves a vault to others and says why; when nobody is left who could, that ends the vault',
  needsPostgres,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path);
    await workspace.writePairs('SSN', makePairs(20, 'ssn'));
    const url = (await postgres?.createStore()) ?? '';
    const store = await Store.open(url, { name: 'test', connections: 3 });
    try {
      const run = await StoredRun.cut({ store, url, sandbox }, workspace, { shardRows: 10 });
      const [runs, workers] = [new StoredRuns(store), new StoredWorkers(store)];
      let hand: ((shard: ShardId) => Promise<Handled>) | undefined;
      let prepared = 0;
      const lanes = new ShardLanes({
        ...{ runs, workers, url, permitTtlMs: 1_000, lanes: 1 },
        queue: { take: (_lanes, work) => (hand = work), rest: () => Promise.resolve() },
        prepare: () => {
          prepared += 1;
          return Promise.reject(new SuperviseError('config', 'credentials.json cannot be read'));
        },
        stopping: new AbortController().signal,
        secrets: () => {
          throw new Error('nobody needs one');
        },
        onNotice: () => undefined,
      });
      await lanes.begin();
      const other = { id: 'other:1', host: 'other', pid: 1, version: '0', lanes: 1 };
      await workers.beat(other);
      for (const shard of [0, 1]) assert.equal(await hand?.({ run: run.id, vault: 'SSN', shard }), 'later');
      assert.equal(prepared, 1, 'it does not try shard after shard');
      assert.deepEqual(await workers.stuck(run.id), []);
      const error = { code: 'unauthorized', message: 'HTTP 401' } as const;
      await workers.report(other.id, { run: run.id, vault: 'SSN' }, error, 60);
      const [stuck] = await workers.stuck(run.id);
      assert.equal(stuck?.vault, 'SSN');
      assert.match(stuck.error.message, /credentials\.json|HTTP 401/);
      await lanes.end();
    } finally {
      await store.close();
    }
  },
);
