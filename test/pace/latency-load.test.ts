import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const monitoredSchema = z.object({ limits: z.array(z.object({ kind: z.string(), text: z.string() })) });

test('a load whose vault answers later than --max-latency-ms sends one request at a time, the metrics and monitor say so, and nothing is lost', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=60']);
  await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 1, max_concurrency: 8 } });
  const pairs = makePairs(300);
  await workspace.writePairs('NAME', pairs);
  const load = workspace.start(['--all', '--max-latency-ms', '20', '--metrics-port', '0']);
  await load.outputMatches(/metrics: http:\/\/127\.0\.0\.1:\d+\/metrics/);
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+\/metrics/.exec(load.output()) ?? [];

  await waitUntil('the metrics name the ceiling that holds it back', async () =>
    (await (await fetch(url)).text()).includes('slowed_for_latency_seconds{vault="NAME"} 0.02'),
  );
  await waitUntil('several batches are in', async () => Number((await sandbox.stats())['requests']) > 10);
  const told = await workspace.run(['monitor', '--once', '--json']);

  const { limits } = monitoredSchema.parse(JSON.parse(told.stdout));
  const ceiling = limits.find(({ kind }) => kind === 'latency_ceiling');
  assert.match(ceiling?.text ?? '', /max_latency_ms 20 holds it at 1 of 8 workers/);
  assert.equal((await sandbox.stats())['max_in_flight'], 1);
  load.child.kill('SIGTERM');
  await load.ended;
  await sandbox.set({ latency: { fixedMs: 0 } });
  await workspace.run(['resume', '--quiet', '--use-current-config'], { status: 0 });
  const { id, column } = vaults.NAME;
  assert.deepEqual(await sandbox.pairs(id, column), asMultiset(pairs));
});
