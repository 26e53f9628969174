import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';

/** The folder of this program's package.json. How deep the code stands below it, only the bundler knows. */
export const packageFolder = findPackageFolder(import.meta.dirname);

function findPackageFolder(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('the program stands outside of its package: install it anew');
  return findPackageFolder(parent);
}

const manifest = z
  .object({ version: z.string(), gitHead: z.string().optional() })
  .parse(JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')));

/** The version of this program, as in its package.json. */
export const productVersion = manifest.version;

/** The commit that this program was built from, as far as its package or its checkout says. */
export function productCommit(): string | undefined {
  try {
    return manifest.gitHead ?? checkoutCommit();
  } catch {
    return undefined;
  }
}

function checkoutCommit(): string | undefined {
  const head = readFileSync(join(packageFolder, '.git/HEAD'), 'utf8').trim();
  const [, ref] = /^ref: (.+)$/.exec(head) ?? [];
  const commit = ref === undefined ? head : readFileSync(join(packageFolder, '.git', ref), 'utf8').trim();
  return /^[0-9a-f]{40,64}$/.test(commit) ? commit : undefined;
}
