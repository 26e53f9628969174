import path from 'node:path';
import { SuperviseError } from '../../errors/supervise-error.js';
import { KnownPieces } from '../pieces/known-pieces.js';
import type { FilePieces } from '../pieces/piece-table.js';
import type { RecordCursor, RecordSource, SourceInspection } from '../record-source.js';
import { ColumnReader, type CsvFormat } from './column-reader.js';
import { CsvCursor } from './csv-cursor.js';
import { usualDialect } from './dialect.js';
import type { CsvEncoding } from './read-chunks.js';
import { inspectCsv, type CsvInput } from './inspect-csv.js';

export interface CsvSourceOptions extends CsvFormat {
  readonly vaultName: string;
  readonly dataFile: string;
  /** The data file itself when one file holds both columns. */
  readonly tokenFile: string;
  readonly valueHeader: string;
  readonly tokenHeader: string;
  /** A column of both files that must hold the same in every row. */
  readonly keyHeader?: string | undefined;
  /** Of the token file, where it is another one. */
  readonly tokenEncoding?: CsvEncoding | undefined;
  /** Reads both files whole before the first record: row counts, every row's form, fingerprints. */
  readonly precount: boolean;
  /** A batch is closed before its values and tokens are larger. */
  readonly maxBatchBytes?: number | undefined;
  /** What an earlier process of the run has seen of the files: they are compared with it. */
  readonly known?: KnownPieces | undefined;
}

/**
 * The records of a CSV pair, or of one file with both columns; files named `.gz` are decompressed. Nothing is
 * opened before a method is called; what is read is what `inspect` has seen, or it is an `input_changed`.
 */
export function openCsvSource(options: CsvSourceOptions): RecordSource {
  assertUsable(options);
  return new CsvSource({
    ...options,
    dataFile: path.resolve(options.dataFile),
    tokenFile: path.resolve(options.tokenFile),
  });
}

class CsvSource implements RecordSource {
  readonly #options: CsvSourceOptions;
  readonly #data: CsvInput;
  /** Undefined when one file holds both columns. */
  readonly #tokens: CsvInput | undefined;

  constructor(options: CsvSourceOptions) {
    this.#options = options;
    const { data, tokens } = filesOf(options);
    this.#data = data;
    this.#tokens = tokens;
  }

  inspect(signal: AbortSignal): Promise<SourceInspection> {
    return inspectCsv(this.#options, this.#inputs(), signal);
  }

  async open(signal: AbortSignal): Promise<RecordCursor> {
    const { vaultName, keyHeader, maxBatchBytes } = this.#options;
    const read = ({ path: filePath, headers, encoding, table }: CsvInput) => {
      const format = { ...this.#options, encoding };
      return ColumnReader.open({ path: filePath, format, headers, wanted: headers, signal, table });
    };
    const data = await read(this.#data);
    if (this.#tokens === undefined) {
      return new CsvCursor({
        vaultName,
        data,
        tokens: undefined,
        slots: { value: 0, token: 1 },
        maxBatchBytes,
      });
    }
    try {
      const tokens = await read(this.#tokens);
      const key = keyHeader === undefined ? undefined : this.#data.headers.indexOf(keyHeader);
      return new CsvCursor({ vaultName, data, tokens, slots: { value: 0, token: 0, key }, maxBatchBytes });
    } catch (error) {
      await data.close();
      throw error;
    }
  }

  pieces(): readonly FilePieces[] {
    return this.#inputs().map(({ role, path: name, table }) => table.record(role, name));
  }

  #inputs(): readonly CsvInput[] {
    return this.#tokens === undefined ? [this.#data] : [this.#data, this.#tokens];
  }
}

function filesOf(options: CsvSourceOptions): { data: CsvInput; tokens: CsvInput | undefined } {
  const {
    dataFile,
    tokenFile,
    valueHeader,
    tokenHeader,
    keyHeader,
    precount,
    known = KnownPieces.none,
  } = options;
  const { encoding, tokenEncoding = encoding } = options;
  const file = (role: 'data file' | 'token file', filePath: string, headers: readonly string[]): CsvInput => {
    return {
      role,
      path: filePath,
      headers,
      encoding: role === 'data file' ? encoding : tokenEncoding,
      // The pass sees for itself.
      table: known.table({ role, name: filePath, whole: precount }),
    };
  };
  if (dataFile === tokenFile) {
    return { data: file('data file', dataFile, [valueHeader, tokenHeader]), tokens: undefined };
  }
  const key = keyHeader === undefined ? [] : [keyHeader];
  return {
    data: file('data file', dataFile, [valueHeader, ...key]),
    tokens: file('token file', tokenFile, [tokenHeader, ...key]),
  };
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
  const oneFile = path.resolve(options.dataFile) === path.resolve(options.tokenFile);
  if (oneFile && options.valueHeader === options.tokenHeader) {
    throw refuse(`the column "${options.valueHeader}" of one file is both value and token`);
  }
  if (options.keyHeader === options.valueHeader || options.keyHeader === options.tokenHeader) {
    throw refuse(`csv.key_column "${options.keyHeader}" is the column of values or tokens itself`);
  }
}
