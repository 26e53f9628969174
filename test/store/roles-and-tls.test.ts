import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { createServerCertificate } from '../../src/sandbox/self-signed-certificate.js';
import { grantsFor } from '../../src/store/postgres/schema-sql.js';
import { Store } from '../../src/store/postgres/store.js';
import { ENGINE_SCHEMA, ShardQueue } from '../../supervisor/cluster/shard-queue.js';
import { needsOwnPostgres, TestPostgres } from '../support/postgres.js';
import { startSandbox } from '../support/sandbox.js';
import { makePairs, Workspace } from '../support/workspace.js';
import { StoredRun } from './lanes.js';

let postgres: TestPostgres | undefined;
let workspace: Workspace | undefined;
const stranger = await createServerCertificate();
before(async () => {
  if ('skip' in needsOwnPostgres) return;
  workspace = await Workspace.create();
  const { caPem, certPem, keyPem } = await createServerCertificate();
  await writeFile(workspace.at('ca.pem'), caPem);
  await writeFile(workspace.at('cert.pem'), certPem);
  await writeFile(workspace.at('key.pem'), keyPem, { mode: 0o600 });
  postgres = await TestPostgres.startOwn(workspace.path);
});
after(async () => {
  await postgres?.[Symbol.asyncDispose]();
  await workspace?.[Symbol.asyncDispose]();
});

async function administer(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

test(
  'what store init prints makes a store, and a role with the grants below it loads over TLS by its certificate, and makes no tables',
  needsOwnPostgres,
  async () => {
    if (postgres === undefined || workspace === undefined) return;
    const owner = await postgres.createDatabase();
    const printed = await workspace.run(['store', 'init', '--print'], { status: 0 });
    await administer(owner, printed.stdout);
    // The name that the certificate is for.
    await administer(
      owner,
      ['CREATE ROLE localhost LOGIN;', ...grantsFor('localhost', ENGINE_SCHEMA)].join('\n'),
    );
    for (const grant of grantsFor('loader', ENGINE_SCHEMA)) assert.ok(printed.stdout.includes(`-- ${grant}`));
    const url = new URL(owner);
    url.username = 'localhost';
    const certificates = {
      sslmode: 'verify-full',
      sslrootcert: workspace.at('ca.pem'),
      sslcert: workspace.at('cert.pem'),
      sslkey: workspace.at('key.pem'),
    };
    for (const [key, value] of Object.entries(certificates)) url.searchParams.set(key, value);
    await writeFile(workspace.at('url'), `${url.toString()}\n`, { mode: 0o600 });
    for (const env of [
      { SKYFLOW_STORE: url.toString() },
      { SKYFLOW_STORE_URL_FILE: workspace.at('url') },
      { SKYFLOW_STORE_URL_COMMAND: `cat ${workspace.at('url')}` },
    ]) {
      const { stdout } = await workspace.run(['store', 'check'], { env, status: 0 });
      assert.match(stdout, /over TLS/);
    }

    await using sandbox = await startSandbox(workspace.path);
    await workspace.writePairs('SSN', makePairs(20, 'ssn'));
    const store = await Store.open(url.toString(), { name: 'test', connections: 2, patienceMs: 1_000 });
    try {
      const run = await StoredRun.cut({ store, url: url.toString(), sandbox }, workspace, { shardRows: 20 });
      assert.equal((await run.lane(0, 20).ended).status, 'complete');
      const options = { url: url.toString(), name: 'test', leaseMs: 1_000, onProblem: () => undefined };
      await using queue = await ShardQueue.open(options);
      await queue.offer([{ run: run.id, vault: 'SSN', shard: 0 }]);
      const taken = await new Promise((resolve) => {
        queue.take(1, (shard) => {
          resolve(shard);
          return Promise.resolve('done');
        });
      });
      assert.deepEqual(taken, { run: run.id, vault: 'SSN', shard: 0 });
      await assert.rejects(store.tell('CREATE TABLE skyflow_supervise.more (x int)'), /42501/);
    } finally {
      await store.close();
    }

    await made(await postgres.createDatabase(), workspace);

    // Without a certificate, and where somebody else answers.
    const bare = new URL(url);
    for (const key of ['sslcert', 'sslkey']) bare.searchParams.delete(key);
    await writeFile(workspace.at('stranger.pem'), stranger.caPem);
    const foreign = new URL(url);
    foreign.searchParams.set('sslrootcert', workspace.at('stranger.pem'));
    for (const refused of [bare, foreign]) {
      const end = await workspace.run(['store', 'check'], { env: { SKYFLOW_STORE: refused.toString() } });
      assert.notEqual(end.status, 0, end.stdout);
    }
  },
);

/** `store init` makes what `store check` wants, and does no harm to what is there. */
async function made(url: string, at: Workspace): Promise<void> {
  const store = async (action: string): Promise<string> => {
    const { status, stdout, stderr } = await at.run(['store', action], { env: { SKYFLOW_STORE: url } });
    return `${status ?? ''} ${stdout}${stderr}`;
  };
  assert.match(await store('check'), /^2 .*holds no store of this program[^]*store init/);
  assert.match(await store('init'), /^0 the store is ready/);
  await administer(url, "INSERT INTO skyflow_supervise.run (run, version, record) VALUES ('r', '1', '{}')");
  assert.match(await store('init'), /^0 the store is ready/);
  assert.match(await store('check'), /^0 [^]*1 run is not at its end/);
}
