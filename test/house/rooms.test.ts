import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ESLint, type Linter } from 'eslint';
import { parser } from 'typescript-eslint';
import { projectFolder } from '../docs/pages.js';

/** Of the linter's configuration what the rooms are made of, which needs no types. */
async function openLinter(): Promise<ESLint> {
  const { href } = pathToFileURL(join(projectFolder, 'eslint.config.js'));
  const { default: config } = (await import(href)) as { default: Linter.Config[] };
  const ofRooms = config.filter(
    ({ rules = {} }) => 'house/rooms' in rules || 'no-restricted-syntax' in rules,
  );
  assert.equal(ofRooms.length, 4);
  return new ESLint({
    cwd: projectFolder,
    overrideConfigFile: true,
    overrideConfig: [{ files: ['**/*.ts'], languageOptions: { parser } }, ...ofRooms],
  });
}

/** What the rooms say against a line that stands in a file of this path. */
async function said(linter: ESLint, file: string, line: string): Promise<string[]> {
  const [result] = await linter.lintText(`${line}\n`, { filePath: join(projectFolder, file) });
  return (result?.messages ?? []).map(({ message }) => message);
}

test('what is made of src does not know the other process, nor src either of them, by import() neither', async () => {
  const linter = await openLinter();
  const refused: readonly (readonly [file: string, line: string])[] = [
    ['supervisor/run/run-jobs.ts', "import { runChild } from '../../child/run-child.js';"],
    ['child/run-child.ts', "import { runJobs } from '../supervisor/run/run-jobs.js';"],
    ['src/config/schema.ts', "import { runJobs } from '../../supervisor/run/run-jobs.js';"],
    ['src/config/schema.ts', "export * from '../../child/run-child.js';"],
    ['src/config/schema.ts', "const child = await import('../../child/run-child.js');"],
    ['supervisor/run/run-jobs.ts', "import type { Pool } from 'undici';"],
    ['child/run-child.ts', "import listr from 'listr2';"],
    ['src/vault/post.ts', "import { parse } from 'csv-parse';"],
    ['src/vault/post.ts', "const driver = await import('snowflake-sdk');"],
    ['child/run-child.ts', "import { FileJournal } from '../src/journal/file/file-journal.js';"],
    ['child/load/shard-place.ts', "import { Store } from '../../src/store/postgres/store.js';"],
    ['supervisor/cluster/fetch-run.ts', "const s = await import('../../src/store/postgres/store.js');"],
    ['supervisor/cluster/fetch-run.ts', "import type { Pool } from 'pg';"],
    ['src/report/run-summary.ts', "export * from '../store/postgres/stored-runs.js';"],
    ['src/config/schema.ts', "const named = source === 'snowflake';"],
    ['src/config/check-settings.ts', "const key = 'snowflake.access_url';"],
    ['supervisor/commands/support/gather-support.ts', "const key = 'snowflake.user';"],
    ['supervisor/run/plan-vault.ts', 'const folder = settings.csv.data_directory;'],
    [
      'supervisor/commands/load/load-command.ts',
      "import { p } from '../../../src/source/snowflake/session.js';",
    ],
    ['supervisor/run/run-jobs.ts', "switch (kind) { case 'csv': break; }"],
  ];
  for (const [file, line] of refused)
    assert.equal((await said(linter, file, line)).length, 1, `${file}: ${line}`);
  const allowed: readonly (readonly [file: string, line: string])[] = [
    ['supervisor/run/run-jobs.ts', "import { Ledger } from '../../src/journal/ledger.js';"],
    ['child/run-child.ts', "import { Ledger } from '../src/journal/ledger.js';"],
    ['src/vault/post.ts', "import type { Pool } from 'undici';"],
    ['src/source/csv/split-rows.ts', "import { parse } from 'csv-parse';"],
    ['src/journal/open-run-store.ts', "import { FileJournal } from './file/file-journal.js';"],
    ['src/store/open-store.ts', "import { Store } from './postgres/store.js';"],
    [
      'supervisor/cluster/shard-queue.ts',
      "import { storeUrl } from '../../src/store/postgres/store-url.js';",
    ],
    ['src/source/csv/csv-kind.ts', "const named = source === 'snowflake';"],
    ['supervisor/commands/generate/generate-csv.ts', 'const folder = settings.csv.data_directory;'],
    [
      'supervisor/commands/demo/demo-command.ts',
      "import { s } from '../../../src/source/csv/vault-files.js';",
    ],
  ];
  for (const [file, line] of allowed)
    assert.deepEqual(await said(linter, file, line), [], `${file}: ${line}`);
});
