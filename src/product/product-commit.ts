import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { packageFolder } from './package-folder.js';

const manifestSchema = z.object({ gitHead: z.string().optional() });

/** The commit that this program was built from, as far as its package or its checkout says. */
export function productCommit(): string | undefined {
  try {
    const { gitHead } = manifestSchema.parse(
      JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')),
    );
    return gitHead ?? checkoutCommit();
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
