import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { FailedRecord, LedgerOwner, Settlement } from '../../src/journal/ledger-contract.js';
import type { LedgerReading, SettledErrors } from '../../src/journal/ledger-reading.js';
import type { Ledger } from '../../src/journal/ledger.js';
import { JournalChain } from '../../src/journal/journal-chain.js';
import { JournalHead } from '../../src/journal/file/journal-head.js';
import { openLedger, type LedgerOptions } from '../../src/journal/open-ledger.js';
import { openRunStore } from '../../src/journal/open-run-store.js';
import { readErrorLog } from '../../src/error-log/read-error-log.js';
import { temporaryFolder } from '../support/temporary-folder.js';

export const owner: LedgerOwner = {
  runId: '20251009T153045Z-0123abcd',
  vaultName: 'SSN',
  vaultId: 'vault/äöü 1',
  table: 'ssn',
  column: 'ssn',
};
export const startedAt = new Date('2025-10-09T15:30:45.678Z');
export const JOURNAL = 'journal_SSN.log';
export const HEAD = 'journal_SSN.head';
export const ERROR_LOG = 'error_log_SSN_20251009_153045.json';

export { temporaryFolder };

/** In memory where there is such a place: for tests that sync thousands of times and not for what syncing does. */
export function memoryFolder(t: TestContext): Promise<string> {
  return temporaryFolder(t, existsSync('/dev/shm') ? '/dev/shm' : undefined);
}

export function open(runDirectory: string, overrides: Partial<LedgerOwner> = {}): Promise<Ledger> {
  return openWith(runDirectory, { owner: { ...owner, ...overrides } });
}

export async function openWith(
  runDirectory: string,
  options: Partial<LedgerOptions> & { readonly signal?: AbortSignal } = {},
): Promise<Ledger> {
  const { vaultName } = options.owner ?? owner;
  const { signal } = options;
  const store = await openRunStore(runDirectory).openJournal(vaultName, { lockWaitMs: 0, signal });
  return openLedger({ owner, startedAt, store, ...options });
}

export function readLedger(runDirectory: string, vaultName: string): Promise<LedgerReading | undefined> {
  return openRunStore(runDirectory).readLedger(vaultName);
}

/** An error log as what is merged, all of it or what of it is settled. */
export function errorsIn(file: string, settledBytes?: number): SettledErrors {
  return {
    place: file,
    async *entries(signal) {
      yield* (await readErrorLog(file, { signal, settledBytes })).rawEntries;
    },
  };
}

/** Values with everything that JSON and brackets can trip over. */
export function failure(position: number, overrides: Partial<FailedRecord> = {}): FailedRecord {
  return {
    position,
    value: `va"lue\\ ${position} }]{[ \u2028 é 𝄞`,
    token: `tok\n${position}`,
    reason: 'rejected',
    message: 'the vault says: no "{',
    httpStatus: 400,
    requestId: 'req-1',
    ...overrides,
  };
}

/** Rows `start` to `end`, of which those in `failed` failed and the rest are uploaded. */
export function settlement(start: number, end: number, failed: readonly number[] = []): Settlement {
  return {
    range: { start, end },
    uploaded: end - start - failed.length,
    confirmed: 0,
    skipped: {},
    failures: failed.map((position) => failure(position)),
  };
}

export interface LogDocument {
  readonly total_errors: number;
  readonly failed_records: number;
  readonly errors: readonly {
    readonly records: readonly {
      readonly Value: string;
      readonly Token: string;
      readonly Position: number;
    }[];
    readonly [key: string]: unknown;
  }[];
  readonly [key: string]: unknown;
}

/** The error log as a plain JSON document: a reader that knows nothing of how it is written. */
export function readDocument(file: string): LogDocument {
  return JSON.parse(readFileSync(file, 'utf8')) as LogDocument;
}

/** Positions in the error log, in its order; none when there is no file. */
export function loggedPositions(file: string | undefined): number[] {
  if (file === undefined) return [];
  return readDocument(file).errors.flatMap(({ records }) => records.map(({ Position }) => Position));
}

/** Leaves these files in the folder, as a crash or a hand has left them; undefined: there is none. */
export function place(folder: string, files: Readonly<Record<string, Uint8Array | undefined>>): void {
  for (const [file, bytes] of Object.entries(files))
    if (bytes === undefined) rmSync(join(folder, file), { force: true });
    else writeFileSync(join(folder, file), bytes);
}

/** The lines of a journal without their line ends, and without a torn last one. */
export function linesOf(journal: Buffer): string[] {
  return journal.toString().split('\n').slice(0, -1);
}

/** Puts a head beside a journal that vouches for its first `lines` lines, as it stands there after a power failure. */
export async function writeHead(folder: string, journal: Buffer, lines: number): Promise<void> {
  const chain = new JournalChain();
  let reservedTo = 0;
  for (const line of linesOf(journal).slice(0, lines)) {
    chain.take(Buffer.from(line));
    reservedTo = Math.max(reservedTo, Number(/^reserve \d+-(\d+)/.exec(line)?.[1] ?? 0));
  }
  await (await JournalHead.create(join(folder, HEAD), chain.mark, reservedTo)).close();
}

/** How many lines of a journal are on the disk before anything is done on the strength of them. */
export function durableLines(journal: Buffer): number {
  return (
    linesOf(journal).findLastIndex((line) => /^(?:skyflow-supervise|open|inputs|reserve) /.test(line)) + 1
  );
}
