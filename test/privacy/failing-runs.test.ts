import assert from 'node:assert/strict';
import { appendFile, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { loadingChild } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { vaults, Workspace } from '../support/workspace.js';
import { startQuotingVault } from './quoting-vault.js';
import { assertPrivate, BEARER, sentinelPairs, TOKEN, VALUE } from './sentinels.js';

const skyflow = { bearer_token: BEARER };
const performance = { batch_size: 4, max_concurrency: 2 };

describe('what fails repeats no credential, value or token', () => {
  test('a poison value that the vault quotes is in the error logs alone', async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, [
      `poison=["${VALUE} 7"]`,
      'poisonQuotesValue=true',
    ]);
    await workspace.configure(sandbox.url, ['NAME'], { skyflow, performance });
    await workspace.writePairs('NAME', sentinelPairs(20));

    const end = await workspace.run(['--all', '--verbose'], { status: 1 });
    assert.equal((await workspace.summary()).totals.failed, 1);
    await assertPrivate(workspace, end, { errorLogs: true });
  });

  // A 400 fails the record; a vault that knows nothing but 500 is out, and an outage fails no record.
  for (const { status, exit } of [
    { status: 401, exit: 3 },
    { status: 403, exit: 3 },
    { status: 400, exit: 1 },
    { status: 500, exit: 3 },
  ]) {
    test(`a server that answers ${status} and quotes the whole request, credential included`, async () => {
      await using workspace = await Workspace.create();
      await using vault = await startQuotingVault(status);
      await workspace.configure(vault.url, ['NAME'], {
        skyflow,
        performance: { ...performance, max_attempts: 1 },
      });
      // One batch, so that the guard against a wrong configuration lets a 400 through to the error log.
      await workspace.writePairs('NAME', sentinelPairs(1));

      const end = await workspace.run(['--all', '--verbose']);

      assert.equal(end.status, exit, end.stderr);
      if (exit === 3)
        assert.match(end.stdout, new RegExp(`HTTP ${status}|\\(gRPC 3\\)`), 'what the answer was is told');
      await assertPrivate(workspace, end, { errorLogs: exit === 1 });
    });
  }

  test('a server that refuses every batch of many and quotes it', async () => {
    await using workspace = await Workspace.create();
    await using vault = await startQuotingVault(400);
    await workspace.configure(vault.url, ['NAME'], { skyflow, performance });
    await workspace.writePairs('NAME', sentinelPairs(40));

    const end = await workspace.run(['--all', '--json'], { status: 3 });
    await assertPrivate(workspace, end, { errorLogs: false });
  });

  test('a source that breaks in the middle of the load', async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path);
    await workspace.configure(sandbox.url, ['NAME'], { skyflow, performance });
    await workspace.writePairs('NAME', sentinelPairs(20));
    const { column } = vaults.NAME;
    await appendFile(workspace.at('data', `${column}_data.csv`), `"${VALUE} broken"x\n`);
    await appendFile(workspace.at('data', `${column}_tokens.csv`), `${TOKEN}-broken\n`);

    const end = await workspace.run(['--all', '--no-precount'], { status: 3 });
    assert.match((await workspace.summary()).vaults[0]?.error?.message ?? '', /line 22: broken quotes/);
    await assertPrivate(workspace, end, { errorLogs: false });
  });

  test('a child that is killed for good', async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['hangBefore.rate=1']);
    await workspace.configure(sandbox.url, ['NAME'], {
      skyflow,
      performance: { ...performance, max_restarts: 0 },
    });
    await workspace.writePairs('NAME', sentinelPairs(20));
    const load = workspace.start(['--all']);
    // An abort, because that is what leaves core dumps and diagnostic reports.
    process.kill(await loadingChild(workspace, 'NAME'), 'SIGABRT');

    const end = await load.ended;

    assert.equal(end.status, 3, end.stderr);
    assert.match(end.stdout, /SIGABRT/);
    await assertPrivate(workspace, end, { errorLogs: false });
  });

  test('a configuration that is wrong beside its secrets', async () => {
    await using workspace = await Workspace.create();
    const spoilt = [
      `{"skyflow": {"bearer_token": "${BEARER}" "vaults": []}}`,
      `{"skyflow": {"bearer_token": "${BEARER}`,
      `{"skyflow": {"bearer_token": {"${BEARER}": 1}, "vault_url": "https://u:${BEARER}@vault.example"}}`,
      `{"skyflow": {"bearer_token": "${BEARER} ", "api_key": "${BEARER}", "credentials": "${BEARER}"}}`,
      `{"snowflake": {"password": ["${BEARER}"], "oauth_token": 5}, "skyflow": {"api_key": ["${BEARER}"]}}`,
    ];
    for (const content of spoilt) {
      await writeFile(workspace.at('config.json'), content);

      const end = await workspace.run(['--all', '--json'], { status: 2 });
      assert.ok(!`${end.stdout}${end.stderr}`.includes(BEARER), end.stderr);
      assert.deepEqual(await workspace.runs(), []);
    }
  });
});
