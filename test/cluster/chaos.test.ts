import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as z from 'zod';
import { loggedPairs } from '../support/logged-failures.js';
import { askDatabase, needsOwnPostgres, TestPostgres } from '../support/postgres.js';
import type { RunningProgram } from '../support/program.js';
import { startSandbox } from '../support/sandbox.js';
import { isAlive, waitUntil as waitFor } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';
import { permitEverybody } from '../store/permit-everybody.js';

/** The negative control: whoever lost a shard may send all the same. Then rows are doubled, or this run shows nothing. */
const isControl = process.env['CHAOS_WITHOUT_PERMITS'] === '1';

/** Everything is slow on a machine that does much else. */
const waitUntil = (what: string, holds: () => boolean | Promise<boolean>): Promise<void> =>
  waitFor(what, holds, 120_000);

/** A program and its children: what is on one machine. */
function machineOf({ child }: RunningProgram): number[] {
  const pid = child.pid ?? 0;
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
    return [...children.filter((each) => each > 0), pid];
  } catch {
    return [];
  }
}

function signal(machine: readonly number[], name: NodeJS.Signals): void {
  for (const pid of machine) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** The numbers of the shards that a worker has in its hands. */
async function shardsOf(url: string, { child }: RunningProgram): Promise<number[]> {
  const rows = await askDatabase(
    url,
    z.object({ shard: z.int() }),
    `SELECT shard FROM skyflow_supervise.shard WHERE state = 'open' AND owner LIKE '%:${child.pid ?? 0}'`,
  );
  return rows.map(({ shard }) => shard);
}

test(
  'machines die and freeze, the coordinator is lost, all that is left dies with the database: nothing is missing, doubled or mispaired',
  needsOwnPostgres,
  async (t) => {
    await using postgres = await TestPostgres.startOwn();
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, [
      'latency.fixedMs=120',
      'poisonPattern=7[0-9]5$',
      'faultRoutes=["insert"]',
      'resetAfter.rate=0.03',
      'resetBefore.rate=0.03',
    ]);
    const env = { SKYFLOW_STORE: await postgres.createStore() };
    if (isControl) await permitEverybody(env.SKYFLOW_STORE);
    const tell = (control: 'go' | 'pause') =>
      askDatabase(env.SKYFLOW_STORE, z.unknown(), `UPDATE skyflow_supervise.run SET control='${control}'`);
    const rows = makePairs(2_400, 'ssn');
    await workspace.writePairs('SSN', rows);
    await workspace.configure(sandbox.url, ['SSN'], {
      performance: { batch_size: 10, max_concurrency: 2, max_requests_per_second: 25 },
      skyflow: { settle_ms: 1_000 },
      store: { shard_rows: 400, lease_ms: 1_500, permit_ttl_ms: 300 },
    });
    const sent = (): Promise<number> => sandbox.count(vaults.SSN.id, 'ssn');
    const start = (): RunningProgram => workspace.start(['work', '--lanes', '1'], { env });
    const [doomed, frozen] = [start(), start()];
    await doomed.outputMatches(/working as/);
    await frozen.outputMatches(/working as/);
    const load = workspace.start(['load', '--all', '--lanes', '0'], { env });

    await waitUntil('both have sent something', async () => (await sent()) > 150);
    signal(machineOf(doomed), 'SIGKILL');
    load.child.kill('SIGKILL');
    await load.ended;
    // It falls asleep with requests on their way, or with requests that wait before the gate.
    const isAtTheGate = isControl || Math.random() < 0.5;
    t.diagnostic(isAtTheGate ? 'asleep before the gate' : 'asleep with requests on their way');
    let held: number[] = [];
    await waitUntil('it is in the middle of a shard', async () => {
      if (isAtTheGate) await tell('pause');
      if (isAtTheGate) await sandbox.requestsAtRest();
      held = await shardsOf(env.SKYFLOW_STORE, frozen);
      // Between two of them it has none: it takes the next one.
      if (held.length === 0) await tell('go');
      return held.length === 1;
    });
    const asleep = machineOf(frozen);
    signal(asleep, 'SIGSTOP');
    await tell('go');
    const third = start();
    const before = await sent();
    await waitUntil('the third machine goes on', async () => (await sent()) > before + 60);
    // Now nobody is left but the one that sleeps.
    signal(machineOf(third), 'SIGKILL');
    // Whoever wakes up with a connection that lives can still ask.
    if (!isControl) await postgres.crash();
    if (!isControl) await postgres.run();
    const resumed = workspace.start(['resume', '--lanes', '1'], { env });
    // Others have done what it had in its hands: a request that it sends now is one too many.
    await waitUntil('its shard is done', async () => {
      const states = await askDatabase(
        env.SKYFLOW_STORE,
        z.object({ state: z.string() }),
        `SELECT state FROM skyflow_supervise.shard WHERE shard = ${held[0] ?? -1}`,
      );
      return states[0]?.state === 'done';
    });
    signal(asleep, 'SIGCONT');
    const [its] = asleep;
    await waitUntil('who worked on it knows', () => !isAlive(its ?? 0));

    const end = await resumed.ended;
    frozen.child.kill('SIGTERM');
    await frozen.ended;

    if (isControl) {
      const found = await sandbox.pairs(vaults.SSN.id, 'ssn');
      const doubled = found.length - new Set(found).size;
      t.diagnostic(`without permissions ${doubled} records are doubled`);
      assert.ok(doubled > 0, 'nothing is doubled: this run does not try what permissions are for');
      return;
    }
    assert.equal(end.status, 1, end.stderr);
    const isRefused = ([value]: readonly [string, string]): boolean => /7\d5$/.test(value);
    assert.deepEqual(
      await sandbox.pairs(vaults.SSN.id, 'ssn'),
      asMultiset(rows.filter((row) => !isRefused(row))),
    );
    const { totals, merged_error_log: log = '' } = await workspace.summary();
    const refused = rows.filter(isRefused);
    assert.deepEqual(
      [totals.read, totals.uploaded, totals.failed, totals.held, totals.unsettled, totals.in_doubt],
      [rows.length, rows.length - refused.length, refused.length, 0, 0, 0],
    );
    assert.deepEqual(asMultiset(await loggedPairs(log)), asMultiset(refused));
  },
);
