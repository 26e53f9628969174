import { copyFile, rename, stat } from 'node:fs/promises';
import { SuperviseError, systemCode } from '../../errors/supervise-error.js';
import { RangeSet } from '../../record/range-set.js';
import { isHeld } from '../ledger-contract.js';
import { readErrorLog } from '../read-error-log.js';
import { DamageError, storageError } from '../storage-error.js';

/** What an error log proves without its journal. */
export interface AdoptedLog {
  /** Positions of the records in it: the vault refused them, whatever the journal says. */
  readonly failed: RangeSet;
  /** Those of them that may be in the vault. */
  readonly held: RangeSet;
  readonly entries: number;
  /** Up to the end of the last entry that can be read; 0: there is none. */
  readonly logBytes: number;
}

/**
 * Reads an error log as far as it can be read. One that is damaged is kept as it is under the name `aside`; one that is
 * not of this run and vault is moved there.
 */
export async function adoptErrorLog(
  file: string,
  owner: { readonly runId: string; readonly vaultName: string },
  aside: string,
): Promise<AdoptedLog> {
  const failed = new RangeSet();
  const held = new RangeSet();
  let entries = 0;
  let logBytes = 0;
  try {
    if (!(await exists(file))) return { failed, held, entries, logBytes };
    const log = await readErrorLog(file);
    if (log.head.run !== owner.runId || log.head.vault?.name !== owner.vaultName) {
      throw new DamageError(`${file} is not this run's`, { hint: '' });
    }
    for await (const { raw, end } of log.rawEntries) {
      for (const { Position: start } of raw.records) {
        if (start === undefined) continue;
        failed.add({ start, end: start + 1 });
        if (isHeld(raw)) held.add({ start, end: start + 1 });
      }
      entries += 1;
      logBytes = end;
    }
  } catch (error) {
    if (!(error instanceof SuperviseError) || error.code !== 'storage') throw error;
    await (logBytes === 0 ? rename(file, aside) : copyFile(file, aside)).catch((problem: unknown) => {
      throw storageError('keep', file, problem);
    });
  }
  return { failed, held, entries, logBytes };
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw storageError('read', file, error);
  }
}
