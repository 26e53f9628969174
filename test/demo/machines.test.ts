import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import * as z from 'zod';
import { runSummarySchema } from '../../src/report/summary-format.js';
import { needsOwnPostgres } from '../support/postgres.js';
import { Workspace } from '../support/workspace.js';

const documentSchema = runSummarySchema.extend({
  proof: z.array(z.object({ records: z.int(), recordsInVault: z.int(), holds: z.boolean() })),
});

test(
  'a demo over machines kills one of them with everything on it, shows that the others go on, and proves the load',
  needsOwnPostgres,
  async () => {
    await using workspace = await Workspace.create();
    const words = ['demo', '--machines', '2', '--records', '300', '--batch-size', '10', '--json', '--quiet'];
    const end = await workspace.run(words, { status: 0 });
    const { totals, proof, machines = [] } = documentSchema.parse(JSON.parse(end.stdout));
    assert.match(end.stderr, /demo: killing machine [12] with everything on it/);
    const killed = /machine [12] \((\S+)\) was killed with -9 midway: 0 records lost, 0 doubled/.exec(
      end.stderr,
    );
    assert.ok(killed !== null, end.stderr);
    assert.deepEqual([totals.read, totals.uploaded, totals.failed], [1_200, 1_200, 0]);
    assert.deepEqual(
      proof.map(({ records, recordsInVault, holds }) => [records, recordsInVault, holds]),
      proof.map(() => [300, 300, true]),
    );
    // The other one has done more than its half, and nothing was done by the process that watched.
    assert.equal(
      machines.reduce((sum, { rows }) => sum + rows, 0),
      1_200,
    );
    const other = machines.find(({ worker }) => worker !== killed[1]);
    assert.ok((other?.rows ?? 0) > 600, JSON.stringify(machines));
    const left = (await readdir(workspace.path)).filter((name) => name.startsWith('skyflow-demo-'));
    assert.deepEqual(left, []);
  },
);
