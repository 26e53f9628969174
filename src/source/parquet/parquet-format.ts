import type { FileFormat } from '../files/file-format.js';

/** Plain and encrypted. */
export const parquetFormat: FileFormat = {
  title: 'a Parquet file',
  start: /^PAR[1E]/,
  open: async (file, reading) => (await import('./parquet-reader.js')).ParquetReader.open(file, reading),
};
