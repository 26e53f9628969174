import assert from 'node:assert/strict';
import { appendFile, cp, utimes } from 'node:fs/promises';
import { test } from 'node:test';
import { printedCommand } from '../support/printed-commands.js';
import type { ProgramEnd } from '../support/program.js';
import { startSandbox } from '../support/sandbox.js';
import { loadingChild } from '../support/running-load.js';
import { isAlive, waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

test('a load of what an earlier run has loaded is refused with the command that goes on, whatever it is called by now', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.configure(sandbox.url, ['NAME', 'SSN'], { performance: { batch_size: 50 } });
  const names = makePairs(200, 'n');
  const numbers = makePairs(300, 's');
  await workspace.writePairs('NAME', names);
  await workspace.writePairs('SSN', numbers);
  const run = async (argv: readonly string[]): Promise<ProgramEnd> => workspace.run([...argv, '--quiet']);
  const assertRefused = async (argv: readonly string[], pattern: RegExp): Promise<string> => {
    const runs = (await workspace.runs()).length;
    const { status, stderr } = await run(argv);
    assert.equal(status, 2, stderr);
    assert.match(stderr, pattern);
    assert.equal((await workspace.runs()).length, runs, 'nothing was begun');
    return stderr;
  };
  const assertHeld = async (pairs: typeof numbers, message?: string): Promise<void> =>
    assert.deepEqual(await sandbox.pairs('vault-ssn', 'ssn'), asMultiset(pairs), message);

  // The first try of the README, of both vaults.
  assert.equal((await run(['load', '--max-records', '100'])).status, 0);
  const [first = ''] = await workspace.runs();

  // Everything, as the README goes on; one vault of the two.
  const limited = await assertRefused(
    ['load', '--max-records', '0', '--vault', 'ssn'],
    /vault SSN: the run \S+ has loaded 100 of the 300 rows of this input/,
  );
  const check = await run(['check', '--max-records', '0', '--vault', 'ssn']);
  assert.equal(check.status, 2);
  assert.match(check.stdout, /the run \S+ has loaded 100 of the 300 rows/);
  assert.deepEqual(printedCommand(check.stdout, 'resume'), printedCommand(limited, 'resume'), 'on one line');
  const resume = printedCommand(limited, 'resume', first);
  assert.deepEqual(resume.slice(2), ['--max-records', '0']);
  assert.equal((await run(resume)).status, 0);
  await assertHeld(numbers, 'the rest was loaded once');

  // A finished one: by its files, by copies of them, after a touch, for a service too.
  await assertRefused(['load'], /vaults NAME, SSN: the run \S+ has loaded this input already$/m);
  await cp(workspace.at('data'), workspace.at('copy'), { recursive: true });
  const finished = await assertRefused(
    ['load', '--vault', 'ssn', '--data-dir', 'copy'],
    /vault SSN: the run \S+ has loaded this input already/,
  );
  assert.equal((await run(printedCommand(finished, 'verify', first))).status, 0);
  await utimes(workspace.at('data', 'ssn_data.csv'), new Date(), new Date('2026-01-02T03:04:05Z'));
  assert.match((await run(['load', '--start-or-resume'])).stdout, /is finished: 500 uploaded/);
  await assertRefused(['load', '--start-or-resume', '--vault', 'ssn'], /has loaded this input already/);

  // Rows added at the end; a row whose last one goes on is another row.
  await appendFile(workspace.at('data', 'ssn_data.csv'), 's value more\n');
  await appendFile(workspace.at('data', 'ssn_tokens.csv'), 'tok_s_more\n');
  for (const more of [[], ['--start-or-resume']]) {
    const appended = await assertRefused(
      ['load', '--vault', 'ssn', ...more],
      /vault SSN: the run \S+ has loaded what ssn_data\.csv begins with/,
    );
    assert.deepEqual(printedCommand(appended, '--skip-existing').slice(0, 4), [
      ...['load', '--vault', 'SSN', '--skip-existing'],
    ]);
  }
  await assertHeld(numbers);

  // Whoever says so inserts it once more.
  assert.equal((await run(['load', '--vault', 'name', '--new-run'])).status, 0);
  assert.deepEqual(await sandbox.pairs('vault-name', 'name'), asMultiset([...names, ...names]));
});

test('what is not in the vault may be loaded: after a run that uploaded nothing, and after a clear, which ends its runs', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=100']);
  const { name, id, column } = vaults.SSN;
  await workspace.configure(sandbox.url, ['SSN'], {
    skyflow: { vaults: [{ name, id, column, allow_destructive: true }] },
    performance: { batch_size: 5, max_concurrency: 1 },
  });
  const pairs = makePairs(400);
  await workspace.writePairs('SSN', pairs);
  const run = async (argv: readonly string[]): Promise<ProgramEnd> => workspace.run([...argv, '--quiet']);

  await sandbox.set({ accessTokens: [{ token: 'another-token', access: 'full' }] });
  assert.equal((await run(['load'])).status, 3);
  await sandbox.set({ accessTokens: [] });
  const killed = workspace.start(['load']);
  await waitUntil('some records are in', async () => (await sandbox.count(id, column)) > 0);
  const orphan = await loadingChild(workspace, name);
  process.kill(orphan, 'SIGSTOP');
  killed.child.kill('SIGKILL');
  await killed.ended;
  try {
    const early = await run(['clear', '--yes']);
    assert.equal(early.status, 2, 'the child of the killed load may still send');
    assert.match(early.stderr, /vault SSN .* is in use/);
  } finally {
    process.kill(orphan, 'SIGCONT');
  }
  await waitUntil('the orphan is gone', () => !isAlive(orphan));
  await sandbox.set({ latency: { fixedMs: 0 } });
  const [, begun = ''] = await workspace.runs();
  const refused = await run(['load']);
  assert.match(refused.stderr, /the unfinished run \S+ has loaded a part of this input/);
  const resume = printedCommand(refused.stderr, 'resume', begun);

  assert.equal((await run(['clear', '--yes'])).status, 0);
  assert.match(
    (await run(['runs'])).stdout,
    /killed; cleared since\n$/,
    'what would be refused is not offered',
  );
  const gone = await run(resume);
  assert.equal(gone.status, 2);
  assert.match(gone.stderr, /its table was cleared after the run/);
  assert.equal((await run(printedCommand(gone.stderr, 'load'))).status, 0);
  assert.deepEqual(await sandbox.pairs(id, column), asMultiset(pairs));
});

test('a file that was changed in one place shares the rest with what was loaded', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.configure(sandbox.url, ['SSN'], { performance: { batch_size: 2_000 } });
  const pairs = makePairs(24_000, 'x'.repeat(100));
  await workspace.writePairs('SSN', pairs);
  await workspace.run(['load', '--quiet'], { status: 0 });

  const mended = pairs.map(
    ([value, token], at) => [at === 3 ? value.replace('x', 'y') : value, `${token}_new`] as const,
  );
  await workspace.writePairs('SSN', mended);
  const { stderr } = await workspace.run(['load', '--quiet'], { status: 2 });
  assert.match(
    stderr,
    /vault SSN: the run \S+ has loaded a part of ssn_data\.csv\nInsert only what is missing: /,
  );
});
