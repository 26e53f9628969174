import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { parseCommandLine } from '../../supervisor/command-line/parse-command-line.js';
import { program as commandLine } from '../../supervisor/commands/program.js';
import { projectFolder } from '../docs/pages.js';
import { Workspace } from '../support/workspace.js';

/** The command that a command line asks for, which must be a right one. */
function commandOf(argv: readonly string[]): string {
  const { command, words } = parseCommandLine(argv, commandLine);
  command.read(words);
  return command.name;
}

const program = fileURLToPath(new URL('../../supervisor/main.js', import.meta.url));
const read = (name: string): Promise<string> => readFile(join(projectFolder, name), 'utf8');

interface Instruction {
  readonly keyword: string;
  readonly rest: string;
}

/** Instructions of a Dockerfile, continued lines joined. */
function instructionsOf(text: string): Instruction[] {
  return text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, keyword, rest] = /^([A-Z]+)\s+(.+)$/.exec(line) ?? [];
      assert.ok(keyword !== undefined && rest !== undefined, `no instruction: ${line}`);
      return { keyword, rest };
    });
}

test('the Dockerfile copies what is there, leaves the tools behind, and ends as a user that drains on SIGTERM', async () => {
  const all = instructionsOf(await read('Dockerfile'));
  const stages = all.flatMap(({ keyword }, at) => (keyword === 'FROM' ? [at] : []));
  assert.equal(stages.length, 2);
  const lastStage = all.slice(stages.at(-1));
  const last = (keyword: string): string => lastStage.findLast((one) => one.keyword === keyword)?.rest ?? '';
  const images = all.filter(({ keyword }) => keyword === 'FROM').map(({ rest }) => rest.split(' ')[0] ?? '');
  for (const image of images)
    assert.match(image, /^node:24-(slim|alpine)$/, 'a small image of the LTS, its major version named');

  const ignored = (await read('.dockerignore')).split('\n');
  assert.ok(ignored.includes('*'), 'everything is kept out, but for what is named');
  const copied = all
    .filter(({ keyword, rest }) => keyword === 'COPY' && !rest.startsWith('--from='))
    .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1));
  assert.ok(copied.length >= 5);
  for (const source of copied) {
    assert.ok(existsSync(join(projectFolder, source)), `${source} is there`);
    assert.ok(ignored.includes(`!${source}`), `${source} is not ignored`);
  }
  for (const line of ignored.filter((name) => name.startsWith('!')))
    assert.ok(copied.includes(line.slice(1)), `${line} is copied`);
  assert.ok(
    lastStage
      .filter(({ keyword }) => keyword === 'COPY')
      .every(({ rest }) => rest.startsWith('--from=build ')),
  );
  assert.match(last('USER'), /^[1-9]\d*:0$/, 'not root, and in the group that a random user is in');
  assert.match(
    lastStage.map(({ rest }) => rest).join('\n'),
    /^XDG_STATE_HOME=\/srv\/load\/runs\/\.state$/m,
    'locks where an unnamed user may write',
  );
  const words = z.array(z.string());
  const entry = words.parse(JSON.parse(last('ENTRYPOINT')));
  assert.deepEqual(entry, ['node', '--disable-sigusr1', '/app/dist/supervisor/main.js'], 'exec form');
  assert.equal(commandOf(words.parse(JSON.parse(last('CMD')))), 'load');
  assert.equal(last('STOPSIGNAL'), 'SIGTERM');
  assert.doesNotMatch(await read('Dockerfile'), /SKYFLOW_BEARER_TOKEN=|SNOWFLAKE_PASSWORD=|\bARG\b.*TOKEN/);
});

test('the compose file gives secrets as files, time to drain, and no rights', async () => {
  const compose = await read('compose.yaml');
  assert.match(compose, /^ {6}SKYFLOW_BEARER_TOKEN_FILE: \/run\/secrets\/skyflow_bearer_token$/m);
  assert.match(compose, /^secrets:\n {2}skyflow_bearer_token:\n {4}file: /m);
  assert.doesNotMatch(compose, /SKYFLOW_BEARER_TOKEN:|\t/);
  const grace = Number(/stop_grace_period: (\d+)s/.exec(compose)?.[1]);
  assert.ok(grace > 35, 'above the drain of 30 s and the 5 s for what hangs');
  for (const line of ['read_only: true', 'cap_drop:\n      - ALL', 'no-new-privileges:true', 'core: 0'])
    assert.ok(compose.includes(line), line);
  const [, command = ''] = /^ {4}command: (\[.*\])$/m.exec(compose) ?? [];
  assert.equal(commandOf(z.array(z.string()).parse(JSON.parse(command.replaceAll("'", '"')))), 'load');
});

const analyze = existsSync('/usr/bin/systemd-analyze') ? {} : { skip: 'needs systemd-analyze' };

test('the systemd unit is one that systemd understands, and has what a load needs', analyze, async () => {
  await using workspace = await Workspace.create();
  const unit = await read('docs/skyflow-supervise.service');
  for (const line of ['LimitCORE=0', 'UMask=0077', 'KillMode=mixed', 'RestartPreventExitStatus=1 2 4'])
    assert.ok(unit.split('\n').includes(line), line);
  assert.match(unit, /^LoadCredential=bearer_token:/m);
  assert.match(unit, /^LimitNOFILE=\d{4,}$/m);
  assert.ok(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) > 35);
  const [, path = '', words = ''] = /^ExecStart=(\S+) (.+)$/m.exec(unit) ?? [];
  assert.equal(commandOf(words.split(' ')), 'load');
  // Only the program's place differs on this machine.
  const here = workspace.at('skyflow-supervise');
  await writeFile(here, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  await chmod(here, 0o755);
  const file = workspace.at('skyflow-supervise.service');
  await writeFile(file, unit.replace(path, here));
  const end = await run('systemd-analyze', ['verify', '--man=no', file], workspace.path);
  assert.equal(end.status, 0, end.output);
  assert.equal(end.output.includes('skyflow-supervise.service'), false, end.output);
  for (const line of ['ProtectSystem=strict', 'PrivateTmp=yes'])
    assert.ok(unit.split('\n').includes(line), line);
  const judged = await run('systemd-analyze', ['security', '--offline=true', file], workspace.path);
  const exposure = Number(/Overall exposure level for \S+: (\d+\.\d+)/.exec(judged.output)?.[1]);
  assert.ok(exposure < 3, judged.output);
});

test('every command that a container or a service may run exists', () => {
  for (const name of ['load', 'resume', 'monitor'])
    assert.ok(commandLine.findCommand(name) !== undefined, name);
});

function run(
  command: string,
  words: readonly string[],
  cwd: string,
): Promise<{ status: number; stdout: string; output: string }> {
  return new Promise((resolve) => {
    execFile(command, words, { cwd, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code ?? 1), stdout, output: stdout + stderr });
    });
  });
}
