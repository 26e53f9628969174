// Bundles the programs in place, over what the compiler has made of them: Node takes a millisecond to find and load
// a module, a supervisor consists of 400 and each of its children of 200, and the first request waits for them all.
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const folder = 'dist';

await rm(join(folder, 'chunks'), { recursive: true, force: true });
const inputs = [
  ...(await bundle('supervisor', ['supervisor/main.ts', 'supervisor/offline/main.ts'])),
  // Without what it shares with the supervisor, a child is in fewer pieces.
  ...(await bundle('child', ['child/main.ts'])),
];
await chmod(join(folder, 'supervisor/main.js'), 0o755);
await writeFile(join(folder, 'THIRD-PARTY-LICENSES.txt'), await licenses(inputs));

/** Bundles programs, and says which files they are made of. */
async function bundle(name, entryPoints) {
  const { metafile } = await build({
    entryPoints,
    outbase: '.',
    outdir: folder,
    chunkNames: `chunks/${name}/[name]-[hash]`,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // The driver is a thousand files of its own that find each other at run time; the engine is a native module.
    external: ['snowflake-sdk', '@duckdb/node-api'],
    // Packages in CommonJS ask for Node's own modules with it.
    banner: {
      js: "import { createRequire } from 'module';\nconst require = createRequire(import.meta.url);",
    },
    legalComments: 'none',
    metafile: true,
  });
  return Object.keys(metafile.inputs);
}

/** The licence of each package that has given a file to the programs. */
async function licenses(files) {
  const packages = files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  const texts = [...new Set(packages)].filter((path) => path !== undefined).map(licenseOf);
  return (await Promise.all(texts)).sort().join(`\n${'-'.repeat(78)}\n\n`);
}

async function licenseOf(path) {
  const { name, version, license } = JSON.parse(await readFile(join(path, 'package.json'), 'utf8'));
  const file = (await readdir(path)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? `Licence: ${license}\n` : await readFile(join(path, file), 'utf8');
  return `${name} ${version}\n\n${text}`;
}
