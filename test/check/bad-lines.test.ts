import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { resolveSettings } from '../../src/config/resolve-settings.js';
import { configurationSchema } from '../../src/config/schema.js';
import { checkCsv } from '../../src/source/csv/check-csv.js';
import { openVaultFiles } from '../../src/source/csv/csv-source.js';
import { proxies } from '../../src/vault/proxy-choice.js';
import { never, temporaryFolder } from '../source/csv-fixture.js';
import { newFolder } from '../support/temporary-folder.js';

type Files = Readonly<Record<string, string | Buffer>>;
interface Vault {
  readonly name: string;
  readonly column: string;
  readonly csv: Readonly<Record<string, unknown>>;
}

async function vaultsOf(t: TestContext, files: Files, given: readonly Vault[]) {
  const folder = newFolder(join(await temporaryFolder(t), 'files-'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const vaults = given.map((vault) => ({ id: 'v', ...vault }));
  const settings = configurationSchema.parse({ csv: { data_directory: folder }, skyflow: { vaults } });
  return resolveSettings(settings, folder);
}

/** What `check` says of the files, vault by vault, without their folders. */
async function said(t: TestContext, files: Files, given: readonly Vault[], precount = true) {
  const settings = await vaultsOf(t, files, given);
  const load = { settings, vaults: settings.skyflow.vaults, precount, proxy: proxies({}) };
  const { findings } = await checkCsv(load, never);
  return findings.map(({ status, subject, message, hint }) => {
    const line = `${status} ${subject ?? ''}: ${message.replaceAll(/\/\S*\//g, '')}`;
    return { line, hint };
  });
}

test('one check names the bad lines of all files of all vaults, those with the same problem together', async (t) => {
  const files = {
    'a.csv': 'a,b\n1,2\n1,2,3\n\n1,2\n4\n5,6,7\n',
    'a_tokens.csv': 't\nx\na,b\nnul\0here\n',
    'b.csv': Buffer.concat([Buffer.from('b\nfine\n'), Buffer.from([0xff, 0x0a]), Buffer.from('b\nb\nz\n')]),
    'c.csv': 'c,t\n1,2\n',
  };
  const findings = await said(t, files, [
    { name: 'A', column: 'a', csv: { data_file: 'a.csv', token_file: 'a_tokens.csv', token_header: 't' } },
    { name: 'B', column: 'b', csv: { data_file: 'b.csv', token_file: 'none.csv', token_header: 't' } },
    { name: 'C', column: 'c', csv: { data_file: 'c.csv', token_file: 'c.csv', token_header: 't' } },
  ]);
  assert.deepEqual(
    findings.map(({ line }) => line).filter((line) => !line.startsWith('good')),
    [
      'bad A: a.csv, lines 3 and 7: the row has 3 fields, the header has 2',
      'bad A: a.csv, line 4: blank line in a file of 2 columns',
      'bad A: a.csv, line 6: the row has only 1 field, the header has 2',
      'bad A: a_tokens.csv, line 3: the row has 2 fields, the header has 1',
      'bad A: a_tokens.csv, line 4: a NUL character',
      'bad B: b.csv, line 3: not valid UTF-8',
      'bad B: b.csv, lines 4 and 5: the header is repeated here, as in files that were joined',
      'bad B: none.csv does not exist',
    ],
  );
  assert.ok(findings.every(({ line, hint }) => line.startsWith('good') || hint !== undefined));
  assert.ok(findings.some(({ line }) => line.startsWith('good C: c.csv')));
});

test('ten bad lines of a file are named, and that more follow; behind an open quote nothing is, and it is said', async (t) => {
  const csv = { data_file: 'a.csv', token_file: 'a.csv', token_header: 't' };
  const check = async (data: string, extra = {}) => {
    const findings = await said(t, { 'a.csv': data }, [
      { name: 'A', column: 'a', csv: { ...csv, ...extra } },
    ]);
    return findings.map(({ line }) => line);
  };
  assert.deepEqual(await check(`a,t\n${'1,2,3\n1,2\n'.repeat(10)}`), [
    'bad A: a.csv, lines 2, 4, 6, 8, 10, 12, 14, 16, 18 and 20: the row has 3 fields, the header has 2',
  ]);
  assert.deepEqual(await check(`a,t\n${'1,2,3\n1,2\n'.repeat(11)}`), [
    'bad A: a.csv, lines 2, 4, 6, 8, 10, 12, 14, 16, 18 and 20: the row has 3 fields, the header has 2',
    'not_checked A: a.csv: what follows line 20, where more lines are bad',
  ]);
  for (const dialect of [{}, { delimiter: '||' }]) {
    const between = dialect.delimiter ?? ',';
    const data = 'a,t\n1\n1,2\n"never closed,2\n1,2,3\n1,2\n'.replaceAll(',', between);
    assert.deepEqual(await check(data, dialect), [
      'bad A: a.csv, line 2: the row has only 1 field, the header has 2',
      'bad A: a.csv, line 4: broken quotes in the record that begins here; nothing after it could be read',
    ]);
  }
});

test('of parts each is looked at, and a load names the first problem of both files, paired by a key or not', async (t) => {
  const files = {
    'a1.csv': 'a,k\n1,1\n2\n',
    'a2.csv': 'a,k\n3,3,3\n',
    't1.csv': 't,k\nx,1\ny\n',
    't2.csv': 'wrong,k\ny,4\n',
  };
  const csv = { data_file: 'a*.csv', token_file: ['t1.csv', 't2.csv'], token_header: 't', header: 'every' };
  const vault = { name: 'A', column: 'a', csv };
  const lines = (await said(t, files, [vault])).map(({ line }) => line);
  assert.match(
    lines.join('\n'),
    /^bad A: a1\.csv, line 3: .*\nbad A: a2\.csv, line 2: .*\nbad A: t1\.csv, line 3: .*\nbad A: t2\.csv, line 1: no column "t"; .*$/,
  );
  const inspect = async (given: Files, own: Readonly<Record<string, unknown>>) => {
    const [loaded] = (await vaultsOf(t, given, [{ ...vault, csv: { ...csv, ...own } }])).skyflow.vaults;
    assert.ok(loaded);
    return openVaultFiles('A', { files: loaded.csv, precount: true }).inspect(never);
  };
  for (const key of [{}, { key_column: 'k' }])
    await assert.rejects(inspect(files, key), /a1\.csv, line 3: [^;]*; \S*t1\.csv, line 3: [^;]*$/);
  await assert.rejects(
    inspect({}, { data_file: 'no.csv', token_file: 'none.csv' }),
    /no\.csv does not exist; \S*none\.csv does not exist$/,
  );
});

test('bad lines are found wherever chunks are cut, in any dialect, and no good one is named', async (t) => {
  for (const [at, delimiter] of [',', '||', '\t'].entries()) {
    let seed = 7 + at;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const expected: number[] = [];
    let [text, line] = [`a${delimiter}t\n`, 2];
    while (text.length < 300_000) {
      const row = ['v'.repeat(random(400)), random(5) === 0 ? `"two\nlines${'w'.repeat(random(90))}"` : 't'];
      const isBad = expected.length < 10 && random(60) === 0;
      if (isBad) expected.push(line);
      const fields = isBad ? [...row, 'more'] : row;
      const written = `${fields.join(delimiter)}\n`;
      line += written.split('\n').length - 1;
      text += written;
    }
    assert.ok(expected.length > 5);
    const csv = { data_file: 'a.csv', token_file: 'a.csv', token_header: 't', delimiter };
    const settings = await vaultsOf(t, { 'a.csv': text }, [{ name: 'A', column: 'a', csv }]);
    const [vault] = settings.skyflow.vaults;
    assert.ok(vault);
    const faults = await openVaultFiles('A', { files: vault.csv, precount: false }).faults({}, never);
    assert.deepEqual(
      faults.flatMap(({ badLines }) => badLines.map(({ place }) => place.line)),
      expected,
    );
    assert.deepEqual(
      faults.map(({ end }) => end),
      [undefined],
    );
  }
});
