import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { nodeOptions } from '../../src/system/node-options.js';
import { Workspace } from '../support/workspace.js';

const dist = fileURLToPath(new URL('../../', import.meta.url));
const programs = { supervisor: [], child: nodeOptions() };

/** What a module of our own says of a program that it has loaded, under these flags. */
function saidOf(load: string, flags: readonly string[], expression: string): unknown {
  const url = JSON.stringify(pathToFileURL(load).href);
  const source = `const { script } = await import(${url}); console.log(JSON.stringify([${expression}]))`;
  const said = execFileSync(process.execPath, [...flags, '--input-type=module', '-e', source], {
    encoding: 'utf8',
  });
  return (JSON.parse(said) as unknown[])[0];
}

/** Whether V8 refuses what was compiled before; undefined where nothing was found. */
function isRefused(load: string, flags: readonly string[]): boolean | undefined {
  const refused = saidOf(load, flags, 'script.cachedDataRejected');
  return typeof refused === 'boolean' ? refused : undefined;
}

test('what V8 made of the programs in the build is what they begin with, under the flags that each is started with', () => {
  for (const [program, flags] of Object.entries(programs)) {
    const load = join(dist, 'chunks', program, 'load.js');
    assert.equal(isRefused(load, flags), false, program);
    assert.equal(isRefused(load, [...flags, '--no-opt']), true, 'under other flags it is compiled anew');
  }
});

test('functions that only run in a load are in it, not only those that loading the program runs', async () => {
  await using workspace = await Workspace.create();
  for (const [program, flags] of Object.entries(programs)) {
    const folder = workspace.at(`dist/chunks/${program}`);
    const isCompiled = (path: string): boolean => path.endsWith('.compiled');
    const without = (path: string): boolean => !isCompiled(path);
    cpSync(join(dist, 'chunks', program), folder, { recursive: true, filter: without });
    writeFileSync(workspace.at('package.json'), readFileSync(join(dist, '../package.json')));
    const loadedAlone = saidOf(join(folder, 'load.js'), flags, 'script.createCachedData().length');
    const kept = readdirSync(join(dist, 'chunks', program)).filter(isCompiled);
    const [bytes] = kept.map((name) => statSync(join(dist, 'chunks', program, name)).size);
    assert.ok(Number(bytes) > 1.2 * Number(loadedAlone), `${program}: ${bytes} of ${String(loadedAlone)}`);
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
