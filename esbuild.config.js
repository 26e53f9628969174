// Compiles every file for itself into `dist`, the same tree, and then bundles the programs in place: Node takes a
// millisecond to find and load a module, a supervisor consists of 400 and each of its children of 200, and the first
// request waits for them all. Types are not looked at here, so that a build takes a second: `npm run check` does it.
import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { keepCompiled } from './bundle/keep-compiled.js';
import { bundleProgram, compiled, filesIn } from './bundle/bundle-program.js';

const folder = compiled.outdir;

// What is no longer there must not be run: tests are found by their names.
await rm(folder, { recursive: true, force: true });
await build({
  ...compiled,
  // In an image there are neither tests nor benchmarks.
  entryPoints: ['src', 'supervisor', 'child', 'test', 'benchmarks']
    .filter((room) => existsSync(room))
    .map((room) => `${room}/**/*.ts`),
});
const inputs = [
  ...(await bundleProgram('supervisor', {
    entryPoints: ['supervisor/main.ts', 'supervisor/offline/main.ts'],
    hot: ['supervisor/command-line/run-command.ts', 'supervisor/commands/load/load-command.ts'],
  })),
  // Without what it shares with the supervisor, a child is in fewer pieces.
  ...(await bundleProgram('child', {
    entryPoints: ['child/main.ts'],
    hot: ['child/run-child.ts', 'src/source/csv/csv-source.ts'],
    soon: ['node_modules/undici/lib/dispatcher/pool.js'],
  })),
];
await keepCompiled(folder, ['supervisor', 'child']);
const page = await build({
  entryPoints: ['supervisor/page/browser/page.ts', 'supervisor/page/browser/page.css'],
  outdir: join(folder, 'page'),
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  legalComments: 'none',
  metafile: true,
});
inputs.push(...filesIn(page.metafile));
await chmod(join(folder, 'supervisor/main.js'), 0o755);
const bundled = packagesOf(inputs);
await writeFile(join(folder, 'THIRD-PARTY-LICENSES.txt'), await licenses(bundled));
// For the SBOM and the audit: none of them is installed with the program, all of them run.
await writeFile(join(folder, 'bundled-packages.json'), `${JSON.stringify(bundled, undefined, 2)}\n`);

/** Where each package stands that has given a file to the programs. */
function packagesOf(files) {
  const paths = files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(paths)].filter((path) => path !== undefined).sort();
}

async function licenses(packages) {
  const texts = await Promise.all(packages.map(licenseOf));
  return texts.sort().join(`\n${'-'.repeat(78)}\n\n`);
}

async function licenseOf(path) {
  const { name, version, license } = JSON.parse(await readFile(join(path, 'package.json'), 'utf8'));
  const file = (await readdir(path)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? `Licence: ${license}\n` : await readFile(join(path, file), 'utf8');
  return `${name} ${version}\n\n${text}`;
}
