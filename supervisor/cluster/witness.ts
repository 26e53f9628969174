import { join } from 'node:path';
import * as z from 'zod';
import { SuperviseError, systemCode } from '../../src/errors/supervise-error.js';
import { writeFileAtomically } from '../../src/system/write-file.js';
import { readPrivate } from '../../src/trust/open-private.js';

const witnessSchema = z.object({ witness: z.int().nonnegative() });
const witnessFile = (runDirectory: string): string => join(runDirectory, 'store_witness.json');

/** What ends a run whose store knows less of it than somebody has seen. */
export function forgottenRun(how = 'a machine has seen more of it'): SuperviseError {
  return new SuperviseError(
    'storage',
    `the store has forgotten a part of this run (${how}): it was restored from a backup, or a stale copy took its place`,
    {
      hint: 'Nothing is sent. Bring the right database back; else go on with `resume RUN --repair`: it asks the vault for every row that is not provably settled.',
    },
  );
}

/** One look after the other: what is kept never shrinks. */
let looking: Promise<unknown> = Promise.resolve();

/**
 * Compares what a store knows of a run (`ask`) with the most that was seen of it from this directory, and keeps it. What
 * comes back says that the store has forgotten: it was restored, or a stale copy took its place, and what it has forgotten
 * may be in the vault.
 */
export function lookBack(
  runDirectory: string,
  ask: () => Promise<number>,
): Promise<SuperviseError | undefined> {
  const look = async (): Promise<SuperviseError | undefined> => {
    // In this order: what is asked for after it was seen is never less.
    const seen = await readWitness(runDirectory);
    const now = await ask();
    if (now < seen) return forgottenRun(`it counts ${now}, and ${seen} was seen`);
    if (now > seen) await keepWitness(runDirectory, now);
    return undefined;
  };
  const found = looking.then(look, look);
  looking = found.catch(() => undefined);
  return found;
}

/** Keeps what a store knows, whatever was seen before. */
export async function keepWitness(runDirectory: string, now: number): Promise<void> {
  await writeFileAtomically(witnessFile(runDirectory), `${JSON.stringify({ witness: now })}\n`);
}

/** The most that was seen. */
async function readWitness(runDirectory: string): Promise<number> {
  try {
    return witnessSchema.parse(JSON.parse(await readPrivate(witnessFile(runDirectory)))).witness;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0;
    throw error;
  }
}
