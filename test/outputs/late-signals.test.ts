import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { startSandbox } from '../support/sandbox.js';
import { makePairs, Workspace } from '../support/workspace.js';

test('a signal while the error logs are merged ends nothing: everything is written, and nothing half is left', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["poison"]']);
  await workspace.configure(sandbox.url, ['NAME'], {
    skyflow: { wire: 'record' },
    performance: { max_errors: '100%' },
  });
  const pairs = makePairs(4_000).map(
    ([value, token], at) => [at % 2 ? value : `poison ${value}`, token] as const,
  );
  await workspace.writePairs('NAME', pairs);
  // It comes when the merged log is opened, and not when somebody who watches the folder has seen that.
  const signalled = workspace.at('signalled');
  await writeFile(
    workspace.at('signal.mjs'),
    `import { writeFileSync } from 'node:fs';
     import files from 'node:fs/promises';
     import { syncBuiltinESMExports } from 'node:module';
     const { open } = files;
     files.open = (file, ...how) => {
       if (String(file).includes('merged_error_log')) {
         writeFileSync(${JSON.stringify(signalled)}, '');
         process.kill(process.pid, 'SIGTERM');
       }
       return open(file, ...how);
     };
     syncBuiltinESMExports();`,
  );

  const end = await workspace.start(['--all'], {
    env: { NODE_OPTIONS: `--import=${workspace.at('signal.mjs')}` },
  }).ended;

  assert.ok(existsSync(signalled));
  assert.deepEqual([end.status, end.signal], [1, null], end.stderr);
  assert.equal((await workspace.summary()).totals.failed, 2_000);
  const [run = ''] = await workspace.runs();
  assert.deepEqual(
    readdirSync(run).filter((name) => name.includes('.new') || name.includes('.tmp')),
    [],
  );
});
