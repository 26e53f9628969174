import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { test } from 'node:test';
import * as z from 'zod';
import { childrenOf } from '../support/children-of.js';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { makePairs, vaults, Workspace } from '../support/workspace.js';

/** So low that a busy machine comes to it as well. */
const limitPerSecond = 5;
const resultSchema = z.looseObject({
  status: z.string(),
  calibration: z.looseObject({ limit: z.strictObject({ of: z.string(), per_second: z.number() }) }),
  recommended: z.looseObject({ max_requests_per_second: z.number() }),
  test_records: z.strictObject({ inserted: z.int(), deleted: z.int(), unaccounted: z.int() }),
});

/** A vault that takes so many requests, and holds 30 records that are nobody's test records. */
async function configure(workspace: Workspace, sandbox: TestSandbox): Promise<void> {
  const { NAME, SSN } = vaults;
  await workspace.configure(sandbox.url, ['NAME'], {
    skyflow: {
      vaults: [
        { name: NAME.name, id: NAME.id, column: NAME.column, allow_destructive: true },
        { name: SSN.name, id: SSN.id, column: SSN.column },
      ],
    },
    performance: { max_concurrency: 8 },
  });
  await workspace.writePairs('NAME', makePairs(30, 'NAME'));
  await workspace.run(['--vault', 'name'], { status: 0 });
}

const held = (sandbox: TestSandbox): Promise<number> => sandbox.count(vaults.NAME.id, 'name');
const small = ['--vault', 'name', '--yes', '--max-batch-size', '8', '--step-seconds', '1'];

// How near it comes is a law in simulated time (`calibration.test.ts`): here the machine's other work is in it.
test('the limit of a vault is found and written down, and nothing is left of the test records', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=20']);
  await configure(workspace, sandbox);
  await sandbox.set({ requestsPerSecond: limitPerSecond });

  const forbidden = await workspace.run(['calibrate', '--vault', 'ssn', '--yes'], { status: 2 });
  const overwriting = await workspace.run(['calibrate', ...small, '--write', 'config.json'], { status: 2 });
  const found = await workspace.run(['calibrate', ...small, '--write', 'found.json', '--json'], {
    status: 0,
  });
  assert.match(forbidden.stderr, /records of SSN may not be deleted; nothing was sent/);
  assert.match(overwriting.stderr, /config\.json exists; nothing was sent/);
  const result = resultSchema.parse(JSON.parse(found.stdout));
  const { limit } = result.calibration;
  assert.equal(limit.of, 'requests');
  assert.ok(
    Math.abs(limit.per_second / limitPerSecond - 1) < 0.5,
    `${limit.per_second} of ${limitPerSecond}`,
  );
  assert.ok(result.recommended.max_requests_per_second <= limit.per_second);
  const { inserted, deleted, unaccounted } = result.test_records;
  assert.ok(inserted > 0);
  assert.deepEqual([deleted, unaccounted, await held(sandbox)], [inserted, 0, 30]);
  const file = workspace.at('found.json');
  assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), { performance: result.recommended });
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.match(found.stderr, /vault-name, table name: 30 records/);
});

test('test records are deleted after Ctrl-C, and those that a killed calibration knew of by the next one', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=20']);
  await configure(workspace, sandbox);
  const interrupted = workspace.start(['calibrate', ...small]);
  await waitUntil('test records are in', async () => (await held(sandbox)) > 100);
  interrupted.child.kill('SIGINT');
  const end = await interrupted.ended;
  assert.equal(end.status, 130, end.stdout + end.stderr);
  assert.equal(await held(sandbox), 30);

  const killed = workspace.start(['calibrate', ...small]);
  await waitUntil('test records are in', async () => (await held(sandbox)) > 100);
  const children = await childrenOf(killed.child.pid ?? 0);
  assert.equal(children.length, 1);
  for (const pid of children) process.kill(pid, 'SIGKILL');
  const dead = await killed.ended;
  assert.equal(dead.status, 3, dead.stdout + dead.stderr);
  assert.ok((await held(sandbox)) > 30);
  // A vault that refuses the next test records at once: those left behind are deleted before them.
  await sandbox.set({ refuseAll: true });
  const next = await workspace.run(['calibrate', ...small], { status: 3 });
  assert.match(next.stdout, /\d+ test records of a calibration that was killed are deleted/);
  assert.match(next.stdout, /the vault refuses test records/);
  // Of requests whose answers nobody was there to read the ids are not known: one for each worker.
  const left = (await held(sandbox)) - 30;
  assert.ok(left >= 0 && left <= 8 * 8, `${left} are left`);
  const state = await readdir(workspace.at('.state', 'skyflow-supervise'));
  assert.deepEqual(
    state.filter((name) => name.endsWith('.calibration')),
    [],
  );
});
