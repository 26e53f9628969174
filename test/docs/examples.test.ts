import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { freePort } from '../../src/system/listen.js';
import { programFile, runProgram } from '../support/program.js';
import { startSandbox } from '../support/sandbox.js';
import { programLimitMs } from '../support/wait-until.js';
import { makePairs, vaults, Workspace, type VaultName } from '../support/workspace.js';
import { projectFolder, readPages, type Block, type Page } from './pages.js';

const everyVault = Object.keys(vaults) as VaultName[];
const aPort = /(?<=port[ =]|127\.0\.0\.1:|localhost:)\d{2,5}\b/g;

/** Has the test run the program: only what the shell ends by its pid is a process of its own. */
const npx = `#!/bin/sh
[ "$1" = skyflow-supervise ] || exit 127
shift
[ "$1" = sandbox ] && exec '${process.execPath}' '${programFile}' "$@"
run=$(mktemp -d "$(dirname "$0")/run-XXXXXX")
printf '%s\\0' "$PWD" "$@" > "$run/words"
env -0 > "$run/env"
echo "$run" >&3
read -r status <&3
cat "$run/stdout"
cat "$run/stderr" >&2
exit "$status"
`;

interface Example {
  readonly block: Block;
  /** The reader has other records by then: what was loaded by a block before is refused. */
  readonly hasNewData?: true;
  /** Undefined: the block is not run, for a reason that stands beside it. */
  readonly expectedStatus: number | undefined;
}

function exampleOf(page: Page, block: Block): Example {
  if (block.note === '') return { block, expectedStatus: 0 };
  if (block.note === 'new-data') return { block, expectedStatus: 0, hasNewData: true };
  const exit = /^exit=(\d+)$/.exec(block.note);
  if (exit !== null) return { block, expectedStatus: Number(exit[1]) };
  if (/^no-run: \S/.test(block.note)) return { block, expectedStatus: undefined };
  throw new Error(
    `${page.name}, line ${block.line}: a sh block is marked exit=N, new-data or no-run: reason`,
  );
}

const examples = new Map(
  readPages().map((page) => [
    page.name,
    page.blocks.filter(({ language }) => language === 'sh').map((block) => exampleOf(page, block)),
  ]),
);

/** What a reader of the docs has: a configuration, data, an error log of the replaced loader, and `npx`. */
async function prepare(workspace: Workspace, vaultUrl: string): Promise<void> {
  await workspace.configure(vaultUrl, everyVault);
  await writeData(workspace, 'first');
  await cp(join(projectFolder, 'config.example.json'), workspace.at('config.example.json'));
  await writeFile(workspace.at('error_log_NAME_20251009_153045.json'), JSON.stringify(oldErrorLog()));
  await mkdir(workspace.at('bin'));
  await writeFile(workspace.at('bin', 'npx'), npx, { mode: 0o755 });
}

async function writeData(workspace: Workspace, which: string, names = everyVault): Promise<void> {
  for (const name of names)
    await workspace.writePairs(name, makePairs(300, `${name.toLowerCase()} ${which}`));
}

function oldErrorLog(): object {
  const records = [{ Value: 'Jane Doe', Token: 'tok_old_1' }];
  return {
    vault_name: 'NAME',
    vault_id: vaults.NAME.id,
    column: vaults.NAME.column,
    timestamp: '2025-10-09T15:30:45Z',
    total_errors: 1,
    failed_records: 1,
    errors: [
      { batch_number: 1, records, error: 'status 400', status_code: 400, timestamp: '2025-10-09T15:30:45Z' },
    ],
  };
}

async function runBlock(text: string, workspace: Workspace): Promise<{ status: unknown; output: string }> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn('/bin/sh', ['-e', '-c', text], {
    cwd: workspace.path,
    env: {
      PATH: `${workspace.at('bin')}${delimiter}${PATH}`,
      HOME,
      TMPDIR: workspace.path,
      LANG: 'C.UTF-8',
    },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    // A group of its own, so that what a block leaves behind can be ended.
    detached: true,
    timeout: programLimitMs,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (part: string) => (output += part));
  const [, , , asking] = child.stdio;
  assert.ok(asking instanceof Socket);
  createInterface(asking).on('line', (folder) => {
    void runAsked(folder).then((status) => asking.write(`${status}\n`));
  });
  const [status] = (await once(child, 'exit')) as [unknown];
  endGroup(child.pid);
  asking.destroy();
  return { status, output };
}

/** What `npx` has left in a folder to be run; resolves to its exit status. */
async function runAsked(folder: string): Promise<number | null> {
  const read = async (name: string): Promise<string[]> =>
    (await readFile(join(folder, name), 'utf8')).split('\0').slice(0, -1);
  const [cwd = '', ...words] = await read('words');
  const variables = (await read('env')).map((each) => /^([^=]*)=([^]*)$/.exec(each)?.slice(1) ?? []);
  const { status, stdout, stderr } = await runProgram(words, {
    cwd,
    env: Object.fromEntries(variables) as Record<string, string>,
  });
  await writeFile(join(folder, 'stdout'), stdout);
  await writeFile(join(folder, 'stderr'), stderr);
  return status;
}

function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGTERM');
  } catch {
    // Nothing was left behind.
  }
}

describe('the commands in the docs work as they are written', () => {
  for (const [name, all] of examples) {
    const wanted = all.filter(({ expectedStatus }) => expectedStatus !== undefined);
    if (wanted.length === 0) continue;
    test(`${name}: ${wanted.length} blocks`, async () => {
      await using workspace = await Workspace.create();
      await using sandbox = await startSandbox(workspace.path);
      await prepare(workspace, sandbox.url);
      // The page's own may be somebody else's here.
      const own = new Map<string, string>();
      for (const { block } of wanted)
        for (const [port] of block.text.matchAll(aPort))
          if (!own.has(port)) own.set(port, String(await freePort()));
      for (const { block, expectedStatus, hasNewData } of wanted) {
        const isNamed = (name: string): boolean => block.text.includes(`--vault ${name.toLowerCase()}`);
        if (hasNewData) await writeData(workspace, `${block.line}`, everyVault.filter(isNamed));
        const { status, output } = await runBlock(
          block.text.replaceAll(aPort, (port) => own.get(port) ?? port),
          workspace,
        );
        assert.equal(status, expectedStatus, `${name}, line ${block.line}:\n${block.text}\n\n${output}`);
      }
    });
  }
});

test('no command that is there to be copied loads rows once more', () => {
  for (const page of readPages())
    for (const { language, line, text } of page.blocks)
      if (language === 'sh') assert.doesNotMatch(text, /--new-run/, `${page.name}, line ${line}`);
});

test('the README has the two set-up commands and the first load, word for word', () => {
  const [demo, tests, ...more] = examples.get('README.md') ?? [];
  const load = more.find(({ expectedStatus }) => expectedStatus === undefined);
  assert.equal(demo?.block.text, 'npm ci && npm run demo');
  assert.equal(tests?.block.text, 'npm ci && npm test');
  assert.match(
    load?.block.text ?? '',
    /^cp config\.example\.json config\.json$[^]*^npx skyflow-supervise --all$/m,
  );
});
