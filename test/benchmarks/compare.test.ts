import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { checkOutBase } from '../../benchmarks/compare/base-checkout.js';
import { projectFolder } from '../docs/pages.js';
import { withVariable } from '../support/with-variable.js';
import { Workspace } from '../support/workspace.js';

const worktrees = (): string =>
  execFileSync('git', ['worktree', 'list', '--porcelain'], { cwd: projectFolder, encoding: 'utf8' });

test('a commit that does not exist is a mistake, and what is stopped leaves no worktree and no folder', async () => {
  const before = worktrees();
  const progress = (): void => undefined;
  const { signal } = new AbortController();
  await assert.rejects(checkOutBase({ base: '--no-such', signal, progress }), /"--no-such" is no commit/);

  await using workspace = await Workspace.create();
  const folder = workspace.at('data');
  await withVariable('TMPDIR', folder, async () => {
    const stop = new AbortController();
    // It says so once the folder is made, before the commit is checked out into it.
    const stopping = checkOutBase({ base: 'HEAD', signal: stop.signal, progress: () => stop.abort() });
    await assert.rejects(stopping);
    assert.deepEqual(await readdir(folder), []);
    assert.equal(worktrees(), before);
  });
});
