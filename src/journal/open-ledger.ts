import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { DurableFile, syncFolder } from './durable-file.js';
import { ErrorLogFile } from './error-log-file.js';
import type { RecordProtection } from './error-log-format.js';
import { JournalChain } from './journal-chain.js';
import { JournalHead, readHead, REPAIR } from './journal-head.js';
import { formatBody, type WritableLine } from './journal-line.js';
import { JournalWriter } from './journal-writer.js';
import { Ledger } from './ledger.js';
import type { LedgerHeader, LedgerOwner } from './ledger-contract.js';
import { headFile, journalFile } from './ledger-files.js';
import { LedgerState } from './ledger-state.js';
import { acquireLock } from './lock.js';
import { repairLedger } from './repair-ledger.js';
import { replayJournal, type Replay } from './replay-journal.js';
import { damaged, DamageError, orStorageError } from './storage-error.js';

/** What is known of a ledger from elsewhere: a journal that knows less is not the one that was written. */
export interface LedgerEvidence {
  /** Rows that were settled when a command on the run ended. */
  readonly settledRows: number;
  /** Whether any row was, or may have been, sent. */
  readonly hasBegun: boolean;
}

export interface LedgerOptions {
  readonly runDirectory: string;
  readonly owner: LedgerOwner;
  /** The run's start. Only the first opening of a ledger uses it. */
  readonly startedAt: Date;
  /** How long to wait for another process that has the ledger open. */
  readonly lockWaitMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Keeps the records of this opening out of the error log's text; absent: they stand there in clear. */
  readonly protect?: RecordProtection | undefined;
  readonly evidence?: LedgerEvidence | undefined;
  /** A ledger that is damaged is put together again from its remains: what is not provably settled is in doubt. */
  readonly repair?: boolean | undefined;
}

/** Longer than an orphan takes to drain. */
const LOCK_WAIT_MS = 15_000;

/**
 * Opens the ledger of a vault in a run for writing: takes its lock, creates or re-reads the journal, drops the
 * journal's torn end and cuts the error log back to what the journal has settled. Throws `locked` while another
 * process has it open, `storage` when a file cannot be used, is damaged, or belongs to another run or vault.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const file = journalFile(options.runDirectory, options.owner.vaultName);
  const lock = await acquireLock(`${file}.lock`, {
    waitMs: options.lockWaitMs ?? LOCK_WAIT_MS,
    signal: options.signal,
    describe: `the journal of vault ${options.owner.vaultName}`,
  });
  try {
    const parts = await openFiles(file, options).catch(async (error: unknown) => {
      if (options.repair !== true || !(error instanceof DamageError)) throw error;
      await repairLedger(file, { ...options, hasForgotten: error.forgotten });
      return openFiles(file, options);
    });
    return new Ledger({ ...parts, lock, protect: options.protect });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

type OpenFiles = Pick<ConstructorParameters<typeof Ledger>[0], 'header' | 'journal' | 'errorLog'>;

async function openFiles(path: string, options: LedgerOptions): Promise<OpenFiles> {
  const { runDirectory, owner, signal, evidence } = options;
  const known = await readHead(headFile(path));
  let file: DurableFile | undefined;
  let head: JournalHead | undefined;
  let errorLog: ErrorLogFile | undefined;
  try {
    file = await openIfThere(path);
    if (file === undefined && known !== undefined && known.durable.sequence > 0) {
      throw damaged(path, 'it is missing, but its head is there', REPAIR);
    }
    const { state, chain, intactBytes, isWhole } =
      file === undefined ? NOTHING() : await replayJournal(path, file.handle, known, signal);
    const begun = state.header;
    if (begun !== undefined) refuseForeign(path, begun, owner);
    if (evidence !== undefined) refuseForgetful(path, state, evidence);
    const header = begun ?? { ...owner, startedAt: options.startedAt.toISOString() };
    if (file !== undefined && begun === undefined) await refuseOther(file, header);
    errorLog = await ErrorLogFile.open(runDirectory, header, {
      entries: state.entries,
      failedRecords: state.totals.failed,
      logBytes: state.logBytes,
      mayExist: begun !== undefined,
    });
    // A head comes before the journal's first line, and before the first one that a journal of version 0.1 gets.
    if (known === undefined) await file?.sync();
    const reservedTo = known?.reservedTo ?? [...state.reserved].at(-1)?.end ?? 0;
    head =
      known === undefined
        ? await JournalHead.create(headFile(path), chain.mark, reservedTo)
        : await JournalHead.open(headFile(path), known);
    file ??= await DurableFile.open(path, 'wx+');
    file.truncate(intactBytes);
    const journal = new JournalWriter({ file, head, chain, state, reservedTo });
    const unsent: WritableLine[] = isWhole
      ? [...state.kept].map((range) => ({ kind: 'release', range }))
      : [];
    await journal.open([
      ...(begun === undefined ? [{ kind: 'header', header } as const] : unsent),
      { kind: 'open', pid: process.pid, at: new Date().toISOString() },
    ]);
    if (begun === undefined) await syncFolder(path);
    return { header, journal, errorLog };
  } catch (error) {
    await errorLog?.close();
    await head?.close();
    await file?.close();
    throw error;
  }
}

const NOTHING = (): Replay => ({
  state: new LedgerState(),
  chain: new JournalChain(),
  intactBytes: 0,
  isWhole: false,
});

async function openIfThere(path: string): Promise<DurableFile | undefined> {
  try {
    return await DurableFile.open(path, 'r+');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** What stands in a file without a header must be a part of it, torn by a crash. */
async function refuseOther(file: DurableFile, header: LedgerHeader): Promise<void> {
  const text = new JournalChain().seal(formatBody({ kind: 'header', header }));
  const found = Buffer.alloc(Math.min(file.length, text.length));
  await orStorageError('read', file.path, file.handle.read(found, 0, found.length, 0));
  const written = [text, text.replace('journal 2', 'journal 1')].map((each) => Buffer.from(each));
  if (found.includes(0) || written.some((each) => each.subarray(0, found.length).equals(found))) return;
  throw damaged(
    file.path,
    'line 1 is not the header of a journal of this run',
    'move the file away if it is not a journal',
  );
}

function refuseForgetful(file: string, state: LedgerState, { settledRows, hasBegun }: LedgerEvidence): void {
  const settled = state.settled.size;
  if (state.repair !== undefined) return;
  if (settled >= settledRows && (!hasBegun || state.reserved.size > 0 || settled > 0)) return;
  throw new DamageError(
    `${file} ${state.header === undefined ? 'is missing or empty' : 'is not the one that was written'}: ` +
      `${settled} rows are settled in it, but ${settledRows > settled ? `${settledRows} were when the last command on this run ended` : 'the run had begun to send'}`,
    { hint: REPAIR, forgotten: true },
  );
}

/** A journal of another run or vault was put in this one's place; another target is what the configuration says. */
function refuseForeign(file: string, found: LedgerHeader, owner: LedgerOwner): void {
  const other = (['runId', 'vaultName', 'vaultId', 'table', 'column'] as const).find(
    (key) => found[key] !== owner[key],
  );
  if (other === undefined) return;
  const message = `${file} was begun with ${other} ${found[other]}, not ${owner[other]}`;
  if (other === 'runId' || other === 'vaultName') throw new DamageError(message, { hint: REPAIR });
  throw new SuperviseError('storage', message, {
    hint: 'resume with the configuration that the run began with, or start a new run',
  });
}
