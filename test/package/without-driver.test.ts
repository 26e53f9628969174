import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { projectFolder } from '../docs/pages.js';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

test("without Snowflake's driver files are loaded, and --source snowflake says what to install", async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  const elsewhere = workspace.at('program');
  await mkdir(join(elsewhere, 'dist'), { recursive: true });
  // The program as it is published, with no package beside it at all.
  for (const part of [
    'package.json',
    'dist/supervisor',
    'dist/child',
    'dist/chunks',
    'dist/src/run-record',
  ]) {
    await cp(join(projectFolder, part), join(elsewhere, part), { recursive: true });
  }
  const run = async (...words: string[]): Promise<{ status: unknown; said: string }> => {
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, [join(elsewhere, 'dist/supervisor/main.js'), ...words], {
      cwd: workspace.path,
      env: {
        PATH,
        HOME,
        TMPDIR: workspace.path,
        LANG: 'C.UTF-8',
        SNOWFLAKE_USER: 'u',
        SNOWFLAKE_PASSWORD: 'p',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = Promise.all([text(child.stdout), text(child.stderr)]);
    const [status] = (await once(child, 'exit')) as [unknown];
    return { status, said: (await said).join('') };
  };
  const pairs = makePairs(20);
  await workspace.configure(sandbox.url, ['SSN']);
  await workspace.writePairs('SSN', pairs);

  const load = await run('--all');

  assert.equal(load.status, 0, load.said);
  assert.deepEqual(await sandbox.pairs(vaults.SSN.id, vaults.SSN.column), asMultiset(pairs));
  const account = ['--sf-account', 'ORG-ACCOUNT'];
  const refused = await run('--all', '--source', 'snowflake', ...account);
  assert.equal(refused.status, 2, refused.said);
  assert.match(refused.said, /driver, the package snowflake-sdk, is not installed/);
  assert.match(refused.said, /npm install snowflake-sdk@3\.3\.0/);
  const checked = await run('check', '--source', 'snowflake', ...account);
  assert.equal(checked.status, 2, checked.said);
  assert.match(checked.said, /snowflake-sdk/);
});
