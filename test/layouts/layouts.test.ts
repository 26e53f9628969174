import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, Workspace } from '../support/workspace.js';
import { type FileFormat, writeCsv } from './layout-files.js';

interface Layout {
  readonly name: string;
  readonly what: string;
  readonly csv: Readonly<Record<string, string>>;
  readonly files: readonly {
    readonly name: string;
    readonly header: readonly string[];
    /** A row's cells: its value and token are put in place of V and T, its number in place of K. */
    readonly row: readonly string[];
    readonly format?: FileFormat;
  }[];
}

const layouts: readonly Layout[] = [
  {
    name: 'ONE',
    what: 'one file that holds both columns, among others and in any order',
    csv: { data_file: 'both.csv', token_file: 'both.csv', value_header: 'Value', token_header: 'Token' },
    files: [{ name: 'both.csv', header: ['note', 'Token', 'Value'], row: ['"n", K', 'T', 'V'] }],
  },
  {
    name: 'KEYED',
    what: 'a key column that agrees',
    csv: { key_column: 'key' },
    files: [
      { name: 'keyed_data.csv', header: ['key', 'keyed'], row: ['K', 'V'] },
      { name: 'keyed_tokens.csv', header: ['keyed_token', 'key'], row: ['T', 'K'] },
    ],
  },
  {
    name: 'SEMI',
    what: 'names and headers of its own, semicolons, latin1, CRLF',
    csv: {
      data_file: 'Größe.txt',
      token_file: 'Größe-Token.txt',
      value_header: 'Größe',
      token_header: 'Schlüssel; neu',
      delimiter: ';',
      encoding: 'latin1',
    },
    files: [
      {
        name: 'Größe.txt',
        header: ['Nr', 'Größe'],
        row: ['K', 'é;V'],
        format: { delimiter: ';', encoding: 'latin1', lineEnd: '\r\n' },
      },
      {
        name: 'Größe-Token.txt',
        header: ['Schlüssel; neu'],
        row: ['T'],
        format: { delimiter: ';', encoding: 'latin1', lineEnd: '\r\n' },
      },
    ],
  },
  {
    name: 'TAB',
    what: 'tabs and UTF-16 with a byte order mark',
    csv: { delimiter: '\t', encoding: 'utf16le' },
    files: [
      {
        name: 'tab_data.csv',
        header: ['tab', 'K'],
        row: ['漢\t🙂V', 'K'],
        format: { delimiter: '\t', encoding: 'utf16le', marked: true },
      },
      {
        name: 'tab_tokens.csv',
        header: ['tab_token'],
        row: ['T'],
        format: { delimiter: '\t', encoding: 'utf16le', marked: true },
      },
    ],
  },
  {
    name: 'GZ',
    what: 'gzip, and UTF-8 with a byte order mark',
    csv: { data_file: 'gz_data.csv.gz', token_file: 'gz_tokens.csv.gz' },
    files: [
      { name: 'gz_data.csv.gz', header: ['gz'], row: ['V'], format: { marked: true } },
      { name: 'gz_tokens.csv.gz', header: ['gz_token'], row: ['T'] },
    ],
  },
];

const fill = (cell: string, [value, token]: readonly [string, string], key: number): string =>
  cell.replace('V', value).replace('T', token).replace('K', `k${key}`);

test('vaults with files of their own form are loaded exactly, in one load', async (t) => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  const expected = new Map<string, string[]>();
  for (const { name, files } of layouts) {
    const pairs = makePairs(120, name.toLowerCase());
    for (const { name: file, header, row, format } of files) {
      const rows = pairs.map((pair, at) => row.map((cell) => fill(cell, pair, at)));
      await writeCsv(workspace, file, [header, ...rows], format);
    }
    const value = files[0]?.row.find((cell) => cell.includes('V')) ?? '';
    expected.set(name, asMultiset(pairs.map((pair) => [fill(value, pair, 0), pair[1]])));
  }
  await workspace.configure(sandbox.url, [], {
    skyflow: {
      vaults: layouts.map(({ name, csv }) => ({
        name,
        id: `vault-${name}`,
        column: name.toLowerCase(),
        csv,
      })),
    },
    performance: { batch_size: 25, max_concurrency: 2 },
  });

  await workspace.run(['--all', '--max-parallel-vaults', '2'], { status: 0 });
  for (const { name, what } of layouts) {
    await t.test(what, async () => {
      assert.deepEqual(await sandbox.pairs(`vault-${name}`, name.toLowerCase()), expected.get(name));
    });
  }
});

/** Configures one vault PAIR with a key column or without, and writes its files. */
async function givePair(
  workspace: Workspace,
  vaultUrl: string,
  { data, tokens, csv = {} }: { data: readonly string[][]; tokens: readonly string[][]; csv?: object },
): Promise<void> {
  await writeCsv(workspace, 'pair_data.csv', data);
  await writeCsv(workspace, 'pair_tokens.csv', tokens);
  await workspace.configure(vaultUrl, [], {
    skyflow: { settle_ms: 200, vaults: [{ name: 'PAIR', id: 'vault-pair', column: 'pair', csv }] },
    performance: { batch_size: 10, max_concurrency: 2 },
  });
}

test('a key that disagrees is an error with both files and lines, and nothing is sent', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  const pairs = makePairs(60, 'pair');
  // One row is missing in each file: equally long, and every pair between the two places would be wrong.
  const data = pairs.map(([value], at) => [`two\nlines ${at}`, value]).toSpliced(20, 1);
  const tokens = pairs.map(([, token], at) => [`two\nlines ${at}`, token]).toSpliced(40, 1);
  await givePair(workspace, sandbox.url, {
    data: [['key', 'pair'], ...data],
    tokens: [['key', 'pair_token'], ...tokens],
    csv: { key_column: 'key' },
  });

  await workspace.run(['--all'], { status: 3 });
  const { vaults: entries } = await workspace.summary();
  // Row 20 of each begins at line 2 + 2 × 20, since every key takes two lines.
  assert.match(
    entries[0]?.error?.message ?? '',
    /pair_data\.csv, line 42: the key is not the one at .*pair_tokens\.csv, line 42$/,
  );
  assert.equal((await sandbox.stats())['requests'], 0);
});

test('with --no-precount unequal lengths are found at the end: status 3, and nothing is paired wrongly', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  const pairs = makePairs(95, 'pair');
  await givePair(workspace, sandbox.url, {
    data: [['pair'], ...pairs.map(([value]) => [value]), ['a value without a token']],
    tokens: [['pair_token'], ...pairs.map(([, token]) => [token])],
  });

  const end = await workspace.run(['--all', '--no-precount'], { status: 3 });
  const { vaults: entries, totals, remarks } = await workspace.summary();
  assert.match(entries[0]?.error?.message ?? '', /pair_data\.csv has 96 rows, .*pair_tokens\.csv has 95$/);
  const right = new Set(asMultiset(pairs));
  const held = await sandbox.pairs('vault-pair', 'pair');
  assert.equal(held.length, totals.uploaded);
  assert.equal(new Set(held).size, held.length);
  assert.deepEqual(
    held.filter((pair) => !right.has(pair)),
    [],
  );
  assert.ok(remarks.some((remark) => remark.startsWith('--no-precount')));
  assert.match(end.stdout, /--no-precount: the files are not checked before the first request/);
});

test('with --no-precount files that are in order are loaded exactly, and their rows are counted on the way, or first where the journal is lost', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  const pairs = makePairs(95, 'pair');
  await givePair(workspace, sandbox.url, {
    data: [['pair'], ...pairs.map(([value]) => [value])],
    tokens: [['pair_token'], ...pairs.map(([, token]) => [token])],
  });

  await workspace.run(['--all', '--no-precount'], { status: 0 });
  assert.deepEqual(await sandbox.pairs('vault-pair', 'pair'), asMultiset(pairs));
  const { totals } = await workspace.summary();
  assert.deepEqual([totals.read, totals.uploaded], [95, 95]);
  const [run = ''] = await workspace.runs();
  const record = JSON.parse(await readFile(join(run, 'run.json'), 'utf8')) as { precount: boolean };
  assert.equal(record.precount, false);

  for (const name of ['log', 'head']) await rm(join(run, `journal_PAIR.${name}`));
  await workspace.run(['resume', run, '--repair'], { status: 0 });
  assert.deepEqual(await sandbox.pairs('vault-pair', 'pair'), asMultiset(pairs));
  assert.equal((await workspace.summary()).totals.confirmed, 95);
});
