import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { nextSteps } from '../../supervisor/commands/init/init-command.js';
import { readPage } from '../docs/pages.js';
import { printedCommands } from '../support/printed-commands.js';
import type { ProgramEnd } from '../support/program.js';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, Workspace } from '../support/workspace.js';

const pairs = makePairs(1_200);

interface Stage {
  readonly workspace: Workspace;
  readonly sandbox: TestSandbox;
  readonly run: (argv: readonly string[]) => Promise<ProgramEnd>;
}

const outputOf = ({ stdout, stderr }: ProgramEnd): string => `${stdout}\n${stderr}`;

/** The commands of a text that send records; a retry is told that nobody is asked. */
function sending(text: string): string[][] {
  return printedCommands(text)
    .filter(([first = '']) => first.startsWith('-') || ['load', 'resume', 'retry'].includes(first))
    .map((argv) => (argv[0] === 'retry' ? [...argv, '--yes'] : argv));
}

async function stopped({ workspace, sandbox }: Stage): Promise<ProgramEnd> {
  await sandbox.set({ latency: { fixedMs: 40 } });
  const load = workspace.start(['load']);
  await waitUntil('some records are in', async () => (await sandbox.count('vault-ssn', 'ssn')) > 0);
  load.child.kill('SIGINT');
  const end = await load.ended;
  await sandbox.set({ latency: { fixedMs: 0 } });
  return end;
}

/** Where a hint is printed, by what it says: every text of which the commands are followed, word for word and in order. */
const hints: Readonly<Record<string, (stage: Stage) => Promise<string>>> = {
  "README's first try": () =>
    Promise.resolve(
      readPage('README.md').blocks.find(({ text }) => text.includes('--max-records 100'))?.text ?? '',
    ),
  "init's last words": () => Promise.resolve(nextSteps('config.json')),
  'coming from the Go loader': () =>
    Promise.resolve(/^4\. Try: [^]*?\n5\./m.exec(readPage('docs/migrating.md').text)?.[0] ?? ''),
  'the end of a load that was stopped': async (stage) => outputOf(await stopped(stage)),
  'the refusal beside an unfinished run': async (stage) => {
    await stopped(stage);
    return outputOf(await stage.run(['load']));
  },
  'the refusal after a first try': async ({ run }) => {
    await run(['load', '--max-records', '100', '--vault', 'ssn', '--verbose']);
    return outputOf(await run(['load', '--all']));
  },
  "check's cross after a first try": async ({ run }) => {
    await run(['load', '--max-records', '100']);
    return outputOf(await run(['check']));
  },
  'the end of a load with failures': async ({ run, sandbox }) => {
    await sandbox.set({ poison: ['p value 7'] });
    const end = await run(['load']);
    await sandbox.set({ poison: [] });
    return outputOf(end);
  },
  'the refusal after rows were added': async ({ run, workspace }) => {
    await workspace.writePairs('SSN', pairs.slice(0, 700));
    await run(['load']);
    await workspace.writePairs('SSN', pairs);
    return outputOf(await run(['load', '--start-or-resume']));
  },
};

for (const [where, hintOf] of Object.entries(hints)) {
  test(`the commands of ${where} load what is left, once`, async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path);
    await workspace.configure(sandbox.url, ['SSN'], { performance: { batch_size: 40, max_concurrency: 2 } });
    await workspace.writePairs('SSN', pairs);
    const run = (argv: readonly string[]): Promise<ProgramEnd> => workspace.run(argv);

    const commands = sending(await hintOf({ workspace, sandbox, run }));

    assert.ok(commands.length > 0, 'there is a hint');
    for (const argv of commands) {
      const end = await run(argv);
      assert.equal(end.status, 0, `${argv.join(' ')}\n${outputOf(end)}`);
    }
    assert.deepEqual(await sandbox.pairs('vault-ssn', 'ssn'), asMultiset(pairs));
  });
}

test('a load that ended at the default limit prints the command that loads the rest, once', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  const configuration: unknown = {
    skyflow: {
      vault_url: sandbox.url,
      bearer_token: 'test-bearer-token',
      vaults: [{ name: 'SSN', id: 'vault-ssn', column: 'ssn' }],
    },
    csv: { data_directory: 'data' },
    performance: { append_suffix: false, batch_size: 5_000 },
  };
  await writeFile(workspace.at('config.json'), JSON.stringify(configuration), { mode: 0o600 });
  const many = makePairs(100_500);
  await workspace.writePairs('SSN', many);

  const limited = await workspace.run(['load'], { status: 4 });
  const [resume = [], ...others] = sending(outputOf(limited));
  assert.deepEqual(others, []);
  await workspace.run(resume, { status: 0 });
  const count = await sandbox.count('vault-ssn', 'ssn');
  assert.equal(count, many.length);
});
