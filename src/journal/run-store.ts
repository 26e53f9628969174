import type { JournalStore } from './journal-store.js';
import type { DebtKind, LoadLockOptions, VaultTable, LockFolders } from './load-lock.js';
import type { Lock } from './lock.js';
import type { ShardPlan } from './shard-plan.js';
import type { LedgerReading, SettledErrors } from './ledger-reading.js';

/** So many records failed for one reason with one HTTP status; 0: there was no answer. */
export interface ReasonCount {
  readonly reason: string;
  readonly statusCode: number;
  /** What the vault meant by its refusal, in words of ours; undefined where that is not known. */
  readonly meaning: string | undefined;
  readonly records: number;
}

/** By the name of the vault: why its records failed, the most frequent first. */
export type FailureReasons = ReadonlyMap<string, readonly ReasonCount[]>;

/** A part of a vault with a journal of its own. */
export interface JournalShard {
  /** From 0. */
  readonly index: number;
  /** Its first row, and the one behind its last. */
  readonly start: number;
  readonly end: number;
}

export interface JournalOptions {
  /** Absent: the vault is not divided. */
  readonly shard?: JournalShard | undefined;
  readonly lockWaitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** All runs of one place, and the tables that loads of it are at. */
export interface Runs {
  /** Their ids, oldest first; none where nothing was kept yet. Throws `storage` for a place that cannot be read. */
  ids(): Promise<string[]>;
  /** What is kept of one of them, also before anything is. */
  open(runId: string): RunStore;
  /**
   * Keeps all other loads of this user on this host away from a table until it is released. Throws `locked` while
   * somebody else has it.
   */
  lockTarget(target: VaultTable, folders: LockFolders, options: LoadLockOptions): Promise<Lock>;
  /** What a command of this user has still to undo in a table, should it be killed; of each kind of command its own. */
  debts(target: VaultTable, folders: Pick<LockFolders, 'stateFolder'>, kind: DebtKind): Debts;
}

/** Lines that outlive the command which wrote them. All throw `storage`. */
export interface Debts {
  /** Where they stand, for people. */
  readonly place: string;
  /** Undefined: the one before left nothing. */
  read(): Promise<string | undefined>;
  /** Begins anew: what stood there before has been seen to. An append is written at once. */
  begin(): Promise<{ append(lines: string): void; close(): Promise<void> }>;
  /** Nothing is left to undo. */
  remove(): Promise<void>;
}

/** The record and the ledgers of one run, wherever they are kept. */
export interface RunStore {
  /** Where its record stands, for people. */
  readonly recordPlace: string;
  /** The record as it was kept; undefined where the run never came to have one. Throws `storage` where others may change it, else the system's error. */
  record(): Promise<string | undefined>;
  /** Keeps it, durably, in place of what is there. */
  keepRecord(text: string): Promise<void>;
  /**
   * The key that the run's fingerprints of its inputs are made with, in hex; undefined in runs of version 0.1, which had
   * none. It is secret: where several machines work on a run, they are told it as they are told other secrets.
   */
  fingerprintKey(): Promise<string | undefined>;
  /** Keeps it for everybody who will work on the run; before anything else of the run is kept. */
  keepFingerprintKey(key: string): Promise<void>;
  /** Where its error logs are: the newest of all vaults, if a command came to put them together, and those of each. */
  errorLogs(): Promise<{ readonly merged: string | undefined; readonly ofVaults: readonly string[] }>;
  /** Removes what somebody who was killed was about to put into place; whoever calls has the run's lock. Never rejects. */
  tidy(): Promise<void>;
  /** Of a run that never came to have a record nothing is kept, unless a ledger was begun. Never rejects. */
  discard(): Promise<void>;
  /**
   * Reads without lock and without changing anything, also while it is written; of a vault in shards, all of them as one. A
   * torn end is passed over. Undefined when the vault never began in this run; damage is a `DamageError`.
   */
  readLedger(vaultName: string, signal?: AbortSignal): Promise<LedgerReading | undefined>;
  /**
   * Resolves when what stands of a ledger that nobody writes any more would survive a power failure: a child that was
   * killed made its last lines durable no more. Nothing of it there: nothing to be done. Throws `storage`.
   */
  makeDurable(vaultName: string): Promise<void>;
  /**
   * The journal of a vault, or of a shard of it, for `openLedger`: its one writer, who is waited for. Throws `locked` while
   * there is another.
   */
  openJournal(vaultName: string, options?: JournalOptions): Promise<JournalStore>;
  /** How a vault is divided into shards; undefined: it is not. */
  shards(vaultName: string): Promise<ShardPlan | undefined>;
  /** Keeps that, durably, in place of what is there. */
  keepShards(vaultName: string, plan: ShardPlan): Promise<void>;
  /** Removes what is kept of a vault, which stands somewhere else: it is about to be written anew. */
  forgetLedger(vaultName: string): Promise<void>;
  /**
   * Puts the failed records of vaults together for people and for `retry`, whole or not at all. Resolves with where
   * that is, and with why they failed.
   */
  mergeErrors(
    sources: readonly SettledErrors[],
    options: { readonly run: string; readonly at: Date; readonly signal?: AbortSignal | undefined },
  ): Promise<{ readonly place: string; readonly reasons: FailureReasons }>;
}
