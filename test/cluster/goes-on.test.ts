import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import * as z from 'zod';
import { machineStateSchema } from '../../src/store/machine-state.js';
import { askDatabase, needsPostgres } from '../support/postgres.js';
import { startSandbox } from '../support/sandbox.js';
import { TcpGate } from '../support/tcp-gate.js';
import { waitUntil } from '../support/wait-until.js';
import { unfolded } from '../support/unfolded.js';
import { asMultiset, makePairs, vaults } from '../support/workspace.js';
import { dump, withStore } from './with-store.js';

test(
  'a run whose database went away, or that was stopped, goes on with resume, and needs its store for that',
  needsPostgres,
  async (t) => {
    const { workspace, url, run, start } = await withStore(t);
    await using gate = await TcpGate.before(url);
    await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=300']);
    const pairs = makePairs(600, 'ssn');
    await workspace.writePairs('SSN', pairs);
    await workspace.configure(sandbox.url, ['SSN'], {
      performance: { batch_size: 10, max_concurrency: 2 },
      skyflow: {
        settle_ms: 200,
        vaults: [{ name: 'SSN', id: vaults.SSN.id, column: 'ssn', allow_destructive: true }],
      },
      store: { shard_rows: 300, patience_ms: 1_000, permit_ttl_ms: 300 },
    });
    const sent = (): Promise<number> => sandbox.count(vaults.SSN.id, 'ssn');
    const env = { SKYFLOW_STORE: gate.urlOf(url) };
    const begun = workspace.start(['load', '--all', '--lanes', '1'], { env });
    await waitUntil('something was sent', async () => (await sent()) > 20);
    await gate.cut();
    const cut = await begun.ended;
    assert.equal(cut.status, 3, cut.stderr);
    assert.match(
      cut.stdout + cut.stderr,
      /the store cannot be reached[^]*Bring the database back, then go on with `resume`/,
    );
    await gate.open();
    // All that follows is done before the run is, however long it takes here.
    await sandbox.set({ latency: { fixedMs: 1_000 } });
    const load = start('resume', '--lanes', '2');
    const working = (): Promise<{ shard: number }[]> =>
      askDatabase(
        url,
        z.object({ shard: z.int() }),
        `SELECT shard FROM skyflow_supervise.shard WHERE state = 'open' AND owner LIKE '%:${load.child.pid ?? 0}'`,
      );
    await waitUntil('it works', async () => (await working()).length > 0);
    // For the engine the first part is in the hands of the dead for a minute; what it forgets is put in again soon.
    await askDatabase(url, z.unknown(), 'TRUNCATE bullmq.job CASCADE');
    await waitUntil('it has taken over what it had before', async () =>
      (await working()).some(({ shard }) => shard === 0),
    );
    const elsewhere = ['--run-dir', workspace.at('elsewhere')];
    const [{ run: runId } = { run: '' }] = await askDatabase(
      url,
      z.object({ run: z.string() }),
      'SELECT run FROM skyflow_supervise.run',
    );
    await t.test('any machine pauses it, has it go on, and gives it another pace', async (steered) => {
      // Whatever is not as it should be: nobody waits for a run that is paused.
      steered.after(() => run('go', ...elsewhere));
      const paused = await run('pause', ...elsewhere);
      assert.equal(paused.status, 0, paused.stderr);
      assert.match(paused.stdout, /is paused/);
      const before = await sandbox.requestsAtRest();
      const watched = await run('monitor', '--once', '--json', ...elsewhere);
      assert.equal((await sandbox.stats())['requests'], before);
      const { state, machines } = z
        .object({ state: z.string(), machines: z.array(machineStateSchema) })
        .parse(JSON.parse(watched.stdout));
      assert.equal(state, 'active');
      assert.ok(
        machines.some(
          ({ worker, lanes, working_on: on }) =>
            worker.endsWith(`:${load.child.pid ?? 0}`) && lanes === 2 && on.length > 0,
        ),
      );
      assert.match((await run('monitor', '--once', ...elsewhere)).stdout, /works on SSN 0/);
      const cleared = await run('clear', '--vault', 'SSN', '--yes', '--quiet');
      assert.notEqual(cleared.status, 0);
      assert.match(
        cleared.stdout + cleared.stderr,
        new RegExp(`run ${runId} has its\\s+table\\s+in this store`),
      );
      assert.ok((await sent()) > 0);
      const paced = await run('pace', runId, '--max-requests-per-second', '50', ...elsewhere);
      assert.match(paced.stdout, /is paused/);
      const rates = await askDatabase(
        url,
        z.object({ requests_per_second: z.number() }),
        'SELECT requests_per_second FROM skyflow_supervise.target',
      );
      assert.deepEqual(rates, [{ requests_per_second: 50 }]);
      const going = await run('go', ...elsewhere);
      assert.match(going.stdout, /goes on, at most 50 requests\/s/);
      await waitUntil('it goes on', async () => (await sandbox.stats())['requests'] !== before);
      const without = await workspace.run(['pause', runId]);
      assert.match(without.stderr, /in a store/);
    });
    // One that is paused is stopped at once.
    await run('pause', ...elsewhere);
    const asked = await run('stop', ...elsewhere);
    assert.equal(asked.status, 0, asked.stderr);
    assert.match(asked.stdout, new RegExp(`What comes next: skyflow-supervise resume ${runId}\n`));
    const stopped = await load.ended;
    assert.equal(stopped.status, 143, stopped.stderr);
    const pausedBy = `paused \\(.* on .*, .*\\): nothing is sent until \`skyflow-supervise go ${runId}\``;
    assert.match(unfolded(stopped.stdout), new RegExp(`the run stays ${pausedBy}, also after a resume`));
    const { totals } = await workspace.summary();
    // What was on its way when the database went, and a batch of each worker.
    assert.ok(totals.in_doubt <= 40, `${totals.in_doubt} rows whose answer is unknown`);
    const stands = (await sandbox.pairs(vaults.SSN.id, 'ssn')).length;
    assert.ok(totals.uploaded <= stands && stands <= totals.uploaded + totals.in_doubt, `${stands} stand`);

    for (const words of [
      ['resume', runId],
      ['load', '--all'],
    ]) {
      const without = await workspace.run(words, { status: 2 });
      assert.match(without.stderr, words.includes(runId) ? /in a store/ : new RegExp(`resume.*${runId}`));
    }
    // Another machine: nothing of the run is left here.
    await rm(workspace.at('runs'), { recursive: true });
    await sandbox.set({ latency: { fixedMs: 0 } });
    const resuming = start('resume', runId, '--lanes', '2');
    // Two machines at once have it go on: one run all the same.
    const alike = start('resume', runId, '--lanes', '1', ...elsewhere);
    for (const each of [resuming, alike]) await each.outputMatches(new RegExp(`still ${pausedBy}`));
    await waitUntil('monitor shows it', async () =>
      (await run('monitor', '--once')).stdout.includes('└ paused: nothing is sent until'),
    );
    await run('go', ...elsewhere);
    const resumed = await resuming.ended;
    assert.equal(resumed.status, 0, resumed.stderr);
    const { status, stdout, stderr } = await alike.ended;
    assert.equal(status, 0, stderr);
    assert.match(stdout, /COMPLETE: 600 records uploaded/);
    assert.deepEqual(await sandbox.pairs(vaults.SSN.id, 'ssn'), asMultiset(pairs));
    assert.equal((await workspace.summary()).totals.uploaded, 600);
    assert.ok(!(await dump(url)).includes('ssn value'));
  },
);
