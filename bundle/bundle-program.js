import { writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { writeScript } from './code-of-a-load.js';

const unused = join(import.meta.dirname, 'unused.js');

/** What all of the program is compiled to. */
export const compiled = { outbase: '.', outdir: 'dist', format: 'esm', platform: 'node', target: 'node20' };

const bundled = {
  ...compiled,
  bundle: true,
  // The driver is a thousand files of its own that find each other at run time; the engine is a native module; what
  // only loads over several machines need is not there for everybody.
  external: ['snowflake-sdk', '@duckdb/node-api', 'pg', 'bullmq'],
  alias: {
    // Its other form finds its parts at run time.
    'jsonc-parser': 'jsonc-parser/lib/esm/main.js',
    ajv: unused,
    'ajv/dist/2020.js': unused,
    'ajv-formats': unused,
    semver: unused,
    'when-exit': unused,
  },
  legalComments: 'none',
  metafile: true,
};
// Packages in CommonJS ask for Node's own modules with it.
const requiring = {
  js: "import { createRequire as requireFrom } from 'module';\nconst require = requireFrom(import.meta.url);",
};

/**
 * Bundles the programs of a room in place, and says which files something of them is made of. What the entries in `hot`
 * and everything they import statically are made of becomes one file: Node takes a millisecond to find, read and link
 * one, and a load is otherwise a hundred. Of what `soon` names, which every load imports a little later, all that it
 * imports is in that file too.
 */
export async function bundleProgram(room, { entryPoints, hot, soon = [] }) {
  const { metafile } = await build({
    ...bundled,
    entryPoints,
    chunkNames: `chunks/${room}/[name]-[hash]`,
    splitting: true,
    banner: requiring,
    plugins: [settledCatalogue],
  });
  await joinChunks(metafile.outputs, { room, hot, soon });
  return filesIn(metafile);
}

/** What the catalogue of settings says is known before the program runs; reading it off the schema takes 30 ms. */
const settledCatalogue = {
  name: 'settled-catalogue',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]config[/\\]read-catalogue\.ts$/ }, async () => {
      const { readCatalogue } = await import(resolve('dist/src/config/read-catalogue.js'));
      return { contents: `export const readCatalogue = () => ${JSON.stringify(readCatalogue())};` };
    });
  },
};

/** Makes one file of the chunks that belong together, and of each of them one that says where its exports are now. */
async function joinChunks(outputs, { room, hot, soon }) {
  const isHot = new Set();
  const imported = (chunk) =>
    outputs[chunk].imports
      .filter(({ path, kind }) => kind === 'import-statement' && path in outputs)
      .map(({ path }) => path);
  const follow = (chunk) => {
    if (isHot.has(chunk)) return;
    isHot.add(chunk);
    imported(chunk).forEach(follow);
  };
  chunksOf(outputs, hot).forEach(follow);
  chunksOf(outputs, soon).flatMap(imported).forEach(follow);
  const chunks = [...isHot];
  const folder = join(compiled.outdir, 'chunks', room);
  const joined = join(folder, 'load.js');
  const exported = (chunk, at) => outputs[chunk].exports.map((name) => [name, `c${at}_${name}`]);
  const { outputFiles } = await build({
    ...bundled,
    format: 'cjs',
    define: { 'import.meta.url': 'ownUrl', 'import.meta.dirname': 'ownFolder' },
    write: false,
    plugins: [importsThatWait],
    outdir: undefined,
    outbase: undefined,
    outfile: joined,
    stdin: {
      resolveDir: folder,
      contents: chunks
        .map((chunk, at) => {
          const names = exported(chunk, at).map(([name, as]) => `${name} as ${as}`);
          return `export { ${names.join(', ')} } from './${basename(chunk)}';`;
        })
        .join('\n'),
    },
  });
  const all = chunks.flatMap((chunk, at) => exported(chunk, at).map(([, as]) => as));
  await writeScript(folder, outputFiles[0].text, all);
  for (const [at, chunk] of chunks.entries()) {
    const names = exported(chunk, at).map(([name, as]) => `${as} as ${name}`);
    await writeFile(chunk, `export { ${names.join(', ')} } from './${relative(folder, joined)}';\n`);
  }
}

/** The outputs of entries, each of which is imported by `import()`. */
function chunksOf(outputs, entries) {
  const chunks = Object.keys(outputs).filter((chunk) => entries.includes(outputs[chunk].entryPoint));
  if (chunks.length !== entries.length)
    throw new Error(`not every one of these is imported by import(): ${entries.join(', ')}`);
  return chunks;
}

/** What is imported when it is wanted stays a file of its own. */
const importsThatWait = {
  name: 'imports-that-wait',
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    );
  },
};

/** The files of which something is in an output. */
export function filesIn({ outputs }) {
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.keys(inputs).filter((file) => inputs[file].bytesInOutput > 0),
  );
}
