import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import * as z from 'zod';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';
import { trafficOf } from './sandbox-traffic.js';

const { SSN } = vaults;

const logSchema = z.object({
  errors: z.array(
    z.object({
      reason: z.literal('rejected'),
      status_code: z.literal(400),
      records: z.array(z.object({ Value: z.string(), Token: z.string() })),
    }),
  ),
});

test('on the record wire poison records fail singly, in the request that brings all the others in', async () => {
  await using workspace = await Workspace.create();
  const poison = ['value 7', 'value 123'];
  await using sandbox = await startSandbox(workspace.path, [`poison=${JSON.stringify(poison)}`]);
  const pairs = makePairs(200, 'ssn');
  const isPoison = ([value]: readonly [string, string]): boolean =>
    poison.some((part) => value.includes(part));
  const [bad, good] = [pairs.filter(isPoison), pairs.filter((pair) => !isPoison(pair))];
  await workspace.writePairs('SSN', pairs);
  await workspace.configure(sandbox.url, ['SSN'], {
    skyflow: { wire: 'record' },
    performance: { batch_size: 20, max_concurrency: 3 },
  });

  await workspace.run(['--all'], { status: 1 });
  assert.deepEqual(await sandbox.pairs(SSN.id, SSN.column), asMultiset(good));
  const { totals, vaults: entries } = await workspace.summary();
  assert.deepEqual([totals.read, totals.uploaded, totals.failed], [200, 188, 12]);
  const { errors } = logSchema.parse(JSON.parse(await readFile(entries[0]?.error_log ?? '', 'utf8')));
  const logged = errors.flatMap(({ records }) => records.map(({ Value, Token }) => [Value, Token] as const));
  assert.deepEqual(asMultiset(logged), asMultiset(bad));
  const { insert, insert_records: recordByRecord } = (await trafficOf(sandbox)).requests_by_route;
  assert.deepEqual([insert, recordByRecord], [undefined, { 200: 10 }]);
});

test('on the record wire lost answers, null entries and server errors lose and double nothing', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    'faultRoutes=["insert_records"]',
    'errorBefore.rate=0.1',
    'resetAfter.next=2',
    'nullEntry.rate=0.1',
    'statusAsString=true',
  ]);
  const pairs = makePairs(400, 'ssn');
  await workspace.writePairs('SSN', pairs);
  await workspace.configure(sandbox.url, ['SSN'], {
    skyflow: { wire: 'record' },
    performance: { batch_size: 10, max_concurrency: 4 },
  });

  await workspace.run(['--all'], { status: 0 });
  assert.deepEqual(await sandbox.pairs(SSN.id, SSN.column), asMultiset(pairs));
  const { totals } = await workspace.summary();
  assert.deepEqual([totals.uploaded, totals.failed, totals.unsettled], [400, 0, 0]);
  assert.ok(totals.confirmed >= 20, 'the two lost answers were looked up');
});
