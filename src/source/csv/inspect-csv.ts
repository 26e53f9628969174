import { createHash, type Hash } from 'node:crypto';
import type { InputIdentity, SourceInspection } from '../record-source.js';
import { ColumnReader } from './column-reader.js';
import type { FileState } from './csv-file.js';
import type { CsvSourceOptions } from './csv-source.js';
import { assertEqualRows, assertRows, PairReader, readOn } from './pair-reader.js';

interface CsvInspection {
  readonly inspection: SourceInspection;
  /** Of the data file and, where there is one, of the token file. */
  readonly states: readonly FileState[];
}

interface Input {
  readonly role: string;
  readonly reader: ColumnReader;
  readonly hash: Hash;
}

/**
 * The pass over the files before the first record, with the reader that will read them, so that it finds what
 * reading would find. Without `precount` it looks at no more than files and headers.
 */
export async function inspectCsv(options: CsvSourceOptions, signal: AbortSignal): Promise<CsvInspection> {
  // One file's failure ends the reading of the other, which may be long.
  const failure = new AbortController();
  const inputs: Input[] = [];
  try {
    const either = AbortSignal.any([signal, failure.signal]);
    for (const file of filesOf(options)) inputs.push(await openInput(options, file, either));
    if (options.precount) {
      await readAll(options, inputs).catch((error: unknown) => {
        failure.abort(error);
        throw error;
      });
    }
    return {
      inspection: {
        rows: options.precount ? inputs[0]?.reader.rows : undefined,
        inputs: inputs.map((input) => identify(input, options.precount)),
      },
      states: inputs.map(({ reader }) => reader.state),
    };
  } finally {
    await Promise.all(inputs.map(({ reader }) => reader.close()));
  }
}

interface FileOptions {
  readonly role: string;
  readonly path: string;
  readonly headers: readonly string[];
}

function filesOf(options: CsvSourceOptions): FileOptions[] {
  const { dataFile, tokenFile, valueHeader, tokenHeader, keyHeader } = options;
  if (dataFile === tokenFile) {
    return [{ role: 'data file', path: dataFile, headers: [valueHeader, tokenHeader] }];
  }
  const key = keyHeader === undefined ? [] : [keyHeader];
  return [
    { role: 'data file', path: dataFile, headers: [valueHeader, ...key] },
    { role: 'token file', path: tokenFile, headers: [tokenHeader, ...key] },
  ];
}

async function openInput(
  options: CsvSourceOptions,
  { role, path, headers }: FileOptions,
  signal: AbortSignal,
): Promise<Input> {
  const hash = createHash('sha256');
  const reader = await ColumnReader.open({
    path,
    format: options,
    headers,
    wanted: headers.filter((header) => header === options.keyHeader),
    signal,
    onFileBytes: (chunk) => hash.update(chunk),
  });
  return { role, reader, hash };
}

async function readAll(options: CsvSourceOptions, inputs: readonly Input[]): Promise<void> {
  const [data, tokens] = inputs.map(({ reader }) => reader);
  if (data === undefined) return;
  if (tokens === undefined) {
    await readOn(data);
    assertRows(data.path, data.rows);
  } else if (options.keyHeader === undefined) {
    await Promise.all([readOn(data), readOn(tokens)]);
    assertEqualRows(options.vaultName, data, tokens);
  } else {
    const pairs = new PairReader({ vaultName: options.vaultName, data, tokens, keySlot: 0 });
    while ((await pairs.next()) !== undefined);
  }
}

function identify({ role, reader, hash }: Input, whole: boolean): InputIdentity {
  const { sizeBytes, modifiedMs } = reader.state;
  return {
    role,
    name: reader.path,
    sizeBytes,
    modifiedAt: new Date(modifiedMs).toISOString(),
    ...(whole ? { rows: reader.rows, sha256: hash.digest('hex') } : {}),
  };
}
