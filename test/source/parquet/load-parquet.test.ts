import assert from 'node:assert/strict';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { ProgramEnd } from '../../support/program.js';
import { startSandbox } from '../../support/sandbox.js';
import { waitUntil } from '../../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../../support/workspace.js';
import { Duck } from './parquet-fixture.js';

const said = ({ stdout, stderr }: ProgramEnd): string => `${stdout} ${stderr}`.replace(/\s+/g, ' ');

test('Parquet parts are checked, loaded, killed, resumed, proved, refused a second time, and only what is added goes in', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await using duck = await Duck.open();
  const pairs = makePairs(3_000);
  const write = (name: string, start: number, end: number): Promise<void> =>
    duck.write(
      workspace.at('data', name),
      `SELECT CASE WHEN range = 7 THEN NULL ELSE 'p value ' || range END AS "SSN", 'tok_p_' || range AS tok FROM range(${start}, ${end})`,
      'ROW_GROUP_SIZE 2048, COMPRESSION zstd',
    );
  await write('ssn_1.parquet', 0, 500);
  await write('ssn_2.parquet', 500, 1_500);
  await write('ssn_10.parquet', 1_500, 2_500);
  const configure = async (parquet: object): Promise<void> => {
    const configuration = {
      source: 'parquet',
      skyflow: {
        vault_url: sandbox.url,
        bearer_token: 'test-bearer-token',
        vaults: [{ name: 'SSN', id: vaults.SSN.id, column: 'ssn', parquet }],
        settle_ms: 0,
      },
      performance: { append_suffix: false, max_records: 0, batch_size: 50, max_concurrency: 2 },
    };
    await writeFile(workspace.at('config.json'), JSON.stringify(configuration), { mode: 0o600 });
  };

  await configure({ data_file: 'ssn_*.parquet', token_column: 'tok' });
  const wrong = await workspace.run(['check']);
  assert.match(said(wrong), /has no column "ssn"; it has 2 columns, with names of 3, 3 characters/);
  assert.match(said(wrong), /One of them is "ssn" but for capitals/);
  await configure({ data_file: 'ssn_*.parquet', value_column: 'SSN', token_column: 'tok' });
  const right = await workspace.run(['check'], { status: 0 });
  assert.match(said(right), /2,500 rows/);

  await sandbox.set({ latency: { fixedMs: 20 } });
  const killed = workspace.start(['load']);
  await waitUntil('some records are in', async () => (await sandbox.count(vaults.SSN.id, 'ssn')) > 0);
  killed.child.kill('SIGKILL');
  await killed.ended;
  await sandbox.set({ latency: { fixedMs: 0 } });
  const original = await readFile(workspace.at('data', 'ssn_2.parquet'));
  await write('ssn_2.parquet', 501, 1_501);
  const changed = await workspace.run(['resume', '--quiet']);
  assert.match(said(changed), /ssn_2\.parquet/);
  assert.equal((await workspace.summary()).vaults[0]?.error?.code, 'input_changed');
  await writeFile(workspace.at('data', 'ssn_2.parquet'), original);
  await workspace.run(['resume', '--quiet'], { status: 0 });
  const loaded = pairs.slice(0, 2_500).filter((_, row) => row !== 7);
  assert.deepEqual(await sandbox.pairs(vaults.SSN.id, 'ssn'), asMultiset(loaded));
  const { totals } = await workspace.summary();
  assert.deepEqual(
    [totals.read, totals.uploaded, totals.failed, totals.skipped_by_reason.empty_value],
    [2_500, 2_499, 0, 1],
  );
  await workspace.run(['verify', '--all', '--quiet'], { status: 0 });

  // The same content under another name is the same content; rows that are added are inserted alone.
  await workspace.run(['load', '--data-dir', 'data', '--no-precount'], { status: 2 });
  await copyFile(workspace.at('data', 'ssn_2.parquet'), workspace.at('data', 'other.parquet'));
  await configure({ data_file: 'other.parquet', value_column: 'SSN', token_column: 'tok' });
  await workspace.run(['load'], { status: 2 });
  await write('ssn_11.parquet', 2_500, 3_000);
  await configure({
    data_file: ['ssn_10.parquet', 'ssn_11.parquet'],
    value_column: 'SSN',
    token_column: 'tok',
  });
  await workspace.run(['load', '--skip-existing', '--quiet'], { status: 0 });
  assert.deepEqual(
    await sandbox.pairs(vaults.SSN.id, 'ssn'),
    asMultiset(pairs.filter((_, row) => row !== 7)),
  );
  assert.equal((await workspace.summary()).totals.uploaded, 500);
});

test('records of Parquet that failed go in by a retry, also where the log withholds them, from CSV settings too', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await using duck = await Duck.open();
  const pairs = makePairs(200);
  for (const [part, start, end] of [
    [1, 0, 5],
    [2, 5, 200],
  ]) {
    await duck.write(
      workspace.at('data', `ssn_${part}.parquet`),
      `SELECT 'p value ' || range AS ssn, 'tok_p_' || range AS ssn_token FROM range(${start}, ${end})`,
    );
  }
  await workspace.configure(sandbox.url, ['SSN'], {
    skyflow: {
      vaults: [
        {
          name: 'SSN',
          id: vaults.SSN.id,
          column: 'ssn',
          csv: { data_file: 'ssn_*.parquet', token_file: 'ssn_*.parquet' },
        },
      ],
    },
    performance: { batch_size: 20 },
  });
  await sandbox.set({ poison: ['p value 7'] });
  await workspace.run(['load', '--quiet', '--redact-errors'], { status: 1 });
  // Without the record itself, its place says which one it is.
  const log = await readFile((await workspace.summary()).vaults[0]?.error_log ?? '', 'utf8');
  assert.match(log.replaceAll(/\s+/g, ''), /"Position":7,"Part":"ssn_2\.parquet","Row":2\}/);
  assert.ok(!log.includes('p value 7'));
  await sandbox.set({ poison: [] });
  await workspace.run(['retry', '--yes', '--quiet'], { status: 0 });
  assert.deepEqual(await sandbox.pairs(vaults.SSN.id, 'ssn'), asMultiset(pairs));
});
