import { SuperviseError } from '../../errors/supervise-error.js';
import { withholding, type LoggedVault, type RawEntry } from '../../error-log/error-log-entry.js';
import { readErrorLog } from '../../error-log/read-error-log.js';
import { factsOfReason, type Standing } from '../../error-log/failure-reasons.js';
import { openLog, fingerprintFile, type FileFingerprint } from './open-log.js';
import { PieceTable } from '../fingerprints/piece-table.js';
import { NONE_STANDING, standingOf } from './standing-of.js';

export interface ErrorTally {
  readonly entries: number;
  readonly records: number;
}

/** What an error log holds for one vault. */
export interface VaultErrors extends ErrorTally {
  readonly vault: LoggedVault;
  /** Of `records`: where they stand, as far as the log says. */
  readonly byStanding: Readonly<Record<Standing, number>>;
  /** Of `records`: do not stand in the log in clear. */
  readonly withheld: Readonly<Record<'encrypted' | 'redacted', number>>;
  /** Of their values and tokens, as far as they stand there in clear. */
  readonly characters: number;
  /** By HTTP status; 0 for no answer. */
  readonly byStatus: ReadonlyMap<number, ErrorTally>;
  /** By reason; undefined for entries that give none. */
  readonly byReason: ReadonlyMap<string | undefined, ErrorTally>;
}

/** An error log at one moment, counted through. */
export interface ErrorLogAnalysis extends FileFingerprint {
  readonly file: string;
  /** The run that wrote it; absent in logs of the replaced loader. */
  readonly run: string | undefined;
  /** When it was begun, as it says itself. */
  readonly timestamp: string | undefined;
  /** In the order in which they occur; the log's own vault even when nothing is logged for it. */
  readonly vaults: readonly VaultErrors[];
}

/** Distinct vaults, statuses and reasons that are told apart: what a file may claim must not fill the memory. */
const maxDistinct = 1_000;

/**
 * Counts an error log of any size through, in the memory of one entry; the table learns its content. What is not one
 * is a `storage` error.
 */
export async function analyseErrorLog(
  file: string,
  signal?: AbortSignal,
  table = new PieceTable({ whole: 'sha256' }),
): Promise<ErrorLogAnalysis> {
  const fingerprint = await fingerprintFile(file, signal, table);
  const log = await readErrorLog(file, { signal, open: () => openLog(file, table) });
  const counts = new Map<string, VaultCount>();
  const countOf = (vault: LoggedVault): VaultCount => {
    const key = JSON.stringify([vault.name, vault.id, vault.table, vault.column]);
    const known = counts.get(key);
    if (known !== undefined) return known;
    if (counts.size >= maxDistinct) {
      throw new SuperviseError('storage', `${file} names more than ${maxDistinct} vaults`, {
        hint: 'Give an error log of this program, or of the loader that it replaces.',
      });
    }
    const made = new VaultCount(vault);
    counts.set(key, made);
    return made;
  };
  if (log.head.vault !== undefined) countOf(log.head.vault);
  for await (const { raw, vault } of log.rawEntries) countOf(vault).add(raw);
  return {
    ...fingerprint,
    file,
    run: log.head.run,
    timestamp: log.head.timestamp,
    vaults: [...counts.values()],
  };
}

class VaultCount implements VaultErrors {
  readonly vault: LoggedVault;
  readonly byStatus = new Map<number, ErrorTally>();
  readonly byReason = new Map<string | undefined, ErrorTally>();
  entries = 0;
  records = 0;
  characters = 0;
  readonly byStanding = { ...NONE_STANDING };
  readonly withheld = { encrypted: 0, redacted: 0 };

  constructor(vault: LoggedVault) {
    this.vault = vault;
  }

  add(raw: RawEntry): void {
    const { reason, foreign = false, status_code: statusCode } = raw;
    const records = raw.records.length;
    const how = withholding(raw);
    this.entries += 1;
    this.records += records;
    for (const { Value = '', Token = '' } of raw.records) this.characters += Value.length + Token.length;
    this.byStanding[standingOf({ reason, foreign, statusCode })] += records;
    if (how !== undefined) this.withheld[how] += records;
    const isStatus = statusCode === 0 || (statusCode >= 100 && statusCode < 600);
    tally(this.byStatus, isStatus ? statusCode : -1, -1, records);
    const isKnown = reason === undefined || reason === 'missing' || factsOfReason(reason) !== undefined;
    tally(this.byReason, isKnown ? reason : 'other', 'other', records);
  }
}

function tally<Key>(counts: Map<Key, ErrorTally>, wanted: Key, other: Key, records: number): void {
  const key = counts.has(wanted) || counts.size < maxDistinct ? wanted : other;
  const before = counts.get(key);
  counts.set(key, { entries: (before?.entries ?? 0) + 1, records: (before?.records ?? 0) + records });
}
