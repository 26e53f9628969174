import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { program } from '../../supervisor/commands/program.js';
import { programFile } from '../support/program.js';
import { Workspace } from '../support/workspace.js';

const run = promisify(execFile);
const needs = (shell: string): { skip?: string } =>
  spawnSync(shell, ['--version']).status === 0 ? {} : { skip: `needs ${shell}` };

const runId = '20260102T030405Z-1a2b3c4d';

/** A folder with the script of a shell, the program as it is installed, and what is completed. */
async function prepare(workspace: Workspace, shell: string): Promise<void> {
  const { stdout } = await workspace.run(['completion', shell], { status: 0 });
  await writeFile(workspace.at('script'), stdout);
  await workspace.configure('https://x.vault.skyflowapis.com', ['SSN']);
  await mkdir(workspace.at('bin'));
  const installed = `#!/bin/sh\nexec ${process.execPath} ${programFile} "$@"\n`;
  await writeFile(workspace.at('bin/skyflow-supervise'), installed, { mode: 0o755 });
  await mkdir(workspace.at('runs', runId), { recursive: true });
  await writeFile(workspace.at('my config.json'), '');
  await writeFile(workspace.at('myth.csv'), '');
}

const directories = ['bin', 'data', 'runs'];
const offered = program.offered.map(({ name }) => name);

/** Words typed so far, the last one to be completed, and what must be offered. */
const expectations: readonly (readonly [typed: readonly string[], offered: readonly string[]])[] = [
  [[''], offered],
  [['ch'], ['check']],
  [['--vault', 'check', 'res'], ['resume']],
  [['--prec'], []],
  [['--no-'], ['--no-precount']],
  [
    ['check', '--source', ''],
    ['csv', 'parquet', 'snowflake'],
  ],
  [['--sf-query-mode', 'u'], ['union']],
  [['generate', '--trun'], ['--truncate']],
  [['check', '--trun'], []],
  [['--clear'], []],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['help', 'exit'], ['exit-status']],
  [['--data-dir', 'd'], ['data']],
  [
    ['--config', 'my'],
    ['my config.json', 'myth.csv'],
  ],
  [['--vault', 'S'], ['SSN']],
  [['--vault-url', ''], []],
  [['resume', ''], [runId]],
  [['report', '--run-dir', 'nowhere', ''], directories],
  [['report', 'runs/'], [`runs/${runId}`]],
  [
    ['runs', ''],
    ['forget', 'prune'],
  ],
  [['runs', 'forget', ''], [runId]],
];

const withProgram = (workspace: Workspace): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${workspace.at('bin')}:${process.env['PATH'] ?? ''}`,
});

test('bash completes commands, flags and values', needs('bash'), async () => {
  await using workspace = await Workspace.create();
  await prepare(workspace, 'bash');
  const words = expectations.map(([typed]) => `try ${typed.map((word) => `'${word}'`).join(' ')}`);
  const harness = [
    'source ./script',
    'complete -p skyflow-supervise >/dev/null || exit 1',
    'try() {',
    '  COMP_WORDS=(skyflow-supervise "$@"); COMP_CWORD=$#; COMPREPLY=()',
    '  _skyflow_supervise',
    '  printf "%s|" "${COMPREPLY[@]}"; echo',
    '}',
    ...words,
    // As bash takes it apart: --source=sn
    'try --source = sn',
    'try --source =',
  ].join('\n');
  const { stdout, stderr } = await run('bash', ['--norc', '-c', harness], {
    cwd: workspace.path,
    env: withProgram(workspace),
  });
  assert.equal(stderr, '');
  const answers = stdout.trimEnd().split('\n').map(answered);
  for (const [at, [typed, expected]] of expectations.entries())
    assert.deepEqual(answers[at], [...expected].sort(), typed.join(' '));
  assert.deepEqual(answers.slice(expectations.length), [['snowflake'], ['csv', 'parquet', 'snowflake']]);
});

function answered(line: string): string[] {
  return line
    .split('|')
    .filter((word) => word !== '')
    .sort();
}

test('fish completes commands, flags and values', needs('fish'), async () => {
  await using workspace = await Workspace.create();
  await prepare(workspace, 'fish');
  for (const [typed, expected] of expectations) {
    const line = ['skyflow-supervise', ...typed].join(' ');
    const { stdout } = await run('fish', ['--no-config', '-c', `source ./script; complete -C '${line}'`], {
      cwd: workspace.path,
      env: withProgram(workspace),
    });
    const words = stdout.split('\n').map((one) => one.split('\t')[0]?.replace(/\/$/, '') ?? '');
    const found = words.map((word) => word.replaceAll('\\', '')).filter((word) => word !== '');
    assert.deepEqual(found.sort(), [...expected].sort(), line);
  }
});

test('zsh takes the script as it is, sourced and from fpath', needs('zsh'), async () => {
  await using workspace = await Workspace.create();
  await prepare(workspace, 'zsh');
  const harness = 'autoload -Uz compinit; compinit -u -D; source ./script; print $_comps[skyflow-supervise]';
  const { stdout, stderr } = await run('zsh', ['-f', '-c', harness], { cwd: workspace.path });
  assert.equal(stdout.trim(), '_skyflow-supervise', stderr);
});

test('an unknown shell is refused with those that there are', async () => {
  await using workspace = await Workspace.create();
  const end = await workspace.run(['completion', 'tcsh'], { status: 2 });
  assert.match(end.stderr, /found "tcsh"; allowed: bash, zsh, fish/);
  const none = await workspace.run(['completion'], { status: 2 });
  assert.match(none.stderr, /completion needs bash\|zsh\|fish/);
});
