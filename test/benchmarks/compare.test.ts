import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkOutBase } from '../../benchmarks/compare/base-checkout.js';
import { projectFolder } from '../docs/pages.js';

const worktrees = (): string =>
  execFileSync('git', ['worktree', 'list', '--porcelain'], { cwd: projectFolder, encoding: 'utf8' });

test('a commit that does not exist is a mistake, and what is stopped leaves no worktree and no folder', async () => {
  const before = worktrees();
  const progress = (): void => undefined;
  const { signal } = new AbortController();
  await assert.rejects(checkOutBase({ base: '--no-such', signal, progress }), /"--no-such" is no commit/);

  const folder = await mkdtemp(join(tmpdir(), 'skyflow-supervise-test-'));
  const usual = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  try {
    const stop = new AbortController();
    // It says so once the folder is made, before the commit is checked out into it.
    const stopping = checkOutBase({ base: 'HEAD', signal: stop.signal, progress: () => stop.abort() });
    await assert.rejects(stopping);
    assert.deepEqual(await readdir(folder), []);
    assert.equal(worktrees(), before);
  } finally {
    if (usual === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = usual;
    await rm(folder, { recursive: true });
  }
});
