import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { Batch, PositionRange } from '../../src/record/batch.js';
import { openCsvSource, type CsvSourceOptions } from '../../src/source/csv/csv-source.js';
import type { Dialect } from '../../src/source/csv/dialect.js';
import { dialectOf, resolveForm } from '../../src/source/csv/form-settings.js';
import type { RecordSource } from '../../src/source/record-source.js';
import { temporaryFolder } from '../support/temporary-folder.js';

export const never = new AbortController().signal;
export const everything: PositionRange = { start: 0, end: Number.MAX_SAFE_INTEGER };

export { temporaryFolder };

type Content = string | Buffer;

export interface Pair {
  readonly source: RecordSource;
  readonly dataFile: string;
  readonly tokenFile: string;
}

/** A pair of files, `id.csv` and `id_tokens.csv`, or one file when `tokens` is left out, and its source. */
export async function writePair(
  context: TestContext,
  { data, tokens }: { readonly data: Content; readonly tokens?: Content },
  options: Partial<CsvSourceOptions> = {},
): Promise<Pair> {
  const directory = await temporaryFolder(context);
  const dataFile = path.join(directory, path.basename(oneName(options.dataFile) ?? 'id.csv'));
  const tokenFile =
    tokens === undefined
      ? dataFile
      : path.join(directory, path.basename(oneName(options.tokenFile) ?? 'id_tokens.csv'));
  await writeFile(dataFile, data);
  if (tokens !== undefined) await writeFile(tokenFile, tokens);
  return { source: openSource({ ...options, dataFile, tokenFile }), dataFile, tokenFile };
}

/** A source of the vault ID, with the pass over its files, as most tests want it. */
export function openSource(
  options: Pick<CsvSourceOptions, 'dataFile' | 'tokenFile'> & Partial<CsvSourceOptions>,
): RecordSource {
  const columns = { valueHeader: 'id', tokenHeader: 'id_token' };
  return openCsvSource({ vaultName: 'ID', encoding: 'utf8', precount: true, ...columns, ...options });
}

/** What a file is like of which a vault's settings say so much. */
export const dialectFor = (form: Parameters<typeof resolveForm>[0]): Dialect =>
  dialectOf(resolveForm(form, {}));

function oneName(named: CsvSourceOptions['dataFile'] | undefined): string | undefined {
  return [named].flat()[0];
}

/** All batches of a range. */
export async function readBatches(
  source: RecordSource,
  { within = everything, maxRecords = 3, signal = never } = {},
): Promise<Batch[]> {
  const cursor = await source.open(signal);
  try {
    const batches: Batch[] = [];
    for (;;) {
      const batch = await cursor.read(within, maxRecords);
      if (batch === undefined) return batches;
      batches.push(batch);
    }
  } finally {
    await cursor.close();
  }
}

/** All records of a source, as [value, token]. */
export async function readRecords(source: RecordSource): Promise<[string, string][]> {
  const batches = await readBatches(source, { maxRecords: 100 });
  return batches.flatMap(({ values, tokens }) =>
    values.map((value, index): [string, string] => [value, tokens[index] ?? '']),
  );
}

/** What both the pass before the first request and, without it, reading come to. */
export async function failures(
  context: TestContext,
  files: { readonly data: Content; readonly tokens?: Content },
  options: Partial<CsvSourceOptions> = {},
): Promise<unknown[]> {
  const inspected = await writePair(context, files, options);
  const unlooked = await writePair(context, files, { ...options, precount: false });
  return Promise.all([
    inspected.source.inspect(never).then(
      () => 'no error',
      (error: unknown) => error,
    ),
    readBatches(unlooked.source).then(
      () => 'no error',
      (error: unknown) => error,
    ),
  ]);
}
