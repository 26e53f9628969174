import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { URL, fileURLToPath } from 'node:url';

/**
 * The module that gives the exports of `code`, which is CommonJS: as a script, because only of scripts Node 20 takes
 * what V8 has made of them before, which is half of what loading them takes.
 */
export async function writeScript(folder, code, names) {
  // A script that V8 has compiled before cannot import: the module does it for it.
  const script = code.replaceAll('import("./', 'ownImport("./');
  const other = /\bimport\(.*/.exec(script);
  if (other !== null) throw new Error(`no script can do this: ${other[0]}`);
  const name = `load-${createHash('sha256').update(script).digest('hex').slice(0, 8)}`;
  await writeFile(join(folder, `${name}.cjs`), script);
  await writeFile(join(folder, 'load.js'), loaderOf(name, names));
}

/**
 * What V8 makes of the code with these flags is kept beside it. Its name has the code's digest and V8's version, so that
 * it is never taken for that of other code; V8 itself refuses it under other flags, and compiles.
 */
export function keepCompiled(folder, flags) {
  const program = fileURLToPath(new URL('keep-compiled.js', import.meta.url));
  execFileSync(process.execPath, [...flags, program, join(folder, 'load.js')]);
}

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
const code = \`(function (module, require, ownUrl, ownFolder, ownImport) {\${readFileSync(filename, 'utf8')}\\n})\`;
export const script = new Script(code, { filename, cachedData });
const module = { exports: {} };
const ownImport = (specifier) => import(specifier);
script.runInThisContext()(module, createRequire(import.meta.url), import.meta.url, folder, ownImport);
export const {
${names.map((name) => `  ${name},\n`).join('')}} = module.exports;
`;
