import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { sourceKinds } from '../../src/source/source-kinds.js';
import type { Questioner, SourceKind } from '../../src/source/source-kind.js';
import { askCredential } from '../../supervisor/commands/init/ask-credential.js';
import { askVaults, askVaultUrl } from '../../supervisor/commands/init/ask-vaults.js';
import { Interview } from '../../supervisor/commands/init/interview.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { Workspace } from '../support/workspace.js';

interface Asked {
  readonly question: string;
  readonly answer: string;
  readonly fault: string | undefined;
}

/** Answers each question with what is listed for it, one after the other, as a person does who is asked again. */
class Typist extends Interview {
  readonly asked: Asked[] = [];
  readonly said: string[] = [];
  readonly #answers: Readonly<Record<string, readonly string[]>>;
  readonly #choices: Readonly<Record<string, string>>;

  constructor(answers: Readonly<Record<string, readonly string[]>>, choices: Record<string, string> = {}) {
    super();
    this.#answers = answers;
    this.#choices = choices;
  }

  override readonly say = (line: string): void => void this.said.push(line);

  override readonly text: Questioner['text'] = ({ question, usual = '', fault }) => {
    const [, listed = []] = Object.entries(this.#answers).find(([begin]) => question.startsWith(begin)) ?? [];
    for (const typed of ['', ...listed]) {
      const answer = typed === '' ? usual : typed;
      const found = fault?.(answer);
      this.asked.push({ question, answer: typed, fault: found });
      if (found === undefined && (typed !== '' || listed.length === 0)) return Promise.resolve(answer);
    }
    throw new Error(`${question}: nothing more to answer`);
  };

  override readonly choice = <T extends string>(
    question: string,
    choices: readonly { readonly value: T }[],
  ): Promise<T> => {
    const meant = Object.entries(this.#choices).find(([begin]) => question.startsWith(begin))?.[1];
    const chosen = choices.find(({ value }) => value === meant) ?? choices[0];
    assert.ok(chosen);
    return Promise.resolve(chosen.value);
  };

  override readonly several = <T extends string>(): Promise<readonly T[]> => Promise.resolve([]);
  override readonly yesNo = (): Promise<boolean> => Promise.resolve(false);
  override readonly secret = (): Promise<string> => Promise.resolve('');

  faultsOf(begin: string): (string | undefined)[] {
    return this.asked.filter(({ question }) => question.startsWith(begin)).map(({ fault }) => fault);
  }
}

test('what is no file is asked for again, with a plain reason, wherever init wants one', async (t) => {
  const folder = await temporaryFolder(t);
  const at = (name: string): string => join(folder, name);
  await mkdir(at('folder'));
  await writeFile(at('empty'), '');
  await writeFile(at('file'), '{}');
  await symlink(at('circle'), at('circle'));
  execFileSync('mkfifo', [at('pipe')]);
  const wrong = [at('none'), at('folder'), at('pipe'), at('empty'), at('circle')];
  const reasons = [
    /^There is no such file\.$/,
    /^This is a folder; name a file\.$/,
    /^This is no regular file \(a pipe, a device\)\.$/,
    /^This file is empty\.$/,
    /^It cannot be read \(ELOOP\)\.$/,
  ];
  const check = (faults: readonly (string | undefined)[], empty: RegExp): void => {
    for (const [index, reason] of [empty, ...reasons].entries()) assert.match(faults[index] ?? '', reason);
    assert.equal(faults.at(-1), undefined);
    assert.equal(faults.length, reasons.length + 2);
  };
  for (const kind of ['credentials_file', 'bearer_token_file']) {
    const typist = new Typist({ 'Its file': [...wrong, at('file')] }, { 'What authorises': kind });
    const { saved } = await askCredential(typist);
    assert.deepEqual(saved, { [kind]: at('file') });
    check(typist.faultsOf('Its file'), /^Name the file that it is in\.$/);
  }
  const answers = {
    Account: ['a b', 'ORG-ACCOUNT'],
    User: ['ME'],
    'PEM file': [...wrong, at('file')],
    Warehouse: ['a.b', 'WH'],
    Role: ['a.b.c', 'R'],
    Table: ['a.b.c.d', '.', 'DB.PUBLIC.T'],
  };
  const typist = new Typist(answers, { 'How does it log in': 'SNOWFLAKE_JWT' });
  await sourceKinds.snowflake.interview(typist);
  check(typist.faultsOf('PEM file'), /^Something must stand here\.$/);
  assert.match(typist.faultsOf('Account')[1] ?? '', /such as ORG-ACCOUNT/);
  assert.match(typist.faultsOf('Warehouse')[1] ?? '', /^Write NAME; /);
  assert.deepEqual(
    typist.faultsOf('Role').map((fault) => fault !== undefined),
    [false, true, false],
  );
  assert.match(typist.faultsOf('Table')[1] ?? '', /^Write NAME, SCHEMA\.NAME, DATABASE\.SCHEMA\.NAME; /);
});

test('input files are asked for again when they are none; those not there yet are taken a second time, and it is said', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'sub'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  await writeFile(join(folder, 'here'), 'x');
  const kinds: readonly SourceKind[] = [sourceKinds.csv, sourceKinds.parquet];
  for (const kind of kinds) {
    const typed = ['sub', 'pipe', 'none', 'none*', 'none', 'none'];
    const typist = new Typist({
      Directory: [join(folder, 'here'), folder],
      'File of the values': typed,
      'File of its tokens': ['sub', 'other', 'other'],
    });
    const section = await kind.interview(typist);
    const own = await kind.interviewVault?.(typist, { name: 'SSN', column: 'ssn' }, section);
    assert.match(typist.faultsOf('Directory')[1] ?? '', /^This is no folder/);
    const faults = typist.faultsOf('File of the values');
    assert.match(faults[1] ?? '', /is a folder/);
    assert.match(faults[2] ?? '', /is no regular file/);
    for (const fault of faults.slice(3, 6))
      assert.match(fault ?? '', /^There is no such file\. Enter takes it all the same\.$/);
    assert.equal(faults.at(-1), undefined);
    assert.match(JSON.stringify(own), /"none"/);
    assert.match(typist.said.join('\n'), /^SSN: its files are not there yet, and were not looked at/);
  }
});

test('an empty answer is taken only where something usual stands for it, or the question says so', async () => {
  const typist = new Typist({
    URL: ['x', 'http://127.0.0.1:9'],
    'Name of': ['', 'a\nb', 'SSN'],
    'Vault ID': ['v'],
  });
  await askVaultUrl(typist);
  await askVaults(typist);
  for (const begin of ['URL', 'Name of', 'Vault ID'])
    assert.match(typist.faultsOf(begin)[0] ?? '', /^\p{Lu}.*\.$/su, begin);
  assert.equal(typist.faultsOf('Column of')[0], undefined);
});

test('a place for the file where nothing can be written is said before the first question', async () => {
  await using workspace = await Workspace.create();
  const end = await workspace.run(['init', '--config', 'nowhere/config.json'], { status: 2, columns: 80 });
  assert.match(end.stderr, /there is no folder \S*nowhere[^]*--config FILE/);
  const folder = await workspace.run(['init', '--config', 'data'], { status: 2, columns: 80 });
  assert.match(folder.stderr, /data is a folder, not a file/);
});
