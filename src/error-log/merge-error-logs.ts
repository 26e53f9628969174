import { rename, rm } from 'node:fs/promises';
import { DurableFile, syncFolder } from '../journal/durable-file.js';
import { closeDocument, MERGED_LOG_FORMAT, openDocument, separated, toSeconds } from './error-log-format.js';
import { knownVaultMessage } from '../outside/known-messages.js';
import type { RawEntry } from './error-log-entry.js';
import type { FailureReasons, ReasonCount } from '../journal/run-store.js';
import type { SettledErrors } from '../journal/ledger-reading.js';
import { orStorageError } from '../journal/storage-error.js';

export interface MergeTotals {
  readonly errors: number;
  readonly failedRecords: number;
  readonly reasons: FailureReasons;
}

/** Reasons of a vault that are told apart: what stands in a file must not fill the memory. */
const maxReasons = 100;

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
  const counts = new Map<string, Map<string, ReasonCount>>();
  for (const source of sources) {
    for await (const { raw, vault } of source.entries(signal)) {
      const { name: vault_name, id: vault_id, table, column } = vault;
      text += separated(JSON.stringify({ vault_name, vault_id, table, column, ...raw }), errors === 0);
      errors += 1;
      failedRecords += raw.records.length;
      count(counts, vault_name, raw);
      if (text.length < FLUSH_CHARACTERS) continue;
      out.append(text);
      text = '';
    }
  }
  out.append(text + closeDocument(errors, failedRecords));
  const reasons = new Map(
    [...counts].map(([name, found]) => [name, [...found.values()].sort((a, b) => b.records - a.records)]),
  );
  return { errors, failedRecords, reasons };
}

function count(
  counts: Map<string, Map<string, ReasonCount>>,
  vault: string,
  { reason = 'other', status_code: statusCode, error, records }: RawEntry,
): void {
  const found = counts.get(vault) ?? new Map<string, ReasonCount>();
  counts.set(vault, found);
  const meaning = reason === 'rejected' ? knownVaultMessage(error) : undefined;
  const exact = `${reason} ${statusCode} ${meaning ?? ''}`;
  const key = found.has(exact) || found.size < maxReasons ? exact : 'other';
  const before = found.get(key) ?? {
    ...(key === exact ? { reason, meaning } : { reason: 'other', meaning: undefined }),
    statusCode,
    records: 0,
  };
  found.set(key, { ...before, records: before.records + records.length });
}
