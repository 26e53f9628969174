import path from 'node:path';
import { SuperviseError } from '../../errors/supervise-error.js';
import type { RecordCursor, RecordSource, SourceInspection } from '../record-source.js';
import { ColumnReader } from './column-reader.js';
import { CsvCursor } from './csv-cursor.js';
import type { FileState } from './csv-file.js';
import { inspectCsv } from './inspect-csv.js';
import type { CsvEncoding } from './read-chunks.js';

export interface CsvSourceOptions {
  readonly vaultName: string;
  readonly dataFile: string;
  /** The data file itself when one file holds both columns. */
  readonly tokenFile: string;
  readonly valueHeader: string;
  readonly tokenHeader: string;
  /** A column of both files that must hold the same in every row. */
  readonly keyHeader?: string | undefined;
  /** One character. */
  readonly delimiter: string;
  readonly encoding: CsvEncoding;
  /** Reads both files whole before the first record: row counts, every row's form, fingerprints. */
  readonly precount: boolean;
}

/**
 * The records of a CSV pair, or of one file with both columns; files named `.gz` are decompressed. Nothing is
 * opened before a method is called; a file that changes after `inspect` is an `input_changed`.
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
  #inspected: readonly FileState[] = [];

  constructor(options: CsvSourceOptions) {
    this.#options = options;
  }

  async inspect(signal: AbortSignal): Promise<SourceInspection> {
    const { inspection, states } = await inspectCsv(this.#options, signal);
    this.#inspected = states;
    return inspection;
  }

  async open(signal: AbortSignal): Promise<RecordCursor> {
    const { vaultName, dataFile, tokenFile, valueHeader, tokenHeader, keyHeader } = this.#options;
    const read = (filePath: string, wanted: readonly string[], expected: FileState | undefined) =>
      ColumnReader.open({ path: filePath, format: this.#options, headers: wanted, wanted, signal, expected });
    const [dataState, tokenState] = this.#inspected;
    if (dataFile === tokenFile) {
      const data = await read(dataFile, [valueHeader, tokenHeader], dataState);
      return new CsvCursor({ vaultName, data, tokens: undefined, slots: { value: 0, token: 1 } });
    }
    const withKey = (header: string) => (keyHeader === undefined ? [header] : [header, keyHeader]);
    const data = await read(dataFile, withKey(valueHeader), dataState);
    try {
      const tokens = await read(tokenFile, withKey(tokenHeader), tokenState);
      const key = keyHeader === undefined ? undefined : withKey(valueHeader).indexOf(keyHeader);
      return new CsvCursor({ vaultName, data, tokens, slots: { value: 0, token: 0, key } });
    } catch (error) {
      await data.close();
      throw error;
    }
  }
}

function assertUsable({ vaultName, delimiter, ...options }: CsvSourceOptions): void {
  const refuse = (problem: string) => new SuperviseError('config', `vault ${vaultName}: ${problem}`);
  if (delimiter.length !== 1 || /["\r\n\uD800-\uDFFF\uFEFF]/.test(delimiter)) {
    throw refuse('csv.delimiter must be one character, and neither a quote nor a line end');
  }
  if (options.encoding === 'latin1' && delimiter > '\u00FF') {
    throw refuse('csv.delimiter is not a latin1 character');
  }
  const oneFile = path.resolve(options.dataFile) === path.resolve(options.tokenFile);
  if (oneFile && options.valueHeader === options.tokenHeader) {
    throw refuse(`the column "${options.valueHeader}" of one file is both value and token`);
  }
  if (options.keyHeader === options.valueHeader || options.keyHeader === options.tokenHeader) {
    throw refuse(`csv.key_column "${options.keyHeader}" is the column of values or tokens itself`);
  }
}
