import { copyFile, rename } from 'node:fs/promises';
import { SuperviseError } from '../../errors/supervise-error.js';
import type { PositionRange } from '../../record/batch.js';
import { RangeSet } from '../../record/range-set.js';
import { isHeld } from '../ledger-contract.js';
import { openPrivate } from '../../trust/open-private.js';
import { readErrorLog } from '../../error-log/read-error-log.js';
import { isFileThere } from '../durable-file.js';
import { DamageError, orStorageError, storageError } from '../storage-error.js';
import type { FileLine } from './file-line.js';
import { LogWalk, NO_LOG, proveLog, type LogMark } from './log-checksum.js';

/** What an error log proves without its journal. */
export interface AdoptedLog {
  /** Positions of the records in it: the vault refused them, whatever the journal says. */
  readonly failed: RangeSet;
  /** Those of them that may be in the vault. */
  readonly held: RangeSet;
  readonly entries: number;
  /** Behind the last entry that can be relied on. */
  readonly mark: LogMark;
}

/**
 * Reads an error log as far as it can be read, and no further than those of `lines` prove that have a checksum of it.
 * One that is damaged is kept as it is under the name `aside`; one that is not of this run and vault is moved there.
 */
export async function adoptErrorLog(
  file: string,
  owner: { readonly runId: string; readonly vaultName: string; readonly rows: PositionRange },
  lines: AsyncIterable<FileLine>,
  aside: string,
): Promise<AdoptedLog> {
  const failed = new RangeSet();
  const held = new RangeSet();
  let entries = 0;
  let mark: LogMark = NO_LOG;
  try {
    if (!(await isFileThere(file))) return { failed, held, entries, mark };
    const provenBytes = await findProven(file, lines);
    const log = await readErrorLog(file);
    if (log.head.run !== owner.runId || log.head.vault?.name !== owner.vaultName) {
      throw new DamageError(`${file} is not this run's`, { hint: '' });
    }
    for await (const { raw, end } of log.rawEntries) {
      if (end > provenBytes) throw new DamageError(`${file} is not what was written`, { hint: '' });
      for (const { Position: start } of raw.records) {
        if (start === undefined) continue;
        if (start < owner.rows.start || start >= owner.rows.end)
          throw new DamageError(`${file} is another shard's`, { hint: '' });
        failed.add({ start, end: start + 1 });
        if (isHeld(raw)) held.add({ start, end: start + 1 });
      }
      entries += 1;
      mark = { bytes: end, checksum: undefined };
    }
  } catch (error) {
    if (!(error instanceof SuperviseError) || error.code !== 'storage') throw error;
    await (mark.bytes === 0 ? rename(file, aside) : copyFile(file, aside)).catch((problem: unknown) => {
      throw storageError('keep', file, problem);
    });
  }
  return { failed, held, entries, mark: await sealed(file, mark) };
}

/** Up to which byte the log is what was written, as far as lines of the journal tell; Infinity: none contradicts it. */
async function findProven(file: string, lines: AsyncIterable<FileLine>): Promise<number> {
  const handle = await orStorageError('open', file, openPrivate(file, 'r'));
  try {
    const walk = new LogWalk(file, handle);
    let proven = 0;
    for await (const { log } of lines) {
      if (log.bytes <= proven || log.checksum === undefined) continue;
      if ((await walk.to(log.bytes)) !== log.checksum) return proven;
      proven = log.bytes;
    }
    return Infinity;
  } finally {
    await handle.close();
  }
}

async function sealed(file: string, mark: LogMark): Promise<LogMark> {
  if (mark.bytes === 0) return NO_LOG;
  const handle = await orStorageError('open', file, openPrivate(file, 'r'));
  try {
    return { bytes: mark.bytes, checksum: await proveLog(file, handle, mark) };
  } finally {
    await handle.close();
  }
}
