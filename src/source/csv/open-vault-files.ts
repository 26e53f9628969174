import { dialectOf } from './form-settings.js';
import type { RecordSource } from '../record-source.js';
import { openCsvSource, type CsvSourceOptions } from './csv-source.js';
import type { CsvSpec } from './csv-settings.js';

/** The files of a vault as a source. */
export function openVaultFiles(
  vaultName: string,
  { files, precount }: Omit<CsvSpec, 'kind'>,
  reading: Pick<CsvSourceOptions, 'known' | 'maxBatchBytes'> = {},
): RecordSource {
  return openCsvSource({
    vaultName,
    dataFile: files.data_file,
    tokenFile: files.token_file,
    valueHeader: files.value_header,
    tokenHeader: files.token_header,
    keyHeader: files.key_column,
    dialect: dialectOf(files),
    encoding: files.encoding,
    tokenEncoding: files.token_encoding,
    accept: files.accept,
    formats: { text: files.text, meant: files.format },
    precount,
    ...reading,
  });
}
