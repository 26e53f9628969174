import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { runEventCommand } from '../../supervisor/events/run-event-command.js';
import { eventOfEnd } from '../../supervisor/events/run-event.js';
import { loadingChild } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { makePairs, Workspace } from '../support/workspace.js';

const SECRET = 'sentinel-token-8c1e';
/** Appends what the command was told to the file `told`, one event a line. */
const note = 'echo "$SUPERVISE_EVENT $SUPERVISE_REASON $SUPERVISE_EXIT_CODE $SUPERVISE_UPLOADED" >> told';

test('a done event tells facts in variables of its own, and its failure changes nothing but a warning', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.configure(sandbox.url, ['NAME', 'SSN'], { skyflow: { bearer_token: undefined } });
  for (const name of ['NAME', 'SSN'] as const) await workspace.writePairs(name, makePairs(6, name));
  const command = 'env > told; echo no mail today >&2; exit 7';
  // What a shell would run if data were put into the command.
  const runDirectory = 'runs $(touch pwned); touch pwned';
  const load = await workspace.run(['load', '--on-event', command, '--run-dir', runDirectory], {
    env: { SKYFLOW_BEARER_TOKEN: SECRET },
    status: 0,
  });
  assert.match(load.stdout, /the command of --on-event \(done\): it exited with 7: no mail today/);
  const told = new Map(
    (await readFile(workspace.at('told'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const facts = [...told].filter(([name]) => name.startsWith('SUPERVISE_'));
  const [runId] = await readdir(workspace.at(runDirectory));
  assert.deepEqual(Object.fromEntries(facts), {
    SUPERVISE_EVENT: 'done',
    SUPERVISE_REASON: 'complete',
    SUPERVISE_STATUS: 'complete',
    SUPERVISE_EXIT_CODE: '0',
    SUPERVISE_RUN_ID: runId,
    SUPERVISE_RUN_DIRECTORY: workspace.at(runDirectory, runId ?? ''),
    SUPERVISE_VAULTS: 'NAME,SSN',
    ...{ SUPERVISE_READ: '12', SUPERVISE_UPLOADED: '12', SUPERVISE_FAILED: '0', SUPERVISE_SKIPPED: '0' },
    SUPERVISE_UNSETTLED: '0',
  });
  assert.ok(![...told.keys()].some((name) => /^(SKYFLOW|SNOWFLAKE)_/.test(name)), 'no configuration');
  assert.ok(![...told.values()].join().includes(SECRET));
  assert.ok(!(await readdir(workspace.path)).includes('pwned'));
});

test('an interrupted run is paused, a source that cannot be read has failed, and a wrong command line is no event', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=50']);
  await workspace.configure(sandbox.url, ['NAME', 'SSN'], {
    performance: { batch_size: 1, max_concurrency: 1 },
  });
  await workspace.writePairs('NAME', makePairs(500));
  const told = async (): Promise<string[]> =>
    (await readFile(workspace.at('told'), 'utf8')).trimEnd().split('\n');
  const load = workspace.start(['--vault', 'name', '--on-event', note]);
  await loadingChild(workspace, 'NAME');
  load.child.kill('SIGTERM');
  assert.equal((await load.ended).status, 143);
  assert.match((await told()).at(-1) ?? '', /^paused interrupted 143 \d+$/);

  await workspace.run(['--vault', 'ssn', '--on-event', note], { status: 3 });
  assert.match((await told()).at(-1) ?? '', /^failed source 3 0$/);

  await workspace.run(['--vault', 'pay', '--on-event', note], { status: 2 });
  assert.equal((await told()).length, 2);
});

test('a vault that waits for another credential is paused, once, and goes on', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=100']);
  const tokenFile = workspace.at('bearer');
  await writeFile(tokenFile, 'first\n', { mode: 0o600 });
  await workspace.configure(sandbox.url, ['NAME', 'SSN'], {
    skyflow: { bearer_token: undefined, bearer_token_file: tokenFile, auth_wait_ms: 30_000 },
    performance: { batch_size: 2, max_concurrency: 1 },
  });
  for (const name of ['NAME', 'SSN'] as const) await workspace.writePairs(name, makePairs(120, name));
  const load = workspace.start(['--all', '--on-event', note]);
  for (const name of ['NAME', 'SSN']) await loadingChild(workspace, name);
  await waitUntil('records are in the vault', async () => (await sandbox.count('vault-ssn', 'ssn')) > 0);

  await sandbox.set({ expiredTokens: ['first'] });
  await load.outputMatches(/the vault refuses the credential: waiting 30s for another one in its file/);
  await waitUntil('the event is told', async () =>
    (await readFile(workspace.at('told'), 'utf8').catch(() => '')).includes('paused credential'),
  );
  await writeFile(tokenFile, 'second\n');
  await sandbox.set({ latency: { fixedMs: 0 } });

  const end = await load.ended;
  assert.equal(end.status, 0, end.stdout);
  const told = (await readFile(workspace.at('told'), 'utf8')).trimEnd().split('\n');
  assert.deepEqual(told, ['paused credential  ', 'resumed credential  ', 'done complete 0 240']);
});

test('a command that does not end is killed with all that it started', async () => {
  const problem = await runEventCommand('sleep 600 & sleep 600', { PATH: process.env['PATH'] ?? '' }, 50);
  assert.equal(problem, 'it did not end within 0.05 s and was killed');
});

test('a run whose command failed without a summary has failed, with the code of what happened', () => {
  const end = { failure: { code: 'storage', message: 'no space left' } } as const;
  assert.deepEqual(eventOfEnd(end), { event: 'failed', reason: 'storage' });
});
