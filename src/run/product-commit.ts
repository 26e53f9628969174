import { readFileSync } from 'node:fs';
import { z } from 'zod';

const root = new URL('../../../', import.meta.url);
const manifestSchema = z.object({ gitHead: z.string().optional() });

/** The commit that this program was built from, as far as its package or its checkout says. */
export function productCommit(): string | undefined {
  try {
    const { gitHead } = manifestSchema.parse(JSON.parse(readFileSync(new URL('package.json', root), 'utf8')));
    return gitHead ?? checkoutCommit();
  } catch {
    return undefined;
  }
}

function checkoutCommit(): string | undefined {
  const head = readFileSync(new URL('.git/HEAD', root), 'utf8').trim();
  const [, ref] = /^ref: (.+)$/.exec(head) ?? [];
  const commit = ref === undefined ? head : readFileSync(new URL(`.git/${ref}`, root), 'utf8').trim();
  return /^[0-9a-f]{40,64}$/.test(commit) ? commit : undefined;
}
