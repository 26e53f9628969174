import { readPrivate } from '../../src/trust/open-private.js';
import * as z from 'zod';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { VaultSnapshot } from '../../src/figures/snapshot.js';
import { NOTHING_YET } from '../../src/figures/snapshot.js';
import { pickFigures, runSummarySchema } from '../../src/report/summary-format.js';
import type { RunDirectory } from '../../src/run-record/run-directory.js';

/** What the commands before this one told people about a vault, whatever its journal says now. */
export interface EarlierFigures {
  /** By the summary of the last command that ended. */
  readonly snapshot: VaultSnapshot | undefined;
  /** By that, or by the last status of a command that was killed. */
  readonly hasBegun: boolean;
}

/** What any version says of the beginnings of vaults in `status.json`. */
const beginningsSchema = z.object({
  vaults: z.array(
    z.object({ name: z.string(), snapshot: z.object({ read: z.int().nonnegative() }).optional() }),
  ),
});

/** By vault. A file that is missing, or cannot be read, says nothing. */
export async function readEarlierFigures(
  directory: RunDirectory,
): Promise<ReadonlyMap<string, EarlierFigures>> {
  const summary = await readDocument(directory.summaryFile, runSummarySchema);
  const status = await readDocument(directory.statusFile, beginningsSchema);
  const known = new Map<string, EarlierFigures>();
  for (const { name, snapshot } of status?.vaults ?? []) {
    known.set(name, { snapshot: undefined, hasBegun: snapshot !== undefined && snapshot.read > 0 });
  }
  for (const vault of summary?.vaults ?? []) {
    known.set(vault.name, {
      snapshot: { ...NOTHING_YET, ...pickFigures('totals', { ...NOTHING_YET, ...vault }) },
      hasBegun: vault.read > 0 || known.get(vault.name)?.hasBegun === true,
    });
  }
  return known;
}

/** The job with what its journal must know at least. */
export function withEvidence(job: VaultJob, earlier: EarlierFigures | undefined): VaultJob {
  if (earlier === undefined || job.task !== undefined) return job;
  const { evidence } = job.ledger ?? {};
  const settledRows = Math.max(evidence?.settledRows ?? 0, earlier.snapshot?.read ?? 0);
  const hasBegun = earlier.hasBegun || evidence?.hasBegun === true;
  return { ...job, ledger: { ...job.ledger, evidence: { settledRows, hasBegun } } };
}

async function readDocument<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await readPrivate(file)));
  } catch {
    return undefined;
  }
}
