import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { csvSection, resolveVaultCsv, type VaultCsv } from '../../src/source/csv/csv-settings.js';
import { openVaultFiles } from '../../src/source/csv/csv-source.js';
import { proposeSettings } from '../../src/source/csv/propose-settings.js';
import { never, readRecords, temporaryFolder } from './csv-fixture.js';

const pairs: [string, string][] = [
  ['123-45-6789', 'tok_1'],
  ['987-65-4321', 'tok_2'],
];

async function filesOf(
  t: TestContext,
  { data, tokens }: { readonly data: string | Buffer; readonly tokens?: string | Buffer },
  pasted: object = {},
): Promise<VaultCsv> {
  const folder = await temporaryFolder(t);
  await writeFile(path.join(folder, 'd.csv'), data);
  if (tokens !== undefined) await writeFile(path.join(folder, 't.csv'), tokens);
  const csv = { data_file: 'd*.csv', token_file: tokens === undefined ? 'd*.csv' : 't.csv', ...pasted };
  return resolveVaultCsv({ column: 'ssn', csv }, csvSection.parse({ data_directory: folder }));
}

const both = (delimiter: string, header = ['ssn', 'ssn_token']): string =>
  [header, ...pairs].map((cells) => `${cells.join(delimiter)}\n`).join('');
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');
const column = (header: string, at: 0 | 1): string =>
  `${header}\n${pairs.map((pair) => `${pair[at]}\n`).join('')}`;

const cases: readonly [string, Parameters<typeof filesOf>[1], object][] = [
  ['nothing, where all is right', { data: both(',') }, {}],
  ['a delimiter', { data: both(';') }, { delimiter: ';' }],
  ['a delimiter of two characters', { data: gzipSync(both('||')) }, { delimiter: '||' }],
  ['an encoding', { data: utf16(both(',')) }, { encoding: 'utf16le' }],
  [
    'an encoding and a delimiter',
    { data: utf16(both('\t')).swap16() },
    { encoding: 'utf16be', delimiter: '\t' },
  ],
  ['lines above the header', { data: `Report\nof today;\n${both(';')}` }, { delimiter: ';', skip_lines: 2 }],
  [
    'names in another case',
    { data: both(',', ['SSN', 'SSN Token']) },
    { value_header: 'SSN', token_header: 'SSN Token' },
  ],
  [
    'a name in another case, and the other one, whose usual name would follow it',
    { data: both(',', ['SSN', 'ssn_token']) },
    { value_header: 'SSN', token_header: 'ssn_token' },
  ],
  [
    'the same in two files',
    { data: column('Ssn', 0), tokens: column('ssn_token', 1) },
    { encoding: 'utf8', value_header: 'Ssn', token_header: 'ssn_token' },
  ],
  [
    'single quotes, which are no part of a value',
    { data: both(`';'`, ['ssn', 'ssn_token']).replaceAll(/^|$/gm, "'").replace(/''?$/, '') },
    { delimiter: ';', quote: "'" },
  ],
  [
    'numbers, where no header is',
    { data: both('|', ['111-22-3333', 'tok_0']) },
    { delimiter: '|', header: 'none', value_header: '1', token_header: '2' },
  ],
  [
    'an encoding for the tokens alone',
    { data: column('ssn', 0), tokens: utf16(column('ssn_token', 1)) },
    { encoding: 'utf8', token_encoding: 'utf16le' },
  ],
];

test('what files ask for is found by looking at them, and reads them', async (t) => {
  for (const [what, contents, expected] of cases) {
    const files = await filesOf(t, contents);
    const proposed = (await proposeSettings('SSN', files, never)) ?? assert.fail(what);
    assert.deepEqual(proposed, expected, what);
    const source = openVaultFiles('SSN', { files: await filesOf(t, contents, proposed), precount: true });
    assert.deepEqual((await readRecords(source)).slice(-2), pairs, what);
  }
});

test('nothing is proposed that does not read the files, nor a header that may be a record', async (t) => {
  for (const data of [
    '',
    'Miller,Smith\nJones,Brown\n',
    both(',', ['social', 'secret']),
    `\uFEFF\uFEFF${both(',')}`,
    '\x1f\x8bnone',
    '"a\nb',
  ]) {
    assert.equal(
      await proposeSettings('SSN', await filesOf(t, { data }), never),
      undefined,
      JSON.stringify(data),
    );
  }
});
