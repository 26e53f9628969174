import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of this program's package.json. How deep the code stands below it, only the bundler knows. */
export const packageFolder = findPackageFolder(import.meta.dirname);

function findPackageFolder(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('the program stands outside of its package: install it anew');
  return findPackageFolder(parent);
}
