import assert from 'node:assert/strict';
import { once } from 'node:events';
import { access, readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import * as z from 'zod';
import { connect, disconnect, select } from '../sandbox-snowflake/driver.js';
import { Workspace } from '../support/workspace.js';

const lineSchema = z.object({
  vault_url: z.url(),
  control_url: z.url(),
  tls_url: z.url({ protocol: /^https$/ }),
  ca_file: z.string(),
  snowflake_url: z.url(),
  snowflake_control_url: z.url(),
});

test('--snowflake serves a Snowflake beside the vault, each with its own options, until the process is told to stop', async () => {
  await using workspace = await Workspace.create();
  const words = [
    '--tls',
    '--option',
    'latency.fixedMs=7',
    '--option',
    'snowflake.seed.rows=40',
    '--option',
    'snowflake.results={"inlineRows":5,"chunkRows":10}',
  ];
  const running = workspace.start(['sandbox', '--snowflake', ...words]);
  const [line] = (await Promise.race([
    once(createInterface({ input: running.child.stdout }), 'line'),
    running.ended.then(({ stderr }) => Promise.reject(new Error(stderr))),
  ])) as [string];
  const urls = lineSchema.parse(JSON.parse(line));
  try {
    const connection = await connect(urls.snowflake_url);
    assert.equal((await select(connection, 'SELECT ID FROM ELEVANCE.PUBLIC.PATIENTS')).length, 40);
    await disconnect(connection);
    const stats: unknown = await (await fetch(`${urls.snowflake_control_url}/sandbox/stats`)).json();
    assert.equal(z.object({ chunksServed: z.int() }).parse(stats).chunksServed, 4);
    const faults: unknown = await (await fetch(`${urls.control_url}/sandbox/faults`)).json();
    assert.equal(z.object({ latency: z.object({ fixedMs: z.number() }) }).parse(faults).latency.fixedMs, 7);
    assert.match(await readFile(urls.ca_file, 'utf8'), /^-----BEGIN CERTIFICATE-----/);
  } finally {
    running.child.kill('SIGTERM');
  }
  const end = await running.ended;
  assert.equal(end.status, 0);
  assert.equal(end.stderr, '');
  await assert.rejects(access(urls.ca_file), { code: 'ENOENT' });
  await assert.rejects(fetch(urls.vault_url));
});

test('every mistake in the options of both servers is named at once', async () => {
  await using workspace = await Workspace.create();
  const options = [
    'latency.fixedMs=-1',
    'snowflake.seed.rows=-1',
    'snowflake.seed.typo=1',
    'snowflake.storage=tape',
  ];
  const words = options.flatMap((option) => ['--option', option]);
  const wrong = await workspace.run(['sandbox', '--snowflake', ...words], { status: 2 });
  assert.equal(wrong.stdout, '');
  for (const said of [
    / {2}latency\.fixedMs: /,
    / {2}snowflake\.seed\.rows: /,
    / {2}snowflake\.seed: .*"typo"/,
    / {2}snowflake\.storage: /,
  ])
    assert.match(wrong.stderr, said);

  const unasked = await workspace.run(['sandbox', '--option', 'snowflake.seed.rows=1'], { status: 2 });
  assert.match(unasked.stderr, /snowflake: its options need --snowflake/);
});

test('without DuckDB sandbox and demo say what to install', async () => {
  await using workspace = await Workspace.create();
  const hook = `export async function resolve(specifier, context, next) {
    if (specifier === '@duckdb/node-api') throw new Error('not installed');
    return next(specifier, context);
  }`;
  const hiding = workspace.at('hide-duckdb.mjs');
  await writeFile(
    hiding,
    `import { register } from 'node:module';\nregister('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}));\n`,
  );
  const env = { NODE_OPTIONS: `--import=${hiding}` };
  for (const words of [
    ['sandbox', '--snowflake'],
    ['demo', '--source', 'snowflake'],
  ]) {
    const end = await workspace.run(words, { env, status: 2 });
    assert.match(end.stderr, /runs its SQL on DuckDB, which cannot be loaded/);
    assert.match(end.stderr, /npm install @duckdb\/node-api/);
    assert.doesNotMatch(end.stdout, /_url/);
  }
});
