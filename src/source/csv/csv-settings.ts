import { resolve } from 'node:path';
import * as z from 'zod';
import { ODDITIES } from './oddities.js';

const fileName = { allowed: 'the name of a file' };
const header = { allowed: 'the name of a column in the header line' };

const delimiter = z.string().regex(/^[^"\r\n]$/u);
const encoding = z.enum(['utf8', 'latin1', 'utf16le']);
const accept = z.array(z.enum(ODDITIES)).max(ODDITIES.length).readonly();
const acceptAllowed = `a list of ${ODDITIES.map((name) => `"${name}"`).join(', ')}`;
const delimiterAllowed = 'one character other than a quotation mark or a line break';

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
    delimiter: delimiter.default(',').meta({
      description: 'Character between two fields.',
      allowed: delimiterAllowed,
    }),
    encoding: encoding.default('utf8').meta({ description: 'Character encoding of the files.' }),
    accept: accept.default([]).meta({
      description:
        'Oddities in the files that are meant as data: a byte order mark or the header at a later row, NUL characters, cells of control characters only, a last row that counts the others.',
      allowed: acceptAllowed,
    }),
  })
  .prefault({})
  .meta({ description: 'CSV files as the source.' });

/** What a vault may say of its files: the key `csv`. */
export const vaultCsvSection = z
  .strictObject({
    data_file: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: 'File of the values, in `csv.data_directory`; plain or gzip.',
        defaultText: '`<column>_data.csv`',
        ...fileName,
      }),
    token_file: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: 'File of the tokens; the same as `data_file` when one file holds both columns.',
        defaultText: '`<column>_tokens.csv`',
        ...fileName,
      }),
    value_header: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: 'Header of the column of values.',
        defaultText: '`full_name` for the column `name`, else the column',
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
    delimiter: delimiter.optional().meta({
      description: 'Character between two fields.',
      defaultText: '`csv.delimiter`',
      allowed: delimiterAllowed,
    }),
    encoding: encoding.optional().meta({
      description: 'Character encoding of the files.',
      defaultText: '`csv.encoding`',
    }),
    accept: accept.optional().meta({
      description: 'Oddities in the files that are meant as data.',
      defaultText: '`csv.accept`',
      allowed: acceptAllowed,
    }),
  })
  .optional()
  .meta({ description: "This vault's CSV files, where they differ from the usual ones." });

const resolvedVaultCsv = z.strictObject({
  data_file: z.string(),
  /** The data file itself when one file holds both columns. */
  token_file: z.string(),
  value_header: z.string(),
  token_header: z.string(),
  /** A column of both files that must agree row by row. */
  key_column: z.string().optional(),
  delimiter,
  encoding,
  accept,
});
/** A vault's CSV files with every default filled in; both paths are absolute. */
export type VaultCsv = Readonly<z.infer<typeof resolvedVaultCsv>>;

/** The header of a vault column's values in the reference's files. */
function defaultValueHeader(column: string): string {
  return column === 'name' ? 'full_name' : column;
}

/** Fills in a vault's files and headers; files are resolved inside the (absolute) data directory. */
export function resolveVaultCsv(
  vault: { readonly column: string; readonly csv?: z.output<typeof vaultCsvSection> },
  section: z.output<typeof csvSection>,
): VaultCsv {
  const own = vault.csv ?? {};
  const valueHeader = own.value_header ?? defaultValueHeader(vault.column);
  return {
    data_file: resolve(section.data_directory, own.data_file ?? `${vault.column}_data.csv`),
    token_file: resolve(section.data_directory, own.token_file ?? `${vault.column}_tokens.csv`),
    value_header: valueHeader,
    token_header: own.token_header ?? `${valueHeader}_token`,
    key_column: own.key_column ?? section.key_column,
    delimiter: own.delimiter ?? section.delimiter,
    encoding: own.encoding ?? section.encoding,
    accept: own.accept ?? section.accept,
  };
}

/** What a child is told of a vault that is loaded from CSV files. */
export const csvSpec = z.strictObject({
  kind: z.literal('csv'),
  files: resolvedVaultCsv,
  /** False: no pass over the files before the first request. */
  precount: z.boolean(),
});
export type CsvSpec = z.infer<typeof csvSpec>;
