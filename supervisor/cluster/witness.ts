import { join } from 'node:path';
import * as z from 'zod';
import { SuperviseError, systemCode } from '../../src/errors/supervise-error.js';
import { writeFileAtomically } from '../../src/run/write-file-atomically.js';
import { readPrivate } from '../../src/trust/open-private.js';

const witnessSchema = z.object({ witness: z.int().nonnegative() });
const witnessFile = (runDirectory: string): string => join(runDirectory, 'store_witness.json');

/**
 * Throws `storage` when a store knows less of a run than was seen here to be durable in it: it was restored, or a stale
 * copy took its place, and what it has forgotten may be in the vault.
 */
export async function assertNotForgotten(
  runDirectory: string,
  now: number,
  { repair }: { readonly repair: boolean },
): Promise<void> {
  const seen = await readWitness(runDirectory);
  if (now >= seen || repair) return;
  throw new SuperviseError(
    'storage',
    `the store has forgotten a part of this run (it counts ${now}, and ${seen} was seen): it was restored from a backup, or a stale copy took its place`,
    {
      hint: 'Nothing was sent. Bring the right database back; else go on with `resume RUN --store --repair`: it asks the vault for every row that is not provably settled.',
    },
  );
}

/** Keeps what a store knows now, as far as it grows; throws when it has shrunk. */
export async function keepWitness(runDirectory: string, now: number, repair: boolean): Promise<void> {
  const seen = await readWitness(runDirectory);
  await assertNotForgotten(runDirectory, now, { repair });
  if (now !== seen)
    await writeFileAtomically(witnessFile(runDirectory), `${JSON.stringify({ witness: now })}\n`);
}

/** The most that was seen. */
export async function readWitness(runDirectory: string): Promise<number> {
  try {
    return witnessSchema.parse(JSON.parse(await readPrivate(witnessFile(runDirectory)))).witness;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0;
    throw error;
  }
}
