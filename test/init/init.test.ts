import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { configurationSchema } from '../../src/config/schema.js';
import { sourceKinds } from '../../src/source/source-kinds.js';
import { startSandbox } from '../support/sandbox.js';
import { keys, needsTerminal, startInTerminal, type TerminalSession } from '../support/terminal.js';
import { Workspace } from '../support/workspace.js';

const token = 'sentinel-token-1';
const { enter, ctrlC, down, space } = keys;
const enters = (text = ''): string => `${text}${enter}`;

/** Everything up to the credential: one vault, SSN, from files. */
async function answerTheStart(
  terminal: TerminalSession,
  url: string,
  kind: 'CSV' | 'Parquet' = 'CSV',
): Promise<void> {
  await terminal.answer(/URL of the vaults/, enters(url));
  // The first three of the four usual vaults are taken away.
  await terminal.answer(/usual vaults[^]*SSN/, space + down + space + down + space + enter);
  await terminal.answer(/Vault ID of SSN:/, enters('vault-ssn'));
  await terminal.answer(/Table of SSN:/, enters());
  await terminal.answer(/Another vault\?/, enters());
  const at = Object.values(sourceKinds).findIndex(({ title }) => title.startsWith(kind));
  await terminal.answer(/Where do the records come from\?/, down.repeat(at) + enter);
  await terminal.answer(new RegExp(`Directory of the ${kind} files:`), enters());
}

/** A bearer token that is tried and not saved. */
async function answerWithToken(terminal: TerminalSession): Promise<void> {
  await terminal.answer(/What authorises/, down + down + enter);
  await terminal.answer(/The bearer token, to try/, enters(token));
  await terminal.answer(/Save the bearer token/, enters());
}

test('init asks, tries the vaults, and writes a valid file without the secret', needsTerminal, async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await using terminal = startInTerminal(['init'], { cwd: workspace.path });

  await terminal.answer(/URL of the vaults/, enters('http://example.com'));
  await terminal.answer(/would send records and token unencrypted/, '\u0015');
  await answerTheStart(terminal, `${sandbox.url}/`);
  await answerWithToken(terminal);

  assert.equal(await terminal.ended, 0, terminal.all());
  assert.match(terminal.all(), /✔ SSN: table ssn, column ssn: there/);
  assert.match(terminal.all(), /config\.json is written\.[^]*skyflow-supervise check/);
  const text = await readFile(workspace.at('config.json'), 'utf8');
  const { $schema, ...rest } = configurationSchema.parse(JSON.parse(text));
  assert.match($schema ?? '', /config\.schema\.json$/);
  assert.equal(rest.skyflow.vault_url, sandbox.url);
  assert.deepEqual(
    rest.skyflow.vaults.map(({ name, id, column }) => [name, id, column]),
    [['SSN', 'vault-ssn', 'ssn']],
  );
  assert.equal(rest.performance.append_suffix, false);
  assert.doesNotMatch(text + terminal.all(), /sentinel/);
  assert.doesNotMatch(JSON.stringify(await sandbox.stats()), /"insert/);
});

test('init looks at the files that are named, and fills in how they are written', needsTerminal, async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  const rows = Array.from({ length: 3 }, (_, at) => `${at}11-22-3333;tok_${at}\n`).join('');
  for (const part of [1, 2]) {
    const text = Buffer.from(`Social;Secret\n${rows}`, 'utf16le');
    await writeFile(workspace.at('data', `people_${part}.csv`), text);
  }
  await using terminal = startInTerminal(['init'], { cwd: workspace.path });
  await answerTheStart(terminal, sandbox.url);
  await terminal.answer(/File of the values of SSN/, enters('people_*.csv'));
  await terminal.answer(/File of its tokens/, enters());
  await terminal.answer(/Header of the column of values/, enters('Sozial'));
  await terminal.answer(/Header of the column of tokens/, enters('Secret'));
  await terminal.answer(/columns were not found.*Header of the column of values/s, enters('Social'));
  await terminal.answer(/Header of the column of tokens/, enters());
  await answerWithToken(terminal);
  assert.equal(await terminal.ended, 0, terminal.all());
  assert.match(terminal.all(), /SSN: its files were looked at, and their columns found/);
  const saved = configurationSchema.parse(JSON.parse(await readFile(workspace.at('config.json'), 'utf8')));
  assert.deepEqual(saved.skyflow.vaults[0]?.csv, {
    data_file: 'people_*.csv',
    token_file: 'people_*.csv',
    value_header: 'Social',
    token_header: 'Secret',
    encoding: 'utf16le',
    delimiter: ';',
  });
  const check = await workspace.run(['check', '--json'], { env: { SKYFLOW_BEARER_TOKEN: token } });
  assert.match(check.stdout, /people_1\.csv, people_2\.csv: 6 rows/);
});

test(
  'init looks at Parquet files too: names of columns, and a text for what holds none',
  needsTerminal,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path);
    for (const part of [1, 2]) {
      const written = parquetWriteBuffer({
        columnData: [
          { name: 'SSN', data: ['111-22-3333', '211-22-3333'], type: 'STRING' },
          { name: 'Key', data: [part, 10 + part], type: 'INT32' },
        ],
      });
      await writeFile(workspace.at('data', `people_${part}.parquet`), new Uint8Array(written));
    }
    await using terminal = startInTerminal(['init'], { cwd: workspace.path });
    await answerTheStart(terminal, sandbox.url, 'Parquet');
    await terminal.answer(/File of the values of SSN/, enters('people_*.parquet'));
    await terminal.answer(/File of its tokens/, enters());
    // The column of values is found, but for its capitals; the tokens' name tells nobody what it is.
    await terminal.answer(/Name of the column of values/, enters());
    await terminal.answer(/Name of the column of tokens/, enters('key'));
    await answerWithToken(terminal);
    assert.equal(await terminal.ended, 0, terminal.all());
    assert.match(terminal.all(), /SSN: its files were looked at, and their columns found/);
    const saved = configurationSchema.parse(JSON.parse(await readFile(workspace.at('config.json'), 'utf8')));
    assert.equal(saved.source, 'parquet');
    assert.deepEqual(saved.skyflow.vaults[0]?.parquet, {
      data_file: 'people_*.parquet',
      value_column: 'SSN',
      token_column: 'Key',
      text: ['integer:0'],
    });
    const check = await workspace.run(['check'], { env: { SKYFLOW_BEARER_TOKEN: token } });
    assert.match(check.stdout, /people_1\.parquet, people_2\.parquet: 4 rows/);
    assert.match(check.stdout.replaceAll(/\s+/g, ' '), /4 records in 1 request of up to \d+; .* disk: /);
  },
);

test(
  'a file that is there is not overwritten without a yes or --force; a wanted secret is saved for its owner only',
  needsTerminal,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path);
    await writeFile(workspace.at('config.json'), 'mine', { mode: 0o644 });
    {
      await using terminal = startInTerminal(['init'], { cwd: workspace.path });
      await terminal.answer(/config\.json is there already/, enters('no'));
      assert.equal(await terminal.ended, 130);
      assert.match(terminal.all(), /nothing was written/);
      assert.equal(await readFile(workspace.at('config.json'), 'utf8'), 'mine');
    }
    await using terminal = startInTerminal(['init', '--force'], {
      cwd: workspace.path,
      env: { SKYFLOW_API_KEY: token },
    });
    await answerTheStart(terminal, sandbox.url);
    await terminal.answer(/What authorises/, down + down + down + enter);
    await terminal.answer(/Save the API key/, enters('y'));
    assert.equal(await terminal.ended, 0, terminal.all());
    const saved = configurationSchema.parse(JSON.parse(await readFile(workspace.at('config.json'), 'utf8')));
    assert.equal(saved.skyflow.api_key, token);
    assert.equal((await stat(workspace.at('config.json'))).mode & 0o777, 0o600);
    const check = await workspace.run(['check', '--json']);
    assert.match(check.stdout, /API key of 16 characters; it does not expire/);
  },
);

test(
  'a vault that refuses is shown before anything is saved, and Ctrl-C writes nothing',
  needsTerminal,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['accessTokens=[{"token":"another"}]']);
    const before = await readdir(workspace.path);
    for (const lastQuestion of [/Vault ID of SSN/, /What now\?/]) {
      await using terminal = startInTerminal(['init'], { cwd: workspace.path });
      const asked = async (question: RegExp, ...typed: readonly string[]): Promise<boolean> => {
        const isLast = question.source === lastQuestion.source;
        await terminal.answer(question, ...(isLast ? [ctrlC] : typed));
        return isLast;
      };
      const isOver =
        (await asked(/URL of the vaults/, enters(sandbox.url))) ||
        (await asked(/usual vaults[^]*SSN/, space + down + space + down + space + enter)) ||
        (await asked(/Vault ID of SSN/, enters('vault-ssn'))) ||
        (await asked(/Table of SSN:/, enters())) ||
        (await asked(/Another vault\?/, enters())) ||
        (await asked(/Where do the records come from\?/, enters())) ||
        (await asked(/Directory of the CSV files:/, enters())) ||
        (await asked(/What authorises/, down + down + enter)) ||
        (await asked(/The bearer token/, enters(token))) ||
        (await asked(/Save the bearer token/, enters('y'))) ||
        (await asked(/What now\?/));
      assert.ok(isOver);
      assert.equal(await terminal.ended, 130, terminal.all());
    }
    assert.deepEqual(await readdir(workspace.path), before);
  },
);

test(
  'init goes back by Esc, asks again for what failed, and keeps what was answered',
  needsTerminal,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, [
      `accessTokens=[{"token":"${token}"}]`,
      'vaults=["vault-ssn"]',
    ]);
    await using terminal = startInTerminal(['init'], { cwd: workspace.path });
    const escape = '\u001b';

    await terminal.answer(/URL of the vaults/, enters('http://127.0.0.1:1'));
    await terminal.answer(/usual vaults[^]*SSN/, escape);
    await terminal.answer(/URL of the vaults[^]*127\.0\.0\.1:1/, enters(sandbox.url));
    await terminal.answer(/usual vaults[^]*SSN/, space + down + space + down + space + enter);
    await terminal.answer(/Vault ID of SSN:/, enters('vault-other'));
    await terminal.answer(/Table of SSN:/, escape);
    await terminal.answer(/Vault ID of SSN:[^]*vault-other/, enters('vault-typo'));
    await terminal.answer(/Table of SSN:/, enters());
    await terminal.answer(/Another vault\?/, enters());
    await terminal.answer(/Where do the records come from\?/, enters());
    await terminal.answer(/Directory of the CSV files:/, enters());
    await answerWithToken(terminal);
    // The vault is not known: what could be wrong is asked again, Enter keeps it; where the records come from is not.
    await terminal.answer(/What now\?/, enters());
    await terminal.answer(/URL of the vaults/, enters());
    await terminal.answer(/usual vaults[^]*SSN/, enters());
    await terminal.answer(/Vault ID of SSN:[^]*vault-typo/, enters('vault-ssn'));
    await terminal.answer(/Table of SSN:/, enters());
    await terminal.answer(/Another vault\?/, enters());
    await terminal.answer(/What authorises/, enters());
    await terminal.answer(/The bearer token, to try/, enters('wrong-token'));
    await terminal.answer(/Save the bearer token/, enters('y'));
    // The vault refuses the token: that alone is asked again.
    await terminal.answer(/What now\?/, enters());
    await terminal.answer(/What authorises/, enters());
    await terminal.answer(/The bearer token, to try/, enters(token));
    await terminal.answer(/Save the bearer token/, enters());

    assert.equal(await terminal.ended, 0, terminal.all());
    assert.match(terminal.all(), /Esc goes back/);
    const { skyflow } = configurationSchema.parse(
      JSON.parse(await readFile(workspace.at('config.json'), 'utf8')),
    );
    assert.equal(skyflow.vault_url, sandbox.url);
    assert.equal(skyflow.bearer_token, token);
    assert.deepEqual(
      skyflow.vaults.map(({ name, id }) => [name, id]),
      [['SSN', 'vault-ssn']],
    );
    assert.doesNotMatch(terminal.all(), /sentinel|wrong-token/);
  },
);

test('without a terminal init says what to do instead', async () => {
  await using workspace = await Workspace.create();
  const end = await workspace.run(['init'], { status: 2 });
  const [, copy = ''] = /no terminal to ask them on\nBy hand: (cp .+)$/m.exec(end.stderr) ?? [];
  execFileSync('/bin/sh', ['-c', copy], { cwd: workspace.path });
  assert.deepEqual(
    (await readdir(workspace.path)).sort(),
    ['config.json', 'data'],
    'also in an empty folder',
  );
});
