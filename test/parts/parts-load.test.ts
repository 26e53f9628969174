import assert from 'node:assert/strict';
import { copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as z from 'zod';
import { configurationSchema } from '../../src/config/schema.js';
import { resolveSettings } from '../../src/config/resolve-settings.js';
import type { SuperviseError } from '../../src/errors/supervise-error.js';
import { refuseUnkeyed } from '../../src/source/csv/pairing.js';
import { parquetKind } from '../../src/source/parquet/parquet-kind.js';
import { printedCommand } from '../support/printed-commands.js';
import type { ProgramEnd } from '../support/program.js';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const perPart = 150;

/** What a person reads, without the line breaks of a narrow terminal. */
const words = ({ stdout, stderr }: ProgramEnd): string => `${stdout}${stderr}`.replaceAll(/\s+/g, ' ');

/** Parts of both columns, every other one gzip: `ssn_1.csv`, `ssn_2.csv.gz`, … */
async function writeParts(workspace: Workspace, count: number): Promise<string[]> {
  const pairs = makePairs(count * perPart);
  const names: string[] = [];
  for (let part = 0; part < count; part += 1) {
    const rows = pairs.slice(part * perPart, (part + 1) * perPart).map((pair) => pair.join(','));
    const text = ['ssn,ssn_token', ...rows, ''].join('\n');
    const name = part % 2 === 0 ? `ssn_${part + 1}.csv` : `ssn_${part + 1}.csv.gz`;
    await writeFile(workspace.at('data', name), part % 2 === 0 ? text : gzipSync(text));
    names.push(name);
  }
  return names;
}

const csv = { data_file: 'ssn_*.csv*', token_file: 'ssn_*.csv*' };

const logSchema = z.object({
  errors: z.array(
    z.object({ records: z.array(z.object({ Position: z.int(), Part: z.string(), Row: z.int() })) }),
  ),
});

test('twelve parts are loaded in their order through a kill, a changed set of parts, a failure, and once', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=20']);
  const { name, id, column } = vaults.SSN;
  await workspace.configure(sandbox.url, ['SSN'], {
    skyflow: { vaults: [{ name, id, column, csv }] },
    performance: { batch_size: 20, max_concurrency: 2 },
  });
  const parts = await writeParts(workspace, 12);
  const pairs = makePairs(12 * perPart);
  const at = (part: string): string => workspace.at('data', part);
  // The fourth row of the third part.
  const poison = 2 * perPart + 3;
  await sandbox.set({ poisonPattern: `^p value ${poison}$` });

  const first = workspace.start(['load', '--check-conflicts']);
  await waitUntil('some records are in the vault', async () => (await sandbox.count(id, column)) > 0);
  first.child.kill('SIGKILL');
  const said = words(await first.ended);
  assert.match(
    said,
    /\[SSN\] data file in 12 parts, 1,800 rows, read in this order: ssn_1\.csv, ssn_2\.csv\.gz/,
  );
  assert.match(said, /conflicting pairs: 0 values with several tokens/);

  // Every change of the set of parts is named, and nothing is sent.
  const changes: readonly [() => Promise<void>, RegExp, () => Promise<void>][] = [
    [
      () => copyFile(at('ssn_1.csv'), at('ssn_13.csv')),
      /ssn_13\.csv is not what this run began with: this part was added/,
      () => rm(at('ssn_13.csv')),
    ],
    [
      () => rename(at('ssn_2.csv.gz'), workspace.at('aside')),
      /ssn_2\.csv\.gz is not what this run began with: this part of 12 is gone/,
      () => rename(workspace.at('aside'), at('ssn_2.csv.gz')),
    ],
    [
      () => rename(at('ssn_3.csv'), at('ssn_03.csv')),
      /ssn_3\.csv is not what this run began with: this part is gone, and ssn_03\.csv was not there/,
      () => rename(at('ssn_03.csv'), at('ssn_3.csv')),
    ],
  ];
  const [directory = ''] = await workspace.runs();
  for (const [change, says, undo] of changes) {
    await change();
    const end = await workspace.run(['resume'], { status: 3 });
    assert.match(words(end), says);
    await undo();
  }
  await sandbox.set({ latency: { fixedMs: 0 } });
  await workspace.run(['resume', '--quiet'], { status: 1 });
  const { totals, vaults: entries } = await workspace.summary();
  assert.deepEqual([totals.read, totals.uploaded, totals.failed, totals.unsettled], [1_800, 1_799, 1, 0]);

  // A failure is found by part and row.
  const log = logSchema.parse(JSON.parse(await readFile(entries[0]?.error_log ?? assert.fail(), 'utf8')));
  assert.deepEqual(
    log.errors.flatMap(({ records }) => records).map(({ Position, Part, Row }) => [Position, Part, Row]),
    [[poison, 'ssn_3.csv', 3]],
  );

  await sandbox.set({ poisonPattern: '' });
  await workspace.run(['retry', directory, '--yes', '--quiet'], { status: 0 });
  assert.deepEqual(await sandbox.pairs(id, column), asMultiset(pairs));
  await workspace.run(['verify', directory, '--all', '--quiet'], { status: 0 });

  // Once loaded, the parts are known one by one, also in another folder and among others.
  const again = await workspace.run(['load'], { status: 2 });
  assert.match(words(again), /the run \S+ has loaded this input already/);
  await writeFile(at('ssn_20.csv'), 'ssn,ssn_token\nnew value,tok_new\n');
  for (const part of parts.slice(0, 10)) await rm(at(part));
  const shared = await workspace.run(['load'], { status: 2 });
  assert.match(words(shared), /has loaded ssn_11\.csv/);
  await workspace.run([...printedCommand(shared.stderr, '--skip-existing'), '--quiet'], { status: 0 });
  assert.deepEqual(await sandbox.pairs(id, column), asMultiset([...pairs, ['new value', 'tok_new']]));
});

test('pairing by the number of the row is said before and after, silent with a key, and refused where a key is required', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  const { name, id, column } = vaults.SSN;
  const names = { data_file: ['v_1.csv', 'v_2.csv'], token_file: 't_*.csv' };
  const configure = (own: object, section: object): Promise<void> =>
    workspace.configure(sandbox.url, ['SSN'], {
      skyflow: { vaults: [{ name, id, column, csv: { ...names, ...own } }] },
      csv: section,
    });
  await writeFile(workspace.at('data', 'v_1.csv'), 'key,ssn\n1,v1\n2,v2\n');
  await writeFile(workspace.at('data', 'v_2.csv'), 'key,ssn\n3,v3\n');
  await writeFile(workspace.at('data', 't_1.csv'), 'key,ssn_token\n1,t1\n');
  await writeFile(workspace.at('data', 't_2.csv'), 'key,ssn_token\n2,t2\n3,t3\n');
  const remark = /SSN: value and token are paired by the number of their row.*csv\.key_column/;
  await configure({}, { require_key: true });
  for (const command of ['load', 'check']) {
    const refused = await workspace.run([command], { status: 2 });
    assert.match(words(refused), /separate files without a key, which csv\.require_key refuses/);
  }
  assert.deepEqual(await workspace.runs(), [], 'nothing was begun');

  await configure({}, {});
  await sandbox.set({ poisonPattern: '^v3$' });
  const byNumber = await workspace.run(['load', '--json'], { status: 1 });
  assert.match(byNumber.stderr, remark);
  const summary = await workspace.summary();
  assert.ok(summary.remarks.some((one) => remark.test(one)));
  // A failed record is found on both sides.
  const log = await readFile(summary.vaults[0]?.error_log ?? assert.fail(), 'utf8');
  assert.match(
    log.replaceAll(/\s+/g, ''),
    /"Position":2,"Part":"v_2\.csv","Row":0,"TokenPart":"t_2\.csv","TokenRow":1\}/,
  );
  await sandbox.set({ poisonPattern: '' });

  await configure({ key_column: 'key' }, { require_key: true });
  await workspace.run(['load', '--new-run', '--skip-existing', '--json'], { status: 0 });
  assert.ok((await workspace.summary()).remarks.every((one) => !remark.test(one)));
  assert.deepEqual(
    await sandbox.pairs(id, column),
    asMultiset([
      ['v1', 't1'],
      ['v2', 't2'],
      ['v3', 't3'],
    ]),
  );
});

test('for Parquet the remark and the refusal name the keys of Parquet', () => {
  const settingsOf = (parquet: object) =>
    resolveSettings(
      configurationSchema.parse({
        source: 'parquet',
        parquet,
        skyflow: {
          vaults: [{ name: 'SSN', id: 'v', column: 'ssn', parquet: { data_file: 'v', token_file: 't' } }],
        },
      }),
      '/',
    );
  const { skyflow } = settingsOf({});
  const [remark = ''] = parquetKind.remarks(skyflow.vaults);
  assert.match(
    remark,
    /SSN: value and token are paired by the number of their row.*or parquet\.key_column\)/,
  );
  assert.deepEqual(parquetKind.remarks(settingsOf({ key_column: 'key' }).skyflow.vaults), []);
  const refusing = settingsOf({ require_key: true });
  assert.throws(
    () =>
      refuseUnkeyed(
        { ...refusing, csv: { ...refusing.csv, require_key: true } },
        refusing.skyflow.vaults.map((vault) => ({
          ...vault,
          csv: { ...vault.csv, data_file: 'v', token_file: 't' },
        })),
      ),
    (error: SuperviseError) =>
      error.message.includes('parquet.require_key refuses') &&
      error.hint?.includes('parquet.key_column') === true,
  );
});
