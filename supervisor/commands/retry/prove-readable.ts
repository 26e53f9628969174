import { readErrorLog } from '../../../src/error-log/read-error-log.js';
import { inSequence } from '../../../src/privacy/in-sequence.js';
import { RecordOpener, type OpenerKeys } from '../../../src/privacy/record-opener.js';
import { type RunOrigin, isOf, type WantedVault } from '../../../src/source/error-log/error-log-settings.js';
import { createRowLookup } from '../../../src/source/error-log/origin-rows.js';
import { planOrigins, type ReadableFiles } from './plan-origins.js';

/** A log, and whose records are wanted from it. */
export interface WantedLog {
  readonly file: string;
  readonly vaults: readonly WantedVault[];
}

/** By the name of the vault. */
export type OriginsByVault = ReadonlyMap<string, readonly RunOrigin[]>;

/**
 * Opens every wanted record that does not stand in its log in clear, and forgets it: what the keys at hand do not
 * open, what somebody changed, and a source that is not what it was, is found out before anything is sent. Resolves
 * with the sources of redacted records, for those who read them again.
 */
export async function proveReadable(
  logs: readonly WantedLog[],
  keys: OpenerKeys,
  readable: ReadableFiles,
): Promise<OriginsByVault> {
  const { signal } = new AbortController();
  const vaults = new Map(logs.flatMap((log) => log.vaults.map((vault) => [vault.name, vault] as const)));
  const origins = new Map<string, readonly RunOrigin[]>();
  for (const [name, vault] of vaults) {
    const files = logs.filter((log) => log.vaults.some((one) => one.name === name)).map(({ file }) => file);
    const own = await planOrigins(vault, files, readable);
    if (own.length > 0) origins.set(name, own);
    const opener = await RecordOpener.create(keys, createRowLookup(own, keys, signal));
    for (const file of files) {
      const { rawEntries } = await readErrorLog(file, { judgeTotals: true });
      const wanted = async function* () {
        for await (const entry of inSequence(file, rawEntries)) if (isOf(vault, entry.vault)) yield entry;
      };
      const opened = opener.open(file, wanted());
      while ((await opened.next()).done !== true);
    }
  }
  return origins;
}
