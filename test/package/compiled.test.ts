import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, renameSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { nodeOptions } from '../../src/system/node-options.js';
import { Workspace } from '../support/workspace.js';

const dist = fileURLToPath(new URL('../../', import.meta.url));
const programs = { supervisor: [], child: nodeOptions() };

/** Whether V8 refuses what was compiled before; undefined where nothing was found. */
function isRefused(load: string, flags: readonly string[]): boolean | undefined {
  const url = JSON.stringify(pathToFileURL(load).href);
  const source = `const { script } = await import(${url}); console.log(JSON.stringify([script.cachedDataRejected]))`;
  const said = execFileSync(process.execPath, [...flags, '--input-type=module', '-e', source], {
    encoding: 'utf8',
  });
  const [refused] = JSON.parse(said) as (boolean | null)[];
  return refused ?? undefined;
}

test('what V8 made of the programs in the build is what they begin with, under the flags that each is started with', () => {
  for (const [program, flags] of Object.entries(programs)) {
    const load = join(dist, 'chunks', program, 'load.js');
    assert.equal(isRefused(load, flags), false, program);
    assert.equal(isRefused(load, [...flags, '--no-opt']), true, 'under other flags it is compiled anew');
  }
});

test('without it, or with what another Node or code had there, the programs are compiled and do the same', async () => {
  await using workspace = await Workspace.create();
  const folder = workspace.at('dist/chunks/supervisor');
  cpSync(join(dist, 'chunks/supervisor'), folder, { recursive: true });
  writeFileSync(workspace.at('package.json'), readFileSync(join(dist, '../package.json')));
  const load = join(folder, 'load.js');
  const compiled = (): string => readdirSync(folder).find((name) => name.endsWith('.compiled')) ?? '';
  const name = compiled();
  const script = /^load-[0-9a-f]{8}/.exec(name)?.[0] ?? '';
  const digest = createHash('sha256')
    .update(readFileSync(join(folder, `${script}.cjs`)))
    .digest('hex');
  assert.equal(script, `load-${digest.slice(0, 8)}`);
  assert.equal(name, `${script}-${process.versions.v8}-${process.arch}.compiled`);

  writeFileSync(join(folder, name), readFileSync(join(folder, name)).fill(0, 0, 64));
  assert.equal(isRefused(load, []), true);
  renameSync(join(folder, name), join(folder, name.replace(process.versions.v8, '1.2.3')));
  assert.equal(isRefused(load, []), undefined);
});
