import { openPrivate } from '../trust/open-private.js';
import { join } from 'node:path';
import * as z from 'zod';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { DurableFile } from '../journal/durable-file.js';
import { storageError } from '../journal/storage-error.js';
import type { PositionRange } from '../record/batch.js';
import { RangeSet } from '../record/range-set.js';

const count = z.int().nonnegative();
const lineSchema = z.union([
  z.strictObject({ format_version: z.literal(1), run: z.string(), vault: z.string(), began_at: z.string() }),
  z.strictObject({
    rows: z.tuple([count, count]),
    skipped: count.optional(),
    missing: z.array(count).optional(),
    different: z.array(count).optional(),
  }),
  z.strictObject({ ended_at: z.string() }),
]);
type Line = z.infer<typeof lineSchema>;

/** A range that was compared: every row of it matches, is skipped, or stands in one of the two lists. */
export interface ComparedRows extends PositionRange {
  readonly skipped: number;
  /** Positions. */
  readonly missing: readonly number[];
  readonly different: readonly number[];
}

/**
 * What comparing has come to so far. It is the sum of the lines of a progress file, in two sets and three range sets
 * whatever their number.
 */
export class ComparisonState {
  readonly compared = new RangeSet();
  readonly missing = new RangeSet();
  readonly different = new RangeSet();
  skipped = 0;

  add({ start, end, skipped, missing, different }: ComparedRows): void {
    this.compared.add({ start, end });
    this.skipped += skipped;
    for (const position of missing) this.missing.add({ start: position, end: position + 1 });
    for (const position of different) this.different.add({ start: position, end: position + 1 });
  }

  get matching(): number {
    return this.compared.size - this.skipped - this.missing.size - this.different.size;
  }
}

/** How far the verification of every record of a vault has come: JSON lines, one for each answer of the vault. */
export function progressFile(runDirectory: string, vaultName: string): string {
  return join(runDirectory, `verification_${vaultName}.log`);
}

/**
 * The progress of one vault's verification, appended to answer by answer, so that a process that is killed loses
 * nothing but what was on its way. One process at a time has it open.
 */
export class VerificationProgress {
  readonly state: ComparisonState;
  /** When the verification that is gone on with began; undefined for a new one. */
  readonly continuedFrom: string | undefined;
  readonly #file: DurableFile;

  private constructor(file: DurableFile, state: ComparisonState, continuedFrom: string | undefined) {
    this.#file = file;
    this.state = state;
    this.continuedFrom = continuedFrom;
  }

  /** Goes on with the verification that did not come to its end, unless `anew`; else begins one. */
  static async open(
    path: string,
    options: { readonly run: string; readonly vault: string; readonly anew: boolean },
  ): Promise<VerificationProgress> {
    const { run, vault, anew } = options;
    const before = anew ? undefined : await readProgress(path, options);
    if (before !== undefined && !before.ended) {
      const file = await DurableFile.open(path, 'r+');
      file.truncate(before.intactBytes);
      return new VerificationProgress(file, before.state, before.beganAt);
    }
    const file = await DurableFile.open(path, 'w+');
    const progress = new VerificationProgress(file, new ComparisonState(), undefined);
    progress.#append({ format_version: 1, run, vault, began_at: new Date().toISOString() });
    return progress;
  }

  record(rows: ComparedRows): void {
    const { start, end, skipped, missing, different } = rows;
    this.#append({
      rows: [start, end],
      ...(skipped === 0 ? {} : { skipped }),
      ...(missing.length === 0 ? {} : { missing: [...missing] }),
      ...(different.length === 0 ? {} : { different: [...different] }),
    });
    this.state.add(rows);
  }

  /** Every record is compared: the next verification begins anew. */
  end(): void {
    this.#append({ ended_at: new Date().toISOString() });
  }

  async close(): Promise<void> {
    await this.#file.sync();
    await this.#file.close();
  }

  #append(line: Line): void {
    this.#file.append(`${JSON.stringify(line)}\n`);
  }
}

interface ReadProgress {
  readonly state: ComparisonState;
  readonly beganAt: string;
  readonly ended: boolean;
  /** Where the intact lines end: what a crash left behind them counts for nothing. */
  readonly intactBytes: number;
}

async function readProgress(
  path: string,
  { run, vault }: { readonly run: string; readonly vault: string },
): Promise<ReadProgress | undefined> {
  const state = new ComparisonState();
  let beganAt: string | undefined;
  let ended = false;
  let intactBytes = 0;
  for await (const { text, endBytes } of wholeLines(path)) {
    const line = parseLine(text);
    if (line === undefined) break;
    if ('format_version' in line) {
      if (line.run !== run || line.vault !== vault) throw foreign(path);
      beganAt = line.began_at;
    } else if ('ended_at' in line) ended = true;
    else {
      const { rows, skipped = 0, missing = [], different = [] } = line;
      state.add({ start: rows[0], end: rows[1], skipped, missing, different });
    }
    intactBytes = endBytes;
  }
  return beganAt === undefined ? undefined : { state, beganAt, ended, intactBytes };
}

/** The lines of a file that have an end, and where that is; none when there is no file. */
async function* wholeLines(path: string): AsyncGenerator<{ text: string; endBytes: number }> {
  let rest = Buffer.alloc(0);
  let endBytes = 0;
  try {
    const handle = await openPrivate(path, 'r');
    for await (const chunk of handle.createReadStream() as AsyncIterable<Buffer>) {
      rest = Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a, start)) {
        endBytes += end + 1 - start;
        yield { text: rest.toString('utf8', start, end), endBytes };
        start = end + 1;
      }
      rest = rest.subarray(start);
    }
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw storageError('read', path, error);
  }
}

function parseLine(text: string): Line | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function foreign(path: string): SuperviseError {
  return new SuperviseError('storage', `${path} is of another run or vault`, {
    hint: 'Remove it, or begin anew with --new-run.',
  });
}
