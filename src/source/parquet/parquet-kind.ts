import { askFolder } from '../files/ask-files.js';
import type { Settings, VaultSettings } from '../../config/configuration.js';
import { csvKind } from '../csv/csv-kind.js';
import { remarkOnPairing } from '../csv/pairing.js';
import type { SourceKind } from '../source-kind.js';
import { asVaultFiles } from './parquet-settings.js';

const mebibyte = 2 ** 20;

/**
 * Parquet files. What files with columns are (parts, pairs, keys, what has moved, what is looked at before a load) is the
 * same as for CSV, which also reads Parquet where its files turn out to be: here nothing else may be there.
 */
export const parquetKind: SourceKind = {
  ...csvKind,
  name: 'parquet',
  like: 'csv',
  flags: [],
  title: 'Parquet files',
  // A page of each column, packed and unpacked, and a dictionary.
  childBytes: { empty: 90 * mebibyte, usual: 280 * mebibyte },
  prepare: (settings, vaults) => csvKind.prepare(asFiles(settings), vaults.map(withFiles)),
  remarks: (vaults) => remarkOnPairing(vaults.map(withFiles), 'parquet.key_column'),
  files: (vault) => csvKind.files(withFiles(vault)),
  moved: (vault, today) => {
    const found = csvKind.moved?.(withFiles(vault), withFiles(today));
    if (found === undefined) return { vault, notices: [] };
    const { data_file, token_file } = found.vault.csv;
    return {
      vault: { ...vault, parquet: { ...vault.parquet, data_file, token_file } },
      notices: found.notices,
    };
  },
  plan: (vault, settings, wishes) => csvKind.plan(withFiles(vault), settings, wishes),
  check: (load, signal) =>
    csvKind.check({ ...load, settings: asFiles(load.settings), vaults: load.vaults.map(withFiles) }, signal),
  interviewVault: async (ask, vault, section) => {
    const { interviewParquet } = await import('./interview-parquet.js');
    const parquet = await interviewParquet(ask, vault, section);
    return Object.keys(parquet).length === 0 ? {} : { parquet };
  },
  interview: async (ask) => ({
    data_directory: await askFolder(ask, 'Parquet files'),
  }),
};

function withFiles(vault: VaultSettings): VaultSettings {
  return { ...vault, csv: asVaultFiles(vault.parquet) };
}

function asFiles(settings: Settings): Settings {
  const { data_directory, require_key } = settings.parquet;
  const vaults = settings.skyflow.vaults.map(withFiles);
  return {
    ...settings,
    csv: { ...settings.csv, data_directory, require_key },
    skyflow: { ...settings.skyflow, vaults },
  };
}
