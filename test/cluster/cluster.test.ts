import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as z from 'zod';
import { machineStateSchema } from '../../src/store/machine-state.js';
import { readErrorLog } from '../../src/journal/read-error-log.js';
import { findTexts, readTree } from '../support/file-tree.js';
import { askDatabase, needsPostgres, TestPostgres } from '../support/postgres.js';
import { runProgram, startProgram, type ProgramEnd } from '../support/program.js';
import { startSandbox } from '../support/sandbox.js';
import { TcpGate } from '../support/tcp-gate.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const postgres = 'skip' in needsPostgres ? undefined : await TestPostgres.start();
after(() => postgres?.[Symbol.asyncDispose]());

/** A workspace with a store of its own. */
async function withStore(t: { after(fn: () => Promise<void>): void }) {
  const workspace = await Workspace.create();
  t.after(() => workspace[Symbol.asyncDispose]());
  const url = (await postgres?.createStore()) ?? '';
  const options = { cwd: workspace.path, env: { SKYFLOW_STORE: url } };
  const run = (...words: string[]): Promise<ProgramEnd> => runProgram(words, options);
  return { workspace, url, run, start: (...words: string[]) => startProgram(words, options) };
}

/** Everything that a database holds, as text. */
async function dump(url: string): Promise<string> {
  const tables = await askDatabase(
    url,
    z.object({ name: z.string() }),
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('skyflow_supervise', 'bullmq')`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await askDatabase(
      url,
      z.object({ row: z.string() }),
      `SELECT t::text AS row FROM ${name} t`,
    );
    texts.push(...rows.map(({ row }) => row));
  }
  return texts.join('\n');
}

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
    assert.match(load.stderr + load.stdout, /rows of \d shards?/);
    assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(name));
    const isRefused = ([value]: readonly [string, string]) => /^ssn value 7\d$/.test(value);
    assert.deepEqual(
      await sandbox.pairs(vaults.SSN.id, 'ssn'),
      asMultiset(ssn.filter((pair) => !isRefused(pair))),
    );
    const refused: (readonly [string, string])[] = [];
    for await (const { records } of (await readErrorLog(summary.merged_error_log ?? '')).entries)
      refused.push(...records.map(({ value, token }) => [value, token] as const));
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
      const forgotten = await run('store', 'forget', runId);
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

/** What a screen says, whatever its width. */
function unfolded(text: string): string {
  return text.replace(/\n +/g, ' ');
}

/** What the lines of a journal say, without how long the error log beside it is. */
async function bodies(directory: string): Promise<string[]> {
  const text = await readFile(join(directory, 'journal_SSN.log'), 'utf8');
  return text.split('\n').map((line) => line.replace(/( log=[0-9a-f:]+)? \d+ [0-9a-f]{8}$/, ''));
}

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
    const sent = async (): Promise<number> => (await sandbox.digest(vaults.SSN.id, 'ssn')).count;
    const env = { SKYFLOW_STORE: gate.urlOf(url) };
    const begun = startProgram(['load', '--all', '--lanes', '1'], { cwd: workspace.path, env });
    await waitUntil('something was sent', async () => (await sent()) > 20);
    await gate.cut();
    const cut = await begun.ended;
    assert.equal(cut.status, 3, cut.stderr);
    assert.match(
      cut.stdout + cut.stderr,
      /the store cannot be reached[^]*Bring the database back, then go on with `resume`/,
    );
    await gate.open();
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
        new RegExp(`run ${runId} has its\\s+table in this store`),
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
      const without = await runProgram(['pause', runId], { cwd: workspace.path });
      assert.match(without.stderr, /in a store/);
    });
    // One that is paused is stopped at once.
    await run('pause', ...elsewhere);
    const asked = await run('stop', ...elsewhere);
    assert.equal(asked.status, 0, asked.stderr);
    const stopped = await load.ended;
    assert.equal(stopped.status, 143, stopped.stderr);
    const pausedBy = `paused \\(.* on .*, .*\\): nothing is sent until \`skyflow-supervise go ${runId}\``;
    assert.match(unfolded(stopped.stdout), new RegExp(`the run stays ${pausedBy}, also after a resume`));
    const { totals } = await workspace.summary();
    // What was on its way when the database went, and a batch of each worker.
    assert.ok(totals.in_doubt <= 40, `${totals.in_doubt} rows whose answer is unknown`);
    assert.equal(totals.uploaded + totals.in_doubt, (await sandbox.pairs(vaults.SSN.id, 'ssn')).length);

    for (const words of [
      ['resume', runId],
      ['load', '--all'],
    ]) {
      const without = await runProgram(words, { cwd: workspace.path });
      assert.equal(without.status, 2, without.stderr);
      assert.match(without.stderr, words.includes(runId) ? /in a store/ : new RegExp(`resume.*${runId}`));
    }
    // Another machine: nothing of the run is left here.
    await rm(workspace.at('runs'), { recursive: true });
    await sandbox.set({ latency: { fixedMs: 0 } });
    const resuming = start('resume', runId, '--lanes', '2');
    await resuming.outputMatches(new RegExp(`still ${pausedBy}`));
    await waitUntil('monitor shows it', async () =>
      (await run('monitor', '--once')).stdout.includes('└ paused: nothing is sent until'),
    );
    await run('go', ...elsewhere);
    const resumed = await resuming.ended;
    assert.equal(resumed.status, 0, resumed.stderr);
    assert.deepEqual(await sandbox.pairs(vaults.SSN.id, 'ssn'), asMultiset(pairs));
    assert.equal((await workspace.summary()).totals.uploaded, 600);
    assert.ok(!(await dump(url)).includes('ssn value'));
  },
);
