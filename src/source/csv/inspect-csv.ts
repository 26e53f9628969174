import type { PieceTable } from '../pieces/piece-table.js';
import type { InputIdentity, SourceInspection } from '../record-source.js';
import { ColumnReader } from './column-reader.js';
import type { CsvSourceOptions } from './csv-source.js';
import type { CsvEncoding } from './read-chunks.js';
import { assertEqualRows, assertRows, PairReader, readOn } from './pair-reader.js';

/** A file of a source, and what is known of its content. */
export interface CsvInput {
  readonly role: string;
  readonly path: string;
  readonly headers: readonly string[];
  readonly encoding: CsvEncoding;
  readonly table: PieceTable;
}

interface Input {
  readonly role: string;
  readonly reader: ColumnReader;
}

/**
 * The pass over the files before the first record, with the reader that will read them, so that it finds what
 * reading would find. Without `precount` it looks at no more than files and headers.
 */
export async function inspectCsv(
  options: CsvSourceOptions,
  files: readonly CsvInput[],
  signal: AbortSignal,
): Promise<SourceInspection> {
  // One file's failure ends the reading of the other, which may be long.
  const failure = new AbortController();
  const inputs: Input[] = [];
  try {
    const either = AbortSignal.any([signal, failure.signal]);
    for (const file of files) inputs.push(await openInput(options, file, either));
    if (options.precount) {
      await readAll(options, inputs).catch((error: unknown) => {
        failure.abort(error);
        throw error;
      });
    }
    return {
      rows: options.precount ? inputs[0]?.reader.rows : undefined,
      inputs: inputs.map((input) => identify(input, options.precount)),
      warnings: options.precount ? inputs.flatMap(({ reader }) => reader.warnings) : [],
    };
  } finally {
    await Promise.all(inputs.map(({ reader }) => reader.close()));
  }
}

async function openInput(
  options: CsvSourceOptions,
  { role, path, headers, encoding, table }: CsvInput,
  signal: AbortSignal,
): Promise<Input> {
  const reader = await ColumnReader.open({
    path,
    format: { ...options, encoding },
    headers,
    wanted: headers.filter((header) => header === options.keyHeader),
    signal,
    table,
    counts: options.precount,
  });
  return { role, reader };
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

function identify({ role, reader }: Input, whole: boolean): InputIdentity {
  const { sizeBytes, modifiedAt, table } = reader.file;
  return {
    role,
    name: reader.path,
    sizeBytes,
    modifiedAt: modifiedAt.toISOString(),
    ...(whole ? { rows: reader.rows } : {}),
    ...(table.fingerprint === undefined ? {} : { fingerprint: table.fingerprint }),
  };
}
