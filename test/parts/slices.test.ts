import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import * as z from 'zod';
import { configurationSchema } from '../../src/config/schema.js';
import { resolveSettings } from '../../src/config/resolve-settings.js';
import { kindOf } from '../../src/source/source-kinds.js';
import { Duck } from '../source/parquet/parquet-fixture.js';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const logSchema = z.object({
  errors: z.array(
    z.object({ records: z.array(z.object({ Position: z.int(), Part: z.string(), Row: z.int() })) }),
  ),
});

test('slices of an input are loaded each once, with the positions of the whole', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  const { name, id, column } = vaults.SSN;
  const csv = { data_file: 'ssn_*.csv', token_file: 'ssn_*.csv' };
  await workspace.configure(sandbox.url, ['SSN'], {
    skyflow: { vaults: [{ name, id, column, csv }] },
    performance: { batch_size: 20, max_concurrency: 2 },
  });
  const pairs = makePairs(900);
  for (const part of [1, 2, 3]) {
    const rows = pairs.slice((part - 1) * 300, part * 300).map((pair) => pair.join(','));
    await writeFile(workspace.at('data', `ssn_${part}.csv`), ['ssn,ssn_token', ...rows, ''].join('\n'));
  }
  const held = (): Promise<string[]> => sandbox.pairs(id, column);
  const refused = async (says: RegExp, ...argv: readonly string[]): Promise<void> => {
    const end = await workspace.run(['load', ...argv], { status: 2 });
    assert.match(end.stderr.replaceAll(/\s+/g, ' '), says);
  };

  // From the middle of one part to that of another, through a kill; a row that fails has its position in the whole.
  await sandbox.set({ latency: { fixedMs: 20 }, poisonPattern: '^p value 650$' });
  const slice = ['--start-record', '310', '--end-record', '700'];
  const first = workspace.start(['load', ...slice]);
  await waitUntil('some records are in the vault', async () => (await sandbox.count(id, column)) > 0);
  first.child.kill('SIGKILL');
  const { stdout } = await first.ended;
  assert.match(stdout, /only rows 310 to 700 of each source are loaded/);
  await sandbox.set({ latency: { fixedMs: 0 } });
  await workspace.run(['resume', '--quiet'], { status: 1 });
  const { totals, vaults: entries, remarks } = await workspace.summary();
  assert.deepEqual([totals.read, totals.uploaded, totals.failed, totals.unsettled], [390, 389, 1, 0]);
  assert.ok(remarks.length > 0);
  const log = logSchema.parse(JSON.parse(await readFile(entries[0]?.error_log ?? assert.fail(), 'utf8')));
  assert.deepEqual(
    log.errors[0]?.records.map(({ Position, Part, Row }) => [Position, Part, Row]),
    [[650, 'ssn_3.csv', 50]],
  );
  assert.deepEqual(await held(), asMultiset([...pairs.slice(310, 650), ...pairs.slice(651, 700)]));
  await workspace.run(['verify', '--all', '--quiet'], { status: 0 });

  // The rest, before and behind it; nothing twice.
  await sandbox.set({ poisonPattern: '' });
  await refused(/has loaded some of these rows/, '--quiet');
  await refused(/has loaded some of these rows/, '--start-record', '699', '--quiet');
  await refused(
    /performance\.end_record .*found 5; allowed: a row after/,
    '--start-record',
    '5',
    '--end-record',
    '5',
  );
  await workspace.run(['load', '--end-record', '310', '--no-precount', '--quiet'], { status: 0 });
  await workspace.run(['load', '--start-record', '700', '--quiet'], { status: 0 });
  assert.deepEqual(await held(), asMultiset(pairs.toSpliced(650, 1)));
  assert.match(
    (await workspace.run(['load', '--start-or-resume', '--start-record', '700'])).stdout,
    /is finished/,
  );
  await refused(/has loaded this input already/, '--start-record', '700', '--quiet');
  const beyond = await workspace.run(['load', '--start-record', '900', '--json'], { status: 0 });
  const none = /the source has 900 rows, and none from row 900 on/;
  assert.match(beyond.stderr, none);
  // Without the pass it is found out by reading, of parts, of one file, of Parquet.
  await using duck = await Duck.open();
  await duck.write(
    workspace.at('data', 'ssn.parquet'),
    `SELECT 'v' AS ssn, 't' AS ssn_token FROM range(900)`,
  );
  await writeFile(workspace.at('data', 'one.csv'), 'ssn,ssn_token\nv,t\n');
  for (const named of ['ssn_*.csv', ['ssn_1.csv', 'ssn_2.csv', 'ssn_3.csv'], 'one.csv', 'ssn.parquet']) {
    const files = { data_file: named, token_file: named };
    await workspace.configure(sandbox.url, ['SSN'], {
      skyflow: { vaults: [{ name, id, column, csv: files }] },
    });
    const end = await workspace.run(['load', '--start-record', '900', '--no-precount', '--json'], {
      status: 0,
    });
    assert.match(end.stderr, /the source has no rows from row 900 on/, String(named));
    await refused(/performance\.end_record/, '--start-record', '5', '--end-record', '4', '--no-precount');
  }
  assert.deepEqual(await held(), asMultiset(pairs.toSpliced(650, 1)), 'and nothing is sent');
  const seen = await workspace.run(['check', '--start-record', '900'], { status: 0 });
  assert.match(seen.stdout.replaceAll(/\s+/g, ' '), none);
  for (const flags of [[], ['--no-precount']]) {
    const end = await workspace.run(['check', '--start-record', '5', '--end-record', '5', ...flags], {
      status: 2,
    });
    assert.match(end.stdout, /performance\.end_record/);
  }
});

test('a slice of Snowflake is asked for by the same flags, which stand before its own keys', () => {
  const settings = resolveSettings(
    configurationSchema.parse({
      source: 'snowflake',
      skyflow: { vaults: [{ name: 'SSN', id: 'v', column: 'ssn' }] },
      snowflake: { account: 'a', user: 'u', password: 'p', start_record: 5, end_record: 50 },
      performance: { end_record: 40 },
    }),
    '/',
  );
  const [vault] = settings.skyflow.vaults;
  const kind = kindOf(settings);
  const spec = kind.plan(vault ?? assert.fail(), settings, {
    precount: true,
    checkConflicts: false,
    proxy: {},
  });
  assert.ok(spec.kind === 'snowflake');
  assert.deepEqual([spec.settings.start_record, spec.settings.end_record], [5, 40]);
  assert.equal(kind.extent(settings.performance), undefined, 'its positions are those of the slice');
});
