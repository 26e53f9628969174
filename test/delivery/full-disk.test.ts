import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startSandbox } from '../support/sandbox.js';
import { unfolded } from '../support/unfolded.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const run = promisify(execFile);

/** A file system of 256 kB at `path`; undefined where this user may not have one. */
async function mountSmallDisk(path: string): Promise<AsyncDisposable | undefined> {
  await mkdir(path);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=0700', 'tmpfs', path]);
  } catch {
    return undefined;
  }
  return {
    async [Symbol.asyncDispose]() {
      await run('umount', [path]);
    },
  };
}

test('a full disk stops the run with exit status 3 and the reason; with room again resume finishes it', async (t) => {
  await using workspace = await Workspace.create();
  await using disk = await mountSmallDisk(workspace.at('small'));
  if (disk === undefined) {
    t.skip('a tmpfs cannot be mounted here (not root, or not allowed)');
    return;
  }
  await using sandbox = await startSandbox(workspace.path, ['poison=["poison"]']);
  const pairs = makePairs(4_000, 'name').map(
    ([value, token], at) => [at % 4 === 0 ? `poison ${value}` : value, token] as const,
  );
  await workspace.writePairs('NAME', pairs);
  await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 40, max_concurrency: 4 } });
  const ballast = workspace.at('small', 'ballast');
  await writeFile(ballast, Buffer.alloc(140_000));
  const flags = ['--run-dir', workspace.at('small', 'runs')];

  const end = await workspace.run(['--all', ...flags], { status: 3 });
  assert.match(end.stdout + end.stderr, /ENOSPC/);
  assert.match(unfolded(end.stdout + end.stderr), /Make room/);
  assert.ok((await stat(ballast)).size > 0);
  await rm(ballast);
  await run('mount', ['-o', 'remount,size=16m', workspace.at('small')]);
  const resumed = await workspace.run(['resume', ...flags], { status: 1 });
  assert.deepEqual(
    await sandbox.pairs(vaults.NAME.id, 'name'),
    asMultiset(pairs.filter((_, at) => at % 4 !== 0)),
  );
  assert.match(resumed.stdout, /read 4,000 = uploaded 3,000 \+ failed 1,000 \+ skipped 0/);
});
