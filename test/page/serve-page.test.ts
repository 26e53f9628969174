import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { renderSummary } from '../../src/report/render-summary.js';
import { buildRunSummary } from '../../src/report/run-summary.js';
import { runDirectoryAt } from '../../src/run-record/run-directory.js';
import { LivePage } from '../../supervisor/page/live-page.js';
import { describeEnd } from '../../supervisor/page/page-rows.js';
import { servePage } from '../../supervisor/page/serve-page.js';
import { runOutcome, snapshotOf, vaultOutcome } from '../report/snapshot-fixture.js';
import { startSandbox } from '../support/sandbox.js';
import { takenPort } from '../support/taken-port.js';
import { makePairs, Workspace } from '../support/workspace.js';

/** An answer, whatever Host and cookie are said. */
async function ask(
  url: string,
  { host, cookie, method = 'GET' }: { host?: string; cookie?: string; method?: string },
) {
  const headers = { ...(host === undefined ? {} : { host }), ...(cookie === undefined ? {} : { cookie }) };
  const asked = request(url, { method, headers }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const chunks = (await answer.toArray()) as Buffer[];
  return { status: answer.statusCode, headers: answer.headers, text: Buffer.concat(chunks).toString('utf8') };
}

test('the page is for one browser, by its key once and then its cookie, under this name only, and nothing can be changed', async () => {
  const live = new LivePage();
  const server = await servePage(0, live);
  try {
    const { origin, port, searchParams } = new URL(server.url);
    assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+\/\?key=[\w-]{43}$/);
    for (const path of ['/', '/page.js', '/page.css', '/updates', '/?key=', `/?key=${'x'.repeat(43)}`])
      assert.equal((await ask(origin + path, {})).status, 403, path);
    for (const host of ['evil.test', `evil.test:${port}`, '127.0.0.1', `127.0.0.1.evil.test:${port}`])
      assert.equal((await ask(server.url, { host })).status, 403, host);

    const first = await ask(server.url, {});
    assert.equal(first.status, 303);
    assert.equal(first.headers.location, '/');
    const [set = ''] = first.headers['set-cookie'] ?? [];
    assert.match(set, /^skyflow_supervise_\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
    const [cookie = ''] = set.split(';');
    assert.ok(!set.includes(searchParams.get('key') ?? '?'));
    assert.equal((await ask(server.url, {})).status, 403, 'the key counts once');
    assert.equal((await ask(server.url, { cookie })).status, 303, 'but whoever has it may come by it again');

    const page = await ask(origin, { cookie, host: `localhost:${port}` });
    assert.equal(page.status, 200);
    const policy = String(page.headers['content-security-policy']);
    assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'/);
    assert.ok(!policy.includes('unsafe'));
    assert.equal(page.headers['cache-control'], 'no-store');
    assert.doesNotMatch(page.text, /https?:/);
    for (const path of ['/page.js', '/page.css'])
      assert.equal((await ask(origin + path, { cookie })).status, 200);
    assert.equal((await ask(`${origin}/run.json`, { cookie })).status, 404);
    for (const method of ['POST', 'PUT', 'DELETE'])
      assert.equal((await ask(origin, { cookie, method })).status, 405);
  } finally {
    await server.close();
  }
});

test('what comes next is said on the page as at the terminal: a retry names its run, seen from here', () => {
  const run = resolve('runs/20250102T030405Z-abcdefgh');
  const log = `${run}/merged_error_log_20250102_030405.json`;
  const summary = buildRunSummary(
    runOutcome(
      [vaultOutcome({ status: 'failures', snapshot: snapshotOf({ uploaded: 99_999, failed: 1 }) })],
      {
        runDirectory: run,
        mergedErrorLog: log,
        retryCommand: `skyflow-supervise retry ${log}`,
      },
    ),
  );
  const { next } = describeEnd(summary, new Date());
  const screen = { style: { unicode: false, color: false }, detail: 'brief', folder: process.cwd() } as const;
  assert.match(next?.command ?? '', /skyflow-supervise retry runs\/20250102T030405Z-abcdefgh$/);
  assert.ok(renderSummary(summary, screen).includes(`${next?.label}\n  skyflow-supervise retry runs/`));
});

test('an open page is told of the end before the run is gone', async () => {
  const live = new LivePage();
  const server = await servePage(0, live);
  const { origin } = new URL(server.url);
  const [cookie = ''] = ((await ask(server.url, {})).headers['set-cookie'] ?? [''])[0]?.split(';') ?? [];
  live.begun({ vaults: ['NAME'], directory: runDirectoryAt('/nowhere', '20250102T030405Z-abcdefgh') });
  live.changed('NAME', { phase: 'loading', restarts: 1, snapshot: snapshotOf({ read: 50_000 }) });
  live.notice('warn', '<b>slow</b>', 'NAME');
  const updates = `${origin}/updates?page=one&after=0.0`;
  const now = JSON.parse((await ask(updates, { cookie })).text) as Record<string, { ended: unknown }>;
  assert.equal(now['state']?.ended, null);
  // It waits for the next second; the run ends before.
  const waiting = ask(updates, { cookie });
  live.ended({ failure: { code: 'storage', message: 'the disk is full' } });
  const [last] = await Promise.all([waiting, server.close()]);
  assert.match(last.text, /"ended":\{"at":"[^"]+","text":"the disk is full"/);
  assert.match(last.text, /NAME: <b>slow<\/b>/);
});

test('--web is refused where the configuration forbids it, with --offline, and on a port that is taken: nothing begins', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.configure(sandbox.url, ['NAME']);
  await workspace.writePairs('NAME', makePairs(3));
  const port = await takenPort();
  const refused = async (argv: readonly string[], message: RegExp): Promise<void> => {
    const end = await workspace.run(argv, { status: 2 });
    assert.match(end.stderr, message);
  };
  await refused(
    ['--all', '--web', String(port)],
    new RegExp(`cannot be served on port ${port}: another program`),
  );
  await refused(['--all', '--web', '--offline'], /--web and --offline exclude each other/);
  await refused(['--all', '--web', '70000'], /--web: found the text "70000"/);
  const config = JSON.parse(await readFile(workspace.at('config.json'), 'utf8')) as object;
  await writeFile(workspace.at('config.json'), JSON.stringify({ ...config, web: false }), { mode: 0o600 });
  await refused(['--all', '--web'], /the configuration forbids --web/);
  assert.deepEqual(await workspace.runs(), []);
});
