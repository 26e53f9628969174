import type { JournalLine, WritableLine } from './journal-line.js';
import type { LedgerHeader } from './ledger-contract.js';

/**
 * How much a line may be relied on. `loose`: a crash of the machine may forget it. `witnessed`: the same, but whoever
 * replays knows that nothing is missing, or does not trust it. `durable`: it outlives the machine.
 */
export type Durability = 'loose' | 'witnessed' | 'durable';

export interface AppendOptions {
  readonly durability: Durability;
  /** Entries of the error log that the lines settle: durable before any of the lines is there. */
  readonly entries?: readonly string[];
}

/**
 * Where the journal and the error log of one vault's load (or of a shard of it) are kept, open for one writer: files
 * in a run directory, or rows of a database. It keeps lines in order and understands them no further than it must;
 * what they mean is `Ledger`'s.
 *
 * What every store promises, and `test/journal/store-contract.ts` tries:
 * - Lines come back as they were appended, in that order, each once. After a crash of the process none of those whose
 *   append was done is missing. After a crash of the machine some of the last may be, and none before a durable one.
 * - Of lines that are missing, changed, doubled, moved or another ledger's, where they cannot be what a crash has left,
 *   `replay` says `DamageError`.
 * - An append that failed, or was overtaken by another writer, fails all that follow with the same error.
 * - Entries of lines that are not there are not there either, from `begin` on.
 */
export interface JournalStore {
  /**
   * Gives every line that counts to `take`, which says why a line cannot follow those before it: that is damage.
   * `isWhole`: no witnessed line is missing, so what was handed out is known. Changes nothing.
   */
  replay(take: (line: JournalLine) => string | undefined): Promise<{ readonly isWhole: boolean }>;
  /** Called once, behind `replay` and before the first append: puts right what a crash has left half done. */
  begin(header: LedgerHeader): Promise<void>;
  /**
   * Adds lines in one piece: all of them or none. Undefined when they are there already, as far as they are to be
   * relied on; else they are when it resolves.
   */
  append(lines: readonly WritableLine[], options: AppendOptions): Promise<void> | undefined;
  /**
   * Instead of `begin`, when `replay` found damage: puts together again what proves itself (`RepairLine`), and keeps
   * what was damaged. `replay` follows once more. `hasForgotten`: the lines hold, but are known to be too old.
   */
  repair(header: LedgerHeader, options: { readonly hasForgotten: boolean }): Promise<void>;
  /** Where people find the failed records; undefined while there are none. */
  readonly errorLog: string | undefined;
  /** Where the lines are, for messages. */
  readonly place: string;
  /** Waits for appends under way, makes everything durable, and lets the next writer in. May be called twice. */
  close(): Promise<void>;
}
