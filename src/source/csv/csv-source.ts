import { resolve } from 'node:path';
import { SuperviseError } from '../../errors/supervise-error.js';
import { isSameNaming, mapNames, type NamedFiles } from '../files/name-files.js';
import { PairSource, type ColumnFiles } from '../files/pair-source.js';
import { listParts, type FilePart } from '../files/file-part.js';
import type { KnownPieces } from '../fingerprints/piece-table.js';
import { type CsvFormat, ColumnReader, type TextForm } from './column-reader.js';
import { usualDialect } from './dialect.js';
import type { CsvEncoding } from './read-chunks.js';
import { dialectOf } from './form-settings.js';
import type { CsvSpec } from './csv-settings.js';
import { fileFormats, type FormatName, type FormatTexts } from '../file-formats.js';
import { errorIn } from '../files/file-errors.js';
import type { ColumnReading } from '../files/file-format.js';
import { openInputFile } from '../files/open-input-file.js';
import type { PartReader } from '../files/row-reader.js';
import type { StoredFile } from '../fingerprints/stored-file.js';
import { recogniseFile } from '../compression/recognise-file.js';

export interface CsvSourceOptions extends CsvFormat {
  readonly vaultName: string;
  readonly dataFile: NamedFiles;
  /** The data files themselves when they hold both columns. */
  readonly tokenFile: NamedFiles;
  readonly valueHeader: string;
  readonly tokenHeader: string;
  /** A column of both files that must hold the same in every row. */
  readonly keyHeader?: string | undefined;
  /** Of the token files, where it is another one. */
  readonly tokenEncoding?: CsvEncoding | undefined;
  readonly formats?: OtherFormats | undefined;
  /** Reads all files whole before the first record: row counts, every row's form, fingerprints. */
  readonly precount: boolean;
  /** A batch is closed before its values and tokens are larger. */
  readonly maxBatchBytes?: number | undefined;
  /** What an earlier process of the run has seen of the files: they are compared with it. */
  readonly known?: KnownPieces | undefined;
}

/** The records of CSV files in pairs, or of files with both columns, as `PairSource` reads them. */
export function openCsvSource(given: CsvSourceOptions): PairSource {
  const absolute = (named: NamedFiles): NamedFiles => mapNames(named, (name) => resolve(name));
  const [dataFile, tokenFile] = [absolute(given.dataFile), absolute(given.tokenFile)];
  const options = { ...given, dataFile, tokenFile };
  assertUsable(options);
  const { vaultName, valueHeader, tokenHeader, keyHeader, precount } = options;
  const { encoding, tokenEncoding = encoding } = options;
  const isPair = !isSameNaming(dataFile, tokenFile);
  const key = isPair ? keyHeader : undefined;
  const files = (
    role: 'data file' | 'token file',
    named: NamedFiles,
    own: { readonly headers: readonly string[]; readonly encoding: CsvEncoding },
  ): ColumnFiles => ({
    list: listParts(role, named, options),
    opener: csvOpener({ ...options, encoding: own.encoding }, options.formats ?? {}, {
      headers: key === undefined ? own.headers : [...own.headers, key],
      key,
      counts: precount,
    }),
  });
  const headers = isPair ? [valueHeader] : [valueHeader, tokenHeader];
  return new PairSource({
    ...options,
    vaultName,
    data: files('data file', dataFile, { headers, encoding }),
    tokens: isPair
      ? files('token file', tokenFile, { headers: [tokenHeader], encoding: tokenEncoding })
      : undefined,
    isKeyed: key !== undefined,
  });
}

function assertUsable({ vaultName, delimiter, ...options }: CsvSourceOptions): void {
  const refuse = (problem: string) => new SuperviseError('config', `vault ${vaultName}: ${problem}`);
  const { delimiter: own, quote, comment, nullStrings } = { ...usualDialect, ...options.dialect };
  const between = delimiter ?? own;
  if (between === '' || /["\r\n\uD800-\uDFFF\uFEFF]/.test(between) || between.includes(quote ?? '\n')) {
    throw refuse('csv.delimiter must be a character or more, and hold neither a quote nor a line end');
  }
  const texts = [between, quote ?? '', comment ?? '', ...nullStrings];
  if (options.encoding === 'latin1' && texts.some((text) => /[^\0-\u00ff]/.test(text))) {
    throw refuse('csv.delimiter, quote, comment and null_strings must be latin1 characters');
  }
  if (/[\r\n]/.test(texts.join(''))) throw refuse('csv.comment and null_strings hold no line ends');
  const oneFile = isSameNaming(options.dataFile, options.tokenFile);
  if (oneFile && options.valueHeader === options.tokenHeader) {
    throw refuse(`the column "${options.valueHeader}" of one file is both value and token`);
  }
  if (options.keyHeader === options.valueHeader || options.keyHeader === options.tokenHeader) {
    throw refuse(`csv.key_column "${options.keyHeader}" is the column of values or tokens itself`);
  }
}

/** The files of a vault as a source. */
export function openVaultFiles(
  vaultName: string,
  { files, precount }: Omit<CsvSpec, 'kind'>,
  reading: Pick<CsvSourceOptions, 'known' | 'maxBatchBytes'> = {},
): PairSource {
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

/** What holds for those files that turn out to be no text, whatever they are named. */
interface OtherFormats {
  /** Nothing but texts is read without. */
  readonly text?: FormatTexts | undefined;
  /** The one that all of them must have. */
  readonly meant?: FormatName | undefined;
}

/**
 * Opens files of a list in turn: of another format by their first bytes, else CSV. What the first one turns out to be holds for
 * those without a header of their own; where a file is known from an earlier reading, it is opened in the middle.
 */
function csvOpener(
  format: CsvFormat,
  formats: OtherFormats,
  columns: {
    readonly headers: readonly string[];
    readonly key: string | undefined;
    readonly counts: boolean;
  },
): ColumnFiles['opener'] {
  const { headers, key, counts } = columns;
  const forms = new Map<FilePart, TextForm | FormatName>();
  let first: TextForm | undefined;
  const { header } = format.dialect ?? usualDialect;
  return (purpose, signal, onBadLine) => async (part, row) => {
    const known = forms.get(part);
    const wanted = purpose === 'pass' ? headers.filter((name) => name === key) : headers;
    const file = await openInputFile(part.path, part.table);
    const other = typeof known === 'object' ? undefined : (known ?? (await formatOf(file, formats)));
    if (other !== undefined) {
      forms.set(part, other);
      return openFormat(file, other, { headers, wanted, text: formats.text?.[other] ?? [], row, signal });
    }
    const cut = row > 0 ? part.table.cutBefore(row) : undefined;
    const reader = await ColumnReader.open({
      part,
      file,
      format,
      headers,
      wanted,
      counts: purpose !== 'load' && counts,
      signal,
      like: header === 'every' || (part.number ?? 1) === 1 ? undefined : first,
      from: typeof known === 'object' && cut !== undefined ? { form: known, cut } : undefined,
      onBadLine,
    });
    first ??= reader.form;
    forms.set(part, reader.form);
    return reader;
  };
}

/** Closes the file where it fails. */
async function formatOf(file: StoredFile, { meant }: OtherFormats): Promise<FormatName | undefined> {
  try {
    const form = recogniseFile(await file.piece(0));
    const format = form.kind === 'format' ? form.format : undefined;
    if (meant === undefined || format === meant) return format;
    throw errorIn(
      file.path,
      `is not ${fileFormats[meant].title}, which \`"source": "${meant}"\` says that it is`,
      'Name files of that format, or say `--source csv`, which reads both.',
    );
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Closes the file where it fails. */
async function openFormat(file: StoredFile, format: FormatName, reading: ColumnReading): Promise<PartReader> {
  try {
    return await fileFormats[format].open(file, reading);
  } catch (error) {
    await file.close();
    throw error;
  }
}
