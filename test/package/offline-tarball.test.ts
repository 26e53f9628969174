import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { projectFolder } from '../docs/pages.js';
import { Workspace } from '../support/workspace.js';

test('the offline tarball holds its checksums, an SBOM and all that a load needs, and loads where nothing else is', async () => {
  await using workspace = await Workspace.create();
  const run = (command: string, words: readonly string[], cwd: string): string =>
    execFileSync(command, words, {
      cwd,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: workspace.path, XDG_STATE_HOME: workspace.at('state') },
    });
  run(process.execPath, [join(projectFolder, '.ci/package.js'), workspace.path], projectFolder);
  const [tarball = ''] = (await readdir(workspace.path)).filter((name) => name.endsWith('-offline.tgz'));
  run('sha256sum', ['-c', `${tarball}.sha256`], workspace.path);
  run('tar', ['xzf', tarball], workspace.path);
  const folder = workspace.at(tarball.replace('-offline.tgz', ''));
  run('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], folder);
  const sums = (await readFile(join(folder, 'SHA256SUMS'), 'utf8')).split('\n').map((line) => line.slice(66));
  const sbom: unknown = JSON.parse(await readFile(join(folder, 'sbom.cdx.json'), 'utf8'));
  assert.equal(z.looseObject({ bomFormat: z.string() }).parse(sbom).bomFormat, 'CycloneDX');
  for (const file of ['sbom.cdx.json', 'dist/supervisor/main.js', 'dist/child/main.js'])
    assert.ok(sums.includes(file), file);
  assert.ok(!sums.some((file) => /node_modules\/(typescript|eslint|prettier)\//.test(file)), 'no tools');
  const words = ['demo', '--records', '20', '--no-kill', '--json'];
  const shown = run(join(folder, 'skyflow-supervise'), words, workspace.path);
  assert.match(shown, /"exit_code": 0/);
});
