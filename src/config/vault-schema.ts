import * as z from 'zod';
import { ODDITIES } from '../source/csv/oddities.js';

const fileName = { allowed: 'the name of a file' };
const header = { allowed: 'the name of a column in the header line' };

const delimiter = z.string().regex(/^[^"\r\n]$/u);
const encoding = z.enum(['utf8', 'latin1', 'utf16le']);
const accept = z.array(z.enum(ODDITIES)).max(ODDITIES.length).readonly();
const acceptAllowed = `a list of ${ODDITIES.map((name) => `"${name}"`).join(', ')}`;
const delimiterAllowed = 'one character other than a quotation mark or a line break';

/** The section `csv`: what holds for the files of every vault. */
export const csvSchema = z
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

const vaultCsvSchema = z
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

const vaultSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .meta({
      description:
        'Name of the vault for people, for `--vault` and for file names; NAME, ID, DOB, SSN or any other.',
      allowed: 'up to 64 letters, digits, _ and -',
    }),
  id: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,128}$/)
    .meta({ description: 'Vault ID as Skyflow shows it.', allowed: 'a vault ID: letters, digits, _ and -' }),
  column: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/)
    .meta({
      description: 'Column of the vault that takes the values.',
      allowed: 'the name of a column: letters, digits, _, - and .',
    }),
  table: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/)
    .optional()
    .meta({
      description: 'Table of the vault.',
      defaultText: 'the column',
      allowed: 'the name of a table: letters, digits, _, - and .',
    }),
  csv: vaultCsvSchema,
  query: z.string().min(1).max(100_000).optional().meta({
    description: 'SQL for `query_mode` custom: the first two columns are value and token.',
    allowed: 'a SELECT statement',
  }),
  allow_destructive: z.boolean().default(false).meta({
    description: 'Whether commands that delete records may touch this vault.',
  }),
});

/** The list `skyflow.vaults`, of any length. */
export const vaultsSchema = z.array(vaultSchema).max(1000);

/** A vault as the schema leaves it, its defaults from other keys not yet filled in. */
export type ParsedVault = z.output<typeof vaultSchema>;
/** The section `csv` as the schema leaves it. */
export type CsvSettings = z.output<typeof csvSchema>;
