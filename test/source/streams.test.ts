import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { open, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { resolveSettings } from '../../src/config/resolve-settings.js';
import { configurationSchema } from '../../src/config/schema.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { kindOf } from '../../src/source/source-kinds.js';
import { Workspace } from '../support/workspace.js';
import { temporaryFolder } from './csv-fixture.js';

test('what can be read only once is refused before a run is made, wherever it is named, with the way out', async (t) => {
  const directory = await temporaryFolder(t);
  for (const name of ['p_1.csv', 'p_2.csv', 'one.csv', 'one.parquet'])
    await writeFile(path.join(directory, name), 'id,id_token\na,b\n');
  execFileSync(
    'mkfifo',
    ['fifo', 'p_3.csv', 'q_1.parquet'].map((name) => path.join(directory, name)),
  );
  // As `< one.csv` opens it: what the links lead to is a file, but not for the process of the vault.
  await using opened = await open(path.join(directory, 'one.csv'));
  for (const [name, target] of Object.entries({
    'link.csv': `/dev/fd/${opened.fd}`,
    'second.csv': 'link.csv',
    'third.csv': path.join(directory, 'second.csv'),
    'to-fd.csv': `/proc/self/fd/${opened.fd}`,
    fds: '/dev/fd',
    'through-folder.csv': `fds/${opened.fd}`,
    root: '/proc/self/root',
    'to-fifo.csv': 'fifo',
    'again-to-fifo.csv': 'to-fifo.csv',
    'to-pattern_1.csv': 'third.csv',
    'round.csv': 'around.csv',
    'around.csv': 'round.csv',
    'right.csv': 'one.csv',
    'right.parquet': 'one.parquet',
  }))
    await symlink(target, path.join(directory, name));
  const prepare = async (source: 'csv' | 'parquet', files: object): Promise<unknown> => {
    const vault = { name: 'ID', id: 'v', column: 'id', [source]: files };
    const sections = { source, skyflow: { vaults: [vault] }, [source]: { data_directory: directory } };
    const settings = resolveSettings(configurationSchema.parse(sections), directory);
    return kindOf(settings).prepare(settings, settings.skyflow.vaults);
  };
  const wrong = [
    ...[
      '-',
      '/dev/stdin',
      '/dev/fd/0',
      '/proc/self/fd/0',
      '/proc/thread-self/fd/0',
      '/dev/fd/63',
      'link.csv',
    ],
    ...['second.csv', 'third.csv', 'to-fd.csv', `fds/${opened.fd}`, 'through-folder.csv', 'to-pattern_*.csv'],
    ...['root/dev/stdin', 'to-fifo.csv', 'again-to-fifo.csv', '/dev/stdout', `root/dev/fd/${opened.fd}`],
    ...[
      'fifo',
      '/dev/null',
      'p_*.csv',
      'q_*.parquet',
      's3://bucket/id.csv',
      's3://bucket/p_*.csv',
      '@stage/p.csv',
    ],
  ];
  for (const source of ['csv', 'parquet'] as const) {
    const right = source === 'csv' ? 'one.csv' : 'one.parquet';
    for (const name of wrong) {
      for (const files of [
        { data_file: name, token_file: name },
        { data_file: name, token_file: right },
        { data_file: right, token_file: name },
        { data_file: [right, 'not_there_*.csv', name], token_file: right },
      ]) {
        await assert.rejects(
          prepare(source, files),
          (error) =>
            error instanceof SuperviseError &&
            error.code === 'config' &&
            /^vault ID: \S+ (?:is not a (?:regular )?file; |is an address|is not there; a stage)/.test(
              error.message,
            ) &&
            /to a file first|copy it to a disk/i.test(error.hint ?? ''),
          `${source}: ${JSON.stringify(files)}`,
        );
      }
    }
    await prepare(source, { data_file: right, token_file: right });
    await prepare(source, { data_file: ['p_1.csv', 'p_2.csv'], token_file: ['p_1.csv', 'p_2.csv'] });
    await prepare(source, { data_file: 'not_there.csv', token_file: 'not_there_*.csv' });
    await prepare(source, { data_file: `right.${source}`, token_file: right });
    // Links that end nowhere may be put right meanwhile, like what is missing.
    await prepare(source, { data_file: 'round.csv', token_file: 'around.csv' });
  }
});

test('a load from standard input exits with 2 and begins no run', async () => {
  await using workspace = await Workspace.create();
  await symlink('/dev/stdin', workspace.at('link.csv'));
  const named = workspace.at('second.csv');
  await symlink('link.csv', named);
  const csv = { data_file: '/dev/stdin', token_file: named };
  await workspace.configure('http://127.0.0.1:1', [], {
    skyflow: { vaults: [{ name: 'ID', id: 'v', column: 'id', csv }] },
  });
  const { stderr } = await workspace.run(['load', '--all', '--no-precount'], { status: 2 });
  assert.match(
    stderr.replaceAll(/\s+/g, ' '),
    /vault ID: \/dev\/stdin is not a file; .* write it to a file first/i,
  );
  assert.deepEqual(await workspace.runs(), []);
});
