import { presumedFiles } from '../files/name-files.js';
import type { VaultCsv } from './csv-settings.js';
import { lookAtFile, type LookedAtFile, type ProposedForm } from './look-at-file.js';
import { openVaultFiles } from './csv-source.js';
import type { CsvEncoding } from './read-chunks.js';
import { isPair } from './vault-files.js';

/** Keys of a vault's `csv` with which its files are read. */
export interface ProposedSettings extends ProposedForm {
  readonly value_header?: string;
  readonly token_header?: string;
  readonly token_encoding?: CsvEncoding;
}

/**
 * The keys that the first files of a vault ask for, tried on all of them: with these the columns are found. Empty where the
 * settings are right as they are; undefined where nothing was found that works. A header is proposed only if it differs
 * from the wanted one in case, blanks and punctuation: any other may be a record.
 */
export async function proposeSettings(
  vaultName: string,
  files: VaultCsv,
  signal: AbortSignal,
): Promise<ProposedSettings | undefined> {
  if (await areFound(vaultName, files, signal)) return {};
  const looked = await look(files, signal);
  if (looked === undefined) return undefined;
  // The usual name of the tokens' column follows that of the values.
  const isNamed = looked.value_header !== undefined && looked.token_header === undefined;
  const proposed = isNamed ? { ...looked, token_header: files.token_header } : looked;
  return (await areFound(vaultName, { ...files, ...proposed }, signal)) ? proposed : undefined;
}

/** Whether every file has its columns. */
async function areFound(vaultName: string, files: VaultCsv, signal: AbortSignal): Promise<boolean> {
  try {
    await openVaultFiles(vaultName, { files, precount: false }).inspect(signal);
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

async function look(files: VaultCsv, signal: AbortSignal): Promise<ProposedSettings | undefined> {
  const [dataFile = ''] = presumedFiles(files.data_file);
  const [tokenFile = ''] = presumedFiles(files.token_file);
  const { value_header: value, token_header: token } = files;
  if (!isPair(files)) {
    const data = await lookAtFile(dataFile, [value, token], signal);
    return data && { ...data.form, ...columnsOf(data, { value_header: value, token_header: token }) };
  }
  const data = await lookAtFile(dataFile, [value], signal);
  const tokens = await lookAtFile(tokenFile, [token], signal);
  if (data === undefined || tokens === undefined) return undefined;
  const { encoding: tokenEncoding = 'utf8' } = tokens.form;
  const { encoding = 'utf8' } = data.form;
  return {
    // A file of one column shows no delimiter: the other one does.
    ...(data.columnCount === 1 ? tokens.form : {}),
    ...data.form,
    // Of both, unless the tokens have their own.
    encoding,
    ...(tokenEncoding === encoding ? {} : { token_encoding: tokenEncoding }),
    ...columnsOf(data, { value_header: value }),
    ...columnsOf(tokens, { token_header: token }),
  };
}

/** For each wanted column its name in the file, or its number. */
function columnsOf(
  { columns, columnCount }: LookedAtFile,
  wanted: Readonly<Partial<Record<'value_header' | 'token_header', string>>>,
): ProposedSettings {
  const names = Object.entries(wanted);
  const found = names.flatMap(([key, name], at): [string, string][] => {
    if (columns === undefined) return columnCount === names.length ? [[key, String(at + 1)]] : [];
    const own = columns.find((one) => bare(one) === bare(name));
    // A mark in front of the header is to be removed, and not to be named.
    return own === undefined || own === name || own.startsWith('\uFEFF') ? [] : [[key, own]];
  });
  return Object.fromEntries(found);
}

/** A header without all that is easily written in another way. */
function bare(header: string): string {
  return header.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
