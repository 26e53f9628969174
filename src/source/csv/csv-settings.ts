import { resolve } from 'node:path';
import * as z from 'zod';
import {
  formatName,
  formatTexts,
  formatTextsOf,
  type FormatSections,
  type FormatTexts,
} from '../file-formats.js';
import { isSameNaming, mapNames } from '../files/name-files.js';
import { formKeys, resolvedForm, resolveForm, usualTexts } from './form-settings.js';
import { CSV_ENCODINGS } from './read-chunks.js';

const name = z.string().min(1);
/** How the files of a column are named. */
export const fileNames = z.union([name, z.array(name).min(1).max(10_000).readonly()]);
const fileName = { allowed: 'the name of a file, a pattern ("ssn_*.csv.gz") or a list of them' };
const header = { allowed: 'the name of a column in the header line' };

/** The section `csv`: what holds for the files of every vault. */
export const csvSection = z
  .strictObject({
    data_directory: z.string().min(1).default('data').meta({
      description: 'Directory of the CSV files.',
      flag: '--data-dir',
      placeholder: 'DIR',
      path: true,
      allowed: 'the path of a directory',
    }),
    key_column: z
      .string()
      .optional()
      .meta({
        description:
          'Column of both files that must agree row by row; finds rows that are missing in one of them.',
        ...header,
      }),
    require_key: z.boolean().default(false).meta({
      description:
        'Refuse values and tokens in files of their own that no `key_column` ties together: paired by row number alone, nothing can see that they do not belong together.',
    }),
    ...formKeys((key) => usualTexts[key]),
  })
  .prefault({})
  .meta({ description: 'CSV files as the source.' });

export type CsvSection = z.output<typeof csvSection>;

/** What a vault may say of its files: the key `csv`. */
export const vaultCsvSection = z
  .strictObject({
    data_file: fileNames.optional().meta({
      description: 'File or files of the values, in `csv.data_directory`; plain, gzip or zstd.',
      defaultText: '`<column>_data.csv`',
      ...fileName,
    }),
    token_file: fileNames.optional().meta({
      description: 'File or files of the tokens; the same as `data_file` when they hold both columns.',
      defaultText: '`<column>_tokens.csv`',
      ...fileName,
    }),
    value_header: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: 'Header of the column of values.',
        defaultText: '`full_name` for the column `name`, else the column; `1` without headers',
        ...header,
      }),
    token_header: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: 'Header of the column of tokens.',
        defaultText: '`<value_header>_token`',
        ...header,
      }),
    key_column: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: 'Column of both files that must agree row by row.',
        defaultText: '`csv.key_column`',
        ...header,
      }),
    ...formKeys((key) => `\`csv.${key}\``),
    token_encoding: z.enum(CSV_ENCODINGS).optional().meta({
      description: 'Character encoding of the token file, where it is another one.',
      defaultText: "the vault's `encoding`",
    }),
  })
  .optional()
  .meta({ description: "This vault's CSV files, where they differ from the usual ones." });

/** What its files are told by. */
export interface VaultCsvKeys {
  readonly column: string;
  readonly csv?: z.output<typeof vaultCsvSection>;
}

const resolvedVaultCsv = z.strictObject({
  data_file: fileNames,
  /** The data files themselves when they hold both columns. */
  token_file: fileNames,
  value_header: z.string(),
  token_header: z.string(),
  /** A column of both files that must agree row by row. */
  key_column: z.string().optional(),
  ...resolvedForm.shape,
  token_encoding: z.enum(CSV_ENCODINGS).optional(),
  /** How what is no text in files that turn out to be of another format becomes text. */
  text: formatTexts.optional(),
  /** What all of them have to be; absent: each is what its first bytes say. */
  format: formatName.optional(),
});
/** A vault's CSV files with every default filled in; all paths are absolute. */
export type VaultCsv = Readonly<z.infer<typeof resolvedVaultCsv>>;

/** The header of a vault column's values in the reference's files. */
export function defaultValueHeader(column: string): string {
  return column === 'name' ? 'full_name' : column;
}

/** Fills in a vault's files and headers; files are resolved inside the (absolute) data directory. */
export function resolveVaultCsv(vault: VaultCsvKeys, section: CsvSection, text: FormatTexts = {}): VaultCsv {
  const own = vault.csv ?? {};
  const form = resolveForm(own, section);
  const isNumbered = form.header === 'none';
  const { data_file: data = `${vault.column}_data.csv`, token_file: tokens = `${vault.column}_tokens.csv` } =
    own;
  const holdsBoth = isSameNaming(data, tokens);
  const place = (name: string): string => resolve(section.data_directory, name);
  const valueHeader = own.value_header ?? (isNumbered ? '1' : defaultValueHeader(vault.column));
  const usualTokenHeader = isNumbered ? (holdsBoth ? '2' : '1') : `${valueHeader}_token`;
  const tokenHeader = own.token_header ?? usualTokenHeader;
  return {
    data_file: mapNames(data, place),
    token_file: mapNames(tokens, place),
    value_header: valueHeader,
    token_header: tokenHeader,
    key_column: own.key_column ?? section.key_column,
    ...form,
    ...(own.token_encoding === undefined ? {} : { token_encoding: own.token_encoding }),
    ...(Object.keys(text).length === 0 ? {} : { text }),
  };
}

/** What a child is told of a vault that is loaded from CSV files. */
export const csvSpec = z.strictObject({
  kind: z.literal('csv'),
  files: resolvedVaultCsv,
  /** False: no pass over the files before the first request. */
  precount: z.boolean(),
  /** Count values with two tokens and tokens with two values before anything is sent. */
  checkConflicts: z.boolean().optional(),
});
export type CsvSpec = z.infer<typeof csvSpec>;

/** What the configuration and the jobs of children are made of. */
export const csvTold = {
  section: csvSection,
  vaultKeys: { csv: vaultCsvSection },
  resolve: ({ csv }: { csv: CsvSection }) => csv,
  // Files that turn out to be of another format are read as its section says.
  resolveVault: (vault: VaultCsvKeys & FormatSections, sections: { csv: CsvSection } & FormatSections) => ({
    csv: resolveVaultCsv(vault, sections.csv, formatTextsOf(vault, sections)),
  }),
  spec: csvSpec,
};
