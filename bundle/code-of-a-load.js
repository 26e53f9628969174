import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The module that gives the exports of `code`, which is CommonJS: as a script, because only of scripts Node 20 takes
 * what V8 has made of them before, which is half of what loading them takes.
 */
export async function writeScript(folder, code, names) {
  // A script that V8 has compiled before cannot import: the module does it for it.
  const body = code.replaceAll('import("./', 'ownImport("./');
  const other = /^(?!\s*(?:\*|\/[/*])).*\bimport\(.*/m.exec(body);
  if (other !== null) throw new Error(`no script can do this: ${other[0]}`);
  // With one character beyond ASCII, and be it in a comment, every one of two million would take two bytes.
  const script = `(function (module, require, ownUrl, ownFolder, ownImport) {${body}\n})`.replaceAll(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const name = `load-${createHash('sha256').update(script).digest('hex').slice(0, 8)}`;
  await writeFile(join(folder, `${name}.cjs`), script);
  await writeFile(join(folder, 'load.js'), loaderOf(name, names));
}

/** The name of what was compiled has the code's digest and V8's version: it is never taken for that of other code. */
const loaderOf = (name, names) => `import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';

const folder = import.meta.dirname;
const filename = join(folder, '${name}.cjs');
export const compiledFile = join(folder, \`${name}-\${process.versions.v8}-\${process.arch}.compiled\`);
let cachedData;
try {
  cachedData = readFileSync(compiledFile);
} catch {
  // It is compiled now.
}
export const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData });
const module = { exports: {} };
const ownImport = (specifier) => import(specifier);
script.runInThisContext()(module, createRequire(import.meta.url), import.meta.url, folder, ownImport);
export const {
${names.map((name) => `  ${name},\n`).join('')}} = module.exports;
`;
