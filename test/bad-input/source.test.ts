import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { findTexts, readTree } from '../support/file-tree.js';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const VALUE = 'sentinel-value-5d1c';
const TOKEN = 'sentinel-token-9b2e';
const data = `id,note\n${VALUE}-1,x\n${VALUE}-2,y\n`;
const tokens = `id_token\n${TOKEN}-1\n${TOKEN}-2\n`;

/** Stands where the file should be. */
const aDirectory = Symbol('directory');

interface BadPair {
  /** The name of the vault. */
  readonly vault: string;
  readonly what: string;
  /** Undefined: there is no such file. */
  readonly data?: string | Buffer | typeof aDirectory | undefined;
  readonly tokens?: string | Buffer | undefined;
  readonly says: RegExp;
}

const badPairs: readonly BadPair[] = [
  {
    vault: 'ABSENT',
    what: 'a file that is missing',
    data: undefined,
    says: /absent_data\.csv does not exist$/,
  },
  {
    vault: 'FOLDER',
    what: 'a directory where a file should be',
    data: aDirectory,
    says: /folder_data\.csv is a directory, where a file should be$/,
  },
  {
    vault: 'EMPTY',
    what: 'an empty file',
    data: '',
    says: /empty_data\.csv is empty; it needs a header and rows$/,
  },
  {
    vault: 'BARE',
    what: 'a header and nothing else',
    data: 'id,note\n',
    tokens: 'id_token\n',
    says: /bare_data\.csv has no rows$/,
  },
  {
    vault: 'COLUMN',
    what: 'a missing column: headers are named, unless they look like records',
    data: `name,12-${VALUE}\n1,2\n`,
    says: /column_data\.csv, line 1: no column "id"; the line has 2 fields, of 4, 22 characters, not shown/,
  },
  {
    vault: 'RAGGED',
    what: 'a ragged row',
    data: `${data}${VALUE}-3,${VALUE}-4,z\n`,
    says: /ragged_data\.csv, line 4: the row has 3 fields, the header has 2$/,
  },
  {
    vault: 'QUOTE',
    what: 'a broken quote',
    data: `${data}${VALUE}"3,z\n`,
    says: /quote_data\.csv, line 4: broken quotes in the record that begins here$/,
  },
  {
    vault: 'UTF8',
    what: 'invalid UTF-8 in the tokens',
    data,
    tokens: Buffer.concat([Buffer.from(tokens), Buffer.from(`${TOKEN}\xeb\n`, 'latin1')]),
    says: /utf8_tokens\.csv, line 4: not valid UTF-8$/,
  },
  {
    vault: 'UNEQUAL',
    what: 'a pair of unequal length, with both counts',
    data: `${data}${VALUE}-3,z\n`,
    says: /unequal_data\.csv has 3 rows, .*unequal_tokens\.csv has 2$/,
  },
];

test('a bad CSV pair ends its vault with file and line, quotes no record, and disturbs no other vault', async (t) => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  for (const pair of badPairs) await writeBadPair(workspace, pair);
  const good = makePairs(25, 'ssn');
  await workspace.writePairs('SSN', good);
  const { SSN } = vaults;
  await workspace.configure(sandbox.url, ['SSN'], {
    skyflow: {
      vaults: [
        ...badPairs.map(({ vault }) => ({
          name: vault,
          id: `vault-${vault}`,
          column: vault.toLowerCase(),
          csv: { value_header: 'id', token_header: 'id_token' },
        })),
        { name: SSN.name, id: SSN.id, column: SSN.column },
      ],
    },
    performance: { batch_size: 5, max_concurrency: 2 },
  });

  const end = await workspace.run(['--all', '--max-parallel-vaults', '3']);

  const summary = await workspace.summary();
  for (const { vault, what, says } of badPairs) {
    await t.test(what, async () => {
      const entry = summary.vaults.find(({ name }) => name === vault);
      assert.equal(entry?.status, 'not_started');
      assert.equal(entry.error?.code, 'source');
      assert.match(entry.error.message, says);
      assert.equal(await sandbox.count(`vault-${vault}`, vault.toLowerCase()), 0);
      // The summary breaks its lines; the live line says it in one.
      const line = end.stdout.split('\n').find((text) => text.startsWith(`[${vault}] Finished`)) ?? '';
      assert.match(line, says);
    });
  }
  await t.test('the vault that is right is complete', async () => {
    assert.equal(summary.vaults.at(-1)?.status, 'complete');
    assert.deepEqual(await sandbox.pairs(SSN.id, SSN.column), asMultiset(good));
    assert.deepEqual((await sandbox.stats())['records_stored'], good.length);
  });
  await t.test('the exit status is 3, and the command is printed that loads what is corrected', () => {
    assert.equal(end.status, 3, end.stderr);
    assert.equal(summary.exit_code, 3);
    const wrong = summary.vaults.slice(0, -1).map(({ name }) => name);
    assert.ok(end.stdout.endsWith(`\n  skyflow-supervise load --vault ${wrong.join(',')}\n`), end.stdout);
  });
  await t.test('no cell stands in the output or in the run directory', async () => {
    const [run = ''] = await workspace.runs();
    const files = await readTree(run);
    for (const name of ['run.json', 'run.log', 'summary.json', 'status.json'])
      assert.ok(
        files.some((file) => file.name === name),
        name,
      );
    assert.deepEqual(findTexts(files, [VALUE, TOKEN]), []);
    for (const text of [VALUE, TOKEN]) assert.ok(!`${end.stdout}${end.stderr}`.includes(text), text);
  });
});

async function writeBadPair(workspace: Workspace, pair: BadPair): Promise<void> {
  const file = (kind: string): string => workspace.at('data', `${pair.vault.toLowerCase()}_${kind}.csv`);
  if (pair.data === aDirectory) await mkdir(file('data'));
  else if (pair.data !== undefined) await writeFile(file('data'), pair.data);
  await writeFile(file('tokens'), pair.tokens ?? tokens);
}
