import { createHash } from 'node:crypto';
import { readdir, rm, rmdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { SuperviseError, systemCode } from '../../errors/supervise-error.js';
import { writeFileAtomically } from '../../system/write-file.js';
import { openPrivate, readPrivate, readPrivateIfThere } from '../../trust/open-private.js';
import type { JournalStore } from '../journal-store.js';
import { LedgerState } from '../ledger-state.js';
import { mergeErrorLogs } from '../../error-log/merge-error-logs.js';
import { readErrorLog, type RawLogEntry } from '../../error-log/read-error-log.js';
import type { JournalOptions, RunStore } from '../run-store.js';
import type { PositionRange } from '../../record/batch.js';
import type { LedgerReading, SettledErrors } from '../ledger-reading.js';
import { oneReading, shardPlanSchema, type ShardPlan } from '../shard-plan.js';
import { proveLog, type LogMark } from './log-checksum.js';
import { damaged, orStorageError, REPAIR, storageError } from '../storage-error.js';
import { syncFile, syncFolder } from '../durable-file.js';
import { FileJournal } from './file-journal.js';
import { readHead, type HeadReading } from './journal-head.js';
import { replayJournal } from './replay-journal.js';
import {
  errorLogFile,
  errorLogOf,
  fingerprintKeyFile,
  headFile,
  isOfLedger,
  isHalfWritten,
  journalFile,
  mergedErrorLogFile,
  recordFile,
  shardsFile,
} from './run-files.js';

/** Nothing else says how the rows were divided. */
const RESTORE_SHARDS =
  'Restore it from a copy of the run directory; without it nothing tells which rows were sent.';

/** Ledgers in the files of a run directory. */
export class FileRunStore implements RunStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  get recordPlace(): string {
    return recordFile(this.#directory);
  }

  record(): Promise<string | undefined> {
    return readPrivateIfThere(this.recordPlace);
  }

  async keepRecord(text: string): Promise<void> {
    await writeFileAtomically(this.recordPlace, text, { durable: true });
  }

  async fingerprintKey(): Promise<string | undefined> {
    const file = fingerprintKeyFile(this.#directory);
    const key = (await orStorageError('read', file, readPrivateIfThere(file)))?.trim();
    if (key === undefined || /^[0-9a-f]{64}$/.test(key)) return key;
    throw new SuperviseError('storage', `${file} does not hold the key that this program wrote`, {
      hint: 'Put it back from a copy: without it nobody can tell whether files are the ones that the run read.',
    });
  }

  async keepFingerprintKey(key: string): Promise<void> {
    await writeFileAtomically(fingerprintKeyFile(this.#directory), `${key}\n`, { durable: true });
  }

  async errorLogs(): Promise<{ merged: string | undefined; ofVaults: string[] }> {
    const names = (await readdir(this.#directory)).sort();
    const places = (whose: ReturnType<typeof errorLogOf>): string[] =>
      names.filter((name) => errorLogOf(name) === whose).map((name) => join(this.#directory, name));
    return { merged: places('all').at(-1), ofVaults: places('one') };
  }

  async tidy(): Promise<void> {
    const names = await readdir(this.#directory).catch(() => []);
    for (const name of names.filter(isHalfWritten))
      await rm(join(this.#directory, name), { force: true }).catch(() => undefined);
  }

  async discard(): Promise<void> {
    const names = await readdir(this.#directory).catch(() => []);
    const key = fingerprintKeyFile(this.#directory);
    if (names.some((name) => join(this.#directory, name) !== key)) return;
    await rm(key, { force: true }).catch(() => undefined);
    await rmdir(this.#directory).catch(() => undefined);
  }

  openJournal(vaultName: string, options: JournalOptions = {}): Promise<JournalStore> {
    return FileJournal.open({ ...options, runDirectory: this.#directory, vaultName });
  }

  async makeDurable(vaultName: string): Promise<void> {
    const names = await readdir(this.#directory).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return [];
      throw storageError('read', this.#directory, error);
    });
    const files = names
      .filter((name) => isOfLedger(name, vaultName))
      .map((name) => join(this.#directory, name));
    await Promise.all(files.map(syncFile));
    if (files[0] !== undefined) await syncFolder(files[0]);
  }

  async forgetLedger(vaultName: string): Promise<void> {
    const names = await readdir(this.#directory).catch(() => []);
    for (const name of names.filter((each) => isOfLedger(each, vaultName)))
      await rm(join(this.#directory, name), { force: true });
  }

  async shards(vaultName: string): Promise<ShardPlan | undefined> {
    const file = shardsFile(this.#directory, vaultName);
    try {
      const { checksum, ...found } = keptPlanSchema.parse(JSON.parse(await readPrivate(file)));
      const plan = shardPlanSchema.parse(found);
      if (checksum !== sumOf(plan)) throw damaged(file, 'its checksum differs', RESTORE_SHARDS);
      return plan;
    } catch (error) {
      if (error instanceof SuperviseError) throw error;
      if (systemCode(error) === 'ENOENT') return undefined;
      if (error instanceof SyntaxError || error instanceof z.ZodError)
        throw damaged(file, 'it does not hold what this program wrote', RESTORE_SHARDS);
      throw storageError('read', file, error);
    }
  }

  async keepShards(vaultName: string, plan: ShardPlan): Promise<void> {
    const file = shardsFile(this.#directory, vaultName);
    await writeFileAtomically(file, `${JSON.stringify({ ...plan, checksum: sumOf(plan) })}\n`, {
      durable: true,
    });
  }

  async readLedger(vaultName: string, signal?: AbortSignal): Promise<LedgerReading | undefined> {
    const plan = await this.shards(vaultName);
    if (plan === undefined) {
      const reading = await this.#readJournal(journalFile(this.#directory, vaultName), signal);
      if (reading === undefined) await this.#refuseShardsWithoutPlan(vaultName, signal);
      return reading;
    }
    const readings: LedgerReading[] = [];
    for (const [shard, rows] of plan.shards.entries()) {
      const file = journalFile(this.#directory, vaultName, shard);
      const reading = await this.#readJournal(file, signal);
      if (reading === undefined) throw damaged(file, 'it is missing', REPAIR);
      if (!isOfShard(reading, rows)) throw damaged(file, 'it is that of other rows', REPAIR);
      readings.push(reading);
    }
    return oneReading(plan, readings);
  }

  /** Journals of shards come before their plan: until that stands nothing is sent. */
  async #refuseShardsWithoutPlan(vaultName: string, signal: AbortSignal | undefined): Promise<void> {
    for (let shard = 0; ; shard += 1) {
      const found = await this.#readJournal(journalFile(this.#directory, vaultName, shard), signal);
      if (found === undefined) return;
      if (found.settled.size + found.inDoubt.size > 0)
        throw damaged(shardsFile(this.#directory, vaultName), 'it is missing', RESTORE_SHARDS);
    }
  }

  async #readJournal(file: string, signal: AbortSignal | undefined): Promise<LedgerReading | undefined> {
    // First: while it is read the journal grows, and may be in front of its head, never behind it.
    const head = await readHead(headFile(file));
    try {
      return await this.#read(file, head, signal);
    } catch (error) {
      // It came into being in between.
      const isNew = head === undefined && (await readHead(headFile(file))) !== undefined;
      if (!isNew) throw error;
      return this.#readJournal(file, signal);
    }
  }

  async mergeErrors(
    sources: readonly SettledErrors[],
    options: { readonly run: string; readonly at: Date; readonly signal?: AbortSignal | undefined },
  ) {
    const place = mergedErrorLogFile(this.#directory, options.at);
    const { reasons } = await mergeErrorLogs(sources, place, options);
    return { place, reasons };
  }

  async #read(
    file: string,
    head: HeadReading | undefined,
    signal: AbortSignal | undefined,
  ): Promise<LedgerReading | undefined> {
    let handle: FileHandle;
    try {
      handle = await openPrivate(file, 'r');
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw storageError('open', file, error);
      if (head === undefined || head.durable.sequence === 0) return undefined;
      throw damaged(file, 'it is missing, but its head is there', REPAIR);
    }
    try {
      const state = new LedgerState();
      const take = state.take.bind(state);
      const { log, isWhole } = await replayJournal(file, handle, head, { take, signal });
      const { header, totals, settled, inputs, extent, query, openings } = state;
      if (header === undefined) return undefined;
      const place = errorLogFile(file, header);
      const { mark } = log;
      return {
        ...{ header, totals, settled, inputs, extent, query, openings },
        inDoubt: state.inDoubt({ isWhole }),
        errors:
          mark.bytes === 0 ? undefined : { place, entries: (stop) => settledEntries(place, mark, stop) },
      };
    } finally {
      await handle.close();
    }
  }
}

/** A boundary that is moved in it would leave rows out, without a word. */
const keptPlanSchema = z.looseObject({ checksum: z.string() });

function sumOf(plan: ShardPlan): string {
  return createHash('sha256')
    .update(JSON.stringify(shardPlanSchema.parse(plan)))
    .digest('hex');
}

/** Every shard's journal says which rows it is of before any of them is sent. */
function isOfShard({ extent, settled }: LedgerReading, rows: PositionRange): boolean {
  const isOf = ({ start, end }: PositionRange): boolean => start >= rows.start && end <= rows.end;
  return (extent === undefined || (extent.start === rows.start && isOf(extent))) && [...settled].every(isOf);
}

/** A killed child may have left more behind than is settled. What is settled is what was written, or none of it counts. */
async function* settledEntries(
  file: string,
  mark: LogMark,
  signal: AbortSignal | undefined,
): AsyncGenerator<RawLogEntry> {
  const handle = await orStorageError('open', file, openPrivate(file, 'r'));
  try {
    await proveLog(file, handle, mark);
  } finally {
    await handle.close();
  }
  const { rawEntries } = await readErrorLog(file, { signal, settledBytes: mark.bytes });
  yield* rawEntries;
}
