import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { ShardId } from '../../src/store/shard-id.js';
import { Store } from '../../src/store/postgres/store.js';
import { StoredRuns } from '../../src/store/postgres/stored-runs.js';
import { StoredWorkers } from '../../src/store/postgres/stored-workers.js';
import { prepareRun } from '../../supervisor/cluster/prepare-run.js';
import { ShardLanes } from '../../supervisor/cluster/shard-lanes.js';
import type { Handled } from '../../supervisor/cluster/shard-queue.js';
import { StoredRun } from '../store/lanes.js';
import { askDatabase, createStore, needsPostgres } from '../support/postgres.js';
import { startSandbox } from '../support/sandbox.js';
import { makePairs, Workspace } from '../support/workspace.js';

test(
  'a worker that is wrong by itself, or of another version, leaves a vault to others and says why; when nobody is left who could, that ends the vault',
  needsPostgres,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path);
    await workspace.writePairs('SSN', makePairs(20, 'ssn'));
    const url = await createStore();
    const store = await Store.open(url, { name: 'test', connections: 3 });
    try {
      const run = await StoredRun.cut({ store, url, sandbox }, workspace, { shardRows: 10 });
      const [runs, workers] = [new StoredRuns(store), new StoredWorkers(store)];
      let hand: ((shard: ShardId) => Promise<Handled>) | undefined;
      let prepared = 0;
      const lanes = new ShardLanes({
        ...{ runs, workers, store: { url, permitTtlMs: 1_000, patienceMs: 60_000 }, lanes: 1 },
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

      await store.tell(`UPDATE skyflow_supervise.run SET version = '0.0.1' WHERE run = $1`, [run.id]);
      const said: string[] = [];
      const otherVersion = new ShardLanes({
        ...{ runs, workers, store: { url, permitTtlMs: 1_000, patienceMs: 60_000 }, lanes: 1 },
        queue: { take: (_lanes, work) => (hand = work), rest: () => Promise.resolve() },
        prepare: (id) =>
          prepareRun(id, runs, {
            config: { file: workspace.at('config.json'), wasNamed: true },
            settings: {},
          }),
        stopping: new AbortController().signal,
        secrets: () => {
          throw new Error('nobody needs one');
        },
        onNotice: (_level, message) => said.push(message),
      });
      await otherVersion.begin();
      assert.equal(await hand?.({ run: run.id, vault: 'SSN', shard: 0 }), 'later');
      assert.match(said.join(), new RegExp(`run ${run.id} is of version 0.0.1, this worker is `));
      const epochs = await askDatabase(
        url,
        z.object({ epoch: z.int() }),
        'SELECT epoch FROM skyflow_supervise.shard',
      );
      assert.deepEqual(epochs, [{ epoch: 0 }, { epoch: 0 }]);
      await otherVersion.end();
    } finally {
      await store.close();
    }
  },
);
