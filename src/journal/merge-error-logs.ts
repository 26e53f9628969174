import { rename, rm } from 'node:fs/promises';
import { DurableFile, syncFolder } from './durable-file.js';
import { closeDocument, MERGED_LOG_FORMAT, openDocument, separated, toSeconds } from './error-log-format.js';
import type { SettledErrors } from './run-store.js';
import { orStorageError } from './storage-error.js';

export interface MergeTotals {
  readonly errors: number;
  readonly failedRecords: number;
}

const FLUSH_CHARACTERS = 1 << 20;

/**
 * Merges error logs into one document of the same shape, in which every entry names its vault (name, id, table,
 * column), so that it can be retried as it is. The file appears complete, or not at all; one that stands there is
 * replaced. Memory: one entry of a source.
 */
export async function mergeErrorLogs(
  sources: readonly SettledErrors[],
  outFile: string,
  options: { readonly run?: string; readonly at: Date; readonly signal?: AbortSignal | undefined },
): Promise<MergeTotals> {
  const unfinished = `${outFile}.new`;
  const out = await DurableFile.open(unfinished, 'w+');
  try {
    const totals = await writeMerged(out, sources, options);
    await out.sync();
    await out.close();
    await orStorageError('create', outFile, rename(unfinished, outFile));
    await syncFolder(outFile);
    return totals;
  } catch (error) {
    await out.close().catch(() => undefined);
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function writeMerged(
  out: DurableFile,
  sources: readonly SettledErrors[],
  {
    run,
    at,
    signal,
  }: { readonly run?: string; readonly at: Date; readonly signal?: AbortSignal | undefined },
): Promise<MergeTotals> {
  let text = openDocument({ format: MERGED_LOG_FORMAT, run, timestamp: toSeconds(at) });
  let errors = 0;
  let failedRecords = 0;
  for (const source of sources) {
    for await (const { raw, vault } of source.entries(signal)) {
      const { name: vault_name, id: vault_id, table, column } = vault;
      text += separated(JSON.stringify({ vault_name, vault_id, table, column, ...raw }), errors === 0);
      errors += 1;
      failedRecords += raw.records.length;
      if (text.length < FLUSH_CHARACTERS) continue;
      out.append(text);
      text = '';
    }
  }
  out.append(text + closeDocument(errors, failedRecords));
  return { errors, failedRecords };
}
