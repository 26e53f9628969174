import { resolve } from 'node:path';
import * as z from 'zod';
import { defaultValueHeader, fileNames, type VaultCsv } from '../csv/csv-settings.js';
import { usualForm } from '../csv/form-settings.js';
import { mapNames } from '../files/name-files.js';
import { chosenForms, textForms, type TextForms } from '../files/text-forms.js';

const name = z.string().min(1);
const fileName = { allowed: 'the name of a file, a pattern ("ssn/*.parquet") or a list of them' };
const column = { allowed: 'the name of a column; inside of others `address.city`' };

function textKey(usual: string) {
  return textForms.optional().meta({
    description:
      'How numbers, dates and other values that are no text are written; without it they are refused.',
    allowed: 'a list such as ["integer:0", "date:yyyy-mm-dd"]; docs/parquet.md has all forms',
    defaultText: usual,
  });
}

/** The section `parquet`: what holds for the Parquet files of every vault. */
export const parquetSection = z
  .strictObject({
    data_directory: z.string().min(1).optional().meta({
      description: 'Directory of the Parquet files.',
      defaultText: '`csv.data_directory`',
      path: true,
      allowed: 'the path of a directory',
    }),
    key_column: name.optional().meta({
      description:
        'Column of values’ and tokens’ files that must agree row by row, where they are not the same.',
      ...column,
    }),
    require_key: z.boolean().default(false).meta({
      description: 'Refuse values and tokens in files of their own that no `key_column` ties together.',
    }),
    text: textKey('`[]`'),
  })
  .prefault({})
  .meta({ description: 'Parquet files as the source; `text` also for those that `csv` names.' });

/** What a vault may say of its files: the key `parquet`. */
export const vaultParquetSection = z
  .strictObject({
    data_file: fileNames.optional().meta({
      description: 'File or files of the values, in `parquet.data_directory`.',
      defaultText: '`<column>.parquet`',
      ...fileName,
    }),
    token_file: fileNames.optional().meta({
      description: 'File or files of the tokens, where they stand in others.',
      defaultText: '`data_file`',
      ...fileName,
    }),
    value_column: name.optional().meta({
      description: 'Column of the values.',
      defaultText: '`full_name` for the column `name`, else the column',
      ...column,
    }),
    token_column: name.optional().meta({
      description: 'Column of the tokens.',
      defaultText: '`<value_column>_token`',
      ...column,
    }),
    key_column: name.optional().meta({
      description: 'Column of both files that must agree row by row.',
      defaultText: '`parquet.key_column`',
      ...column,
    }),
    text: textKey('`parquet.text`'),
  })
  .optional()
  .meta({ description: "This vault's Parquet files, where they differ from the usual ones." });

type Own = z.output<typeof vaultParquetSection>;
/** What its files are told by. */
export interface VaultParquetKeys {
  readonly column: string;
  readonly parquet?: Own;
}
type Section = ReturnType<typeof resolveParquet>;
/** What the section depends on, as the schema leaves it. */
export interface ParquetSections {
  readonly parquet: z.output<typeof parquetSection>;
  readonly csv: { readonly data_directory: string };
}

/** The section with the directory filled in. */
export function resolveParquet({ parquet, csv }: ParquetSections) {
  return { ...parquet, data_directory: parquet.data_directory ?? csv.data_directory };
}

/** A vault's Parquet files with every default filled in; all paths are absolute. Its keys are those of the configuration. */
export interface VaultParquet {
  readonly data_file: VaultCsv['data_file'];
  readonly token_file: VaultCsv['token_file'];
  readonly value_column: string;
  readonly token_column: string;
  readonly key_column: string | undefined;
  readonly text: TextForms;
}

/** Fills in a vault's files and columns; files are resolved inside the (absolute) data directory. */
export function resolveVaultParquet(vault: VaultParquetKeys, section: Section): VaultParquet {
  const own = vault.parquet ?? {};
  const { data_file: data = `${vault.column}.parquet`, token_file: tokens = data } = own;
  const place = (file: string): string => resolve(section.data_directory, file);
  const valueColumn = own.value_column ?? defaultValueHeader(vault.column);
  return {
    data_file: mapNames(data, place),
    token_file: mapNames(tokens, place),
    value_column: valueColumn,
    token_column: own.token_column ?? `${valueColumn}_token`,
    key_column: own.key_column ?? section.key_column,
    text: chosenForms(own, section),
  };
}

/** The same as files with columns are read, of which Parquet is one form. */
export function asVaultFiles({ value_column, token_column, text, ...files }: VaultParquet): VaultCsv {
  const own = { text: { parquet: text }, format: 'parquet' } as const;
  return { ...usualForm, ...files, value_header: value_column, token_header: token_column, ...own };
}

/** What the configuration and the jobs of children are made of. */
export const parquetTold = {
  section: parquetSection,
  vaultKeys: { parquet: vaultParquetSection },
  resolve: resolveParquet,
  resolveVault: (vault: VaultParquetKeys, sections: ParquetSections) => ({
    parquet: resolveVaultParquet(vault, resolveParquet(sections)),
  }),
};
