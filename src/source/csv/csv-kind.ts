import { stat } from 'node:fs/promises';
import { statSync } from 'node:fs';
import type { Settings, VaultSettings } from '../../config/configuration.js';
import { SuperviseError, systemCode } from '../../errors/supervise-error.js';
import { KnownPieces } from '../fingerprints/piece-table.js';
import { readPieces } from '../fingerprints/piece-file.js';
import { type SourceKind, notMine } from '../source-kind.js';
import { refuseUnkeyed, remarkOnPairing } from './pairing.js';
import { filesOf } from './vault-files.js';
import { askFolder } from '../files/ask-files.js';
import { isAnyThere, presumedFiles } from '../files/name-files.js';
import { refuseIrregular, refuseNames } from '../files/refuse-names.js';

const mebibyte = 2 ** 20;

/** Pairs of CSV files, or one file with both columns. */
export const csvKind: SourceKind = {
  name: 'csv',
  flags: ['--no-precount'],
  title: 'CSV files',
  usualMaxRecords: 100_000,
  childBytes: { empty: 90 * mebibyte, usual: 170 * mebibyte },
  readsAgain: true,
  complete: () => [],
  warnings: () => [],
  prepare: async (settings, vaults) => {
    refuseUnkeyed(settings, vaults);
    refuseStreams(vaults);
    await assertDataDirectory(settings);
  },
  remarks: remarkOnPairing,
  files: filesOf,
  extent: ({ start_record: start = 0, end_record: end }) =>
    start === 0 && end === undefined ? undefined : { start, end },
  query: () => undefined,
  moved: withMovedFiles,
  plan: ({ csv: files }, _, { precount, checkConflicts }) => ({
    kind: 'csv',
    files,
    precount,
    ...(checkConflicts ? { checkConflicts } : {}),
  }),
  check: async (load, signal) => (await import('./check-csv.js')).checkCsv(load, signal),
  interviewVault: async (ask, vault, section) => {
    const { interviewFiles } = await import('./interview-files.js');
    const csv = await interviewFiles(ask, vault, section);
    return Object.keys(csv).length === 0 ? {} : { csv };
  },
  interview: async (ask) => ({
    data_directory: await askFolder(ask, 'CSV files'),
  }),
  open: async (spec, { vault, runDirectory, maxBatchBytes, fingerprints, ledger, notice, signal }) => {
    if (spec.kind !== 'csv') throw notMine(spec);
    const { openVaultFiles } = await import('./csv-source.js');
    // Until a row was reserved, the files may become others.
    const pieces = ledger.hasBegun ? await readPieces(runDirectory, vault.name) : [];
    const known = new KnownPieces(fingerprints, pieces, ledger.inputs?.inputs);
    if (spec.checkConflicts === true && !ledger.hasBegun) {
      const { reportConflicts } = await import('./count-conflicts.js');
      const files = openVaultFiles(vault.name, spec, { maxBatchBytes });
      await reportConflicts(files, { folder: runDirectory, notice, signal });
    }
    return openVaultFiles(vault.name, spec, { known, maxBatchBytes });
  },
};

async function assertDataDirectory({ csv, skyflow }: Settings): Promise<void> {
  const usesDefault = skyflow.vaults.some((vault) =>
    filesOf(vault).some((file) => file.startsWith(csv.data_directory)),
  );
  if (!usesDefault) return;
  let problem: string | undefined;
  try {
    if (!(await stat(csv.data_directory)).isDirectory()) problem = 'is not a directory';
  } catch (error) {
    problem =
      systemCode(error) === 'ENOENT'
        ? 'does not exist'
        : `cannot be read (${systemCode(error) ?? String(error)})`;
  }
  if (problem === undefined) return;
  throw new SuperviseError('config', `the data directory ${csv.data_directory} ${problem}`, {
    hint: 'Name the directory of the CSV files with --data-dir or csv.data_directory; `generate 1000` makes mock data.',
  });
}

/** A vault with today's paths for files that are not where they were; a notice for each. */
function withMovedFiles(
  vault: VaultSettings,
  { csv: now }: VaultSettings,
): { readonly vault: VaultSettings; readonly notices: readonly string[] } {
  const gone = (['data_file', 'token_file'] as const).filter((file) => !isAnyThere(vault.csv[file]));
  if (!gone.every((file) => isAnyThere(now[file]))) return { vault, notices: [] };
  const files = Object.fromEntries(gone.map((file) => [file, now[file]]));
  return {
    vault: { ...vault, csv: { ...vault.csv, ...files } },
    notices: gone.map(
      (file) => `vault ${vault.name}: ${shown(vault.csv[file])} is read from ${shown(now[file])} now`,
    ),
  };
}

function shown(named: string | readonly string[]): string {
  return [named].flat().join(', ');
}

/**
 * Throws `config` where a file of a vault is none: standard input, a pipe, a device, an address. A run that began with it
 * could never be resumed. What is missing or a directory may be put right meanwhile, and is the vault's own failure.
 */
function refuseStreams(vaults: readonly Pick<VaultSettings, 'name' | 'csv'>[]): void {
  for (const { name, csv } of vaults) {
    for (const file of [csv.data_file, csv.token_file].flat().flatMap(presumedFiles)) {
      try {
        refuseNames(file);
        const found = statSync(file, { throwIfNoEntry: false });
        if (found?.isDirectory() === false) refuseIrregular(file, found);
      } catch (error) {
        // What cannot be looked at, as in a folder that is closed to us, is said where it is opened.
        if (!(error instanceof SuperviseError)) continue;
        throw new SuperviseError('config', `vault ${name}: ${error.message}`, { hint: error.hint });
      }
    }
  }
}
