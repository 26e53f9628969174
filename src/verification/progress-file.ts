import { openPrivate } from '../trust/open-private.js';
import { join } from 'node:path';
import * as z from 'zod';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { DurableFile } from '../journal/durable-file.js';
import { storageError } from '../journal/storage-error.js';
import type { PositionRange } from '../record/batch.js';
import { RangeSet, type PositionSet } from '../record/range-set.js';

const count = z.int().nonnegative();
/** A position, or the first and the last of several; version 1 knew single ones only. */
const positions = z.array(z.union([count, z.tuple([count, count])]));
const lineSchema = z.union([
  z.strictObject({
    format_version: z.literal([1, 2]),
    run: z.string(),
    vault: z.string(),
    began_at: z.string(),
  }),
  z.strictObject({
    rows: z.tuple([count, count]),
    skipped: count.optional(),
    missing: positions.optional(),
    different: positions.optional(),
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

const mostListed = 1_000;

/** How many positions were found, and as many of them as can be shown: all of them stand in the file. */
export class FoundPositions {
  readonly #listed = new RangeSet();
  #size = 0;

  /** Each position is added once. */
  add(found: readonly number[]): void {
    this.#size += found.length;
    for (const position of found) {
      const range = { start: position, end: position + 1 };
      const isBeside = this.#listed.overlaps({ start: Math.max(0, position - 1), end: position + 2 });
      if (isBeside || this.#listed.rangeCount < mostListed) this.#listed.add(range);
    }
  }

  get size(): number {
    return this.#size;
  }

  /** Ascending, at most 1,000 ranges. */
  get listed(): PositionSet {
    return this.#listed;
  }

  get isListedWhole(): boolean {
    return this.#listed.size === this.#size;
  }
}

/** What comparing has come to so far: the sum of the lines of a progress file, whatever their number. */
export class ComparisonState {
  readonly compared = new RangeSet();
  readonly missing = new FoundPositions();
  readonly different = new FoundPositions();
  skipped = 0;

  add({ start, end, skipped, missing, different }: ComparedRows): void {
    this.compared.add({ start, end });
    this.skipped += skipped;
    this.missing.add(missing);
    this.different.add(different);
  }

  get matching(): number {
    return this.compared.size - this.skipped - this.missing.size - this.different.size;
  }
}

/**
 * What the verification of a vault has found, of every record or of a sample: JSON lines, one for each answer of the
 * vault; of every record also how far it has come.
 */
export function progressFile(runDirectory: string, vaultName: string, of: 'all' | 'sample'): string {
  const kind = of === 'all' ? 'verification' : 'sample_verification';
  return join(runDirectory, `${kind}_${vaultName}.log`);
}

/**
 * The progress of one vault's verification, appended to answer by answer, so that a process that is killed loses
 * nothing but what was on its way. One process at a time has it open.
 */
export class VerificationProgress {
  readonly state: ComparisonState;
  /** When the verification that is gone on with began; undefined for a new one. */
  readonly continuedFrom: string | undefined;
  readonly #file: DurableFile | undefined;

  private constructor(
    file: DurableFile | undefined,
    state: ComparisonState,
    continuedFrom: string | undefined,
  ) {
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
    progress.#append({ format_version: 2, run, vault, began_at: new Date().toISOString() });
    return progress;
  }

  /** One that no file keeps. */
  static unkept(): VerificationProgress {
    return new VerificationProgress(undefined, new ComparisonState(), undefined);
  }

  record(rows: ComparedRows): void {
    const { start, end, skipped, missing, different } = rows;
    this.#append({
      rows: [start, end],
      ...(skipped === 0 ? {} : { skipped }),
      ...(missing.length === 0 ? {} : { missing: packed(missing) }),
      ...(different.length === 0 ? {} : { different: packed(different) }),
    });
    this.state.add(rows);
  }

  /** Every record is compared: the next verification begins anew. */
  end(): void {
    this.#append({ ended_at: new Date().toISOString() });
  }

  async close(): Promise<void> {
    await this.#file?.sync();
    await this.#file?.close();
  }

  #append(line: Line): void {
    this.#file?.append(`${JSON.stringify(line)}\n`);
  }
}

/** Every position that a progress file has as missing, in its order, a line at a time; none where there is no file. */
export async function* missingPositions(
  path: string,
  of: { readonly run: string; readonly vault: string },
): AsyncGenerator<number[]> {
  for await (const { text } of wholeLines(path)) {
    const line = parseLine(text);
    if (line === undefined) return;
    if ('format_version' in line && (line.run !== of.run || line.vault !== of.vault)) throw foreign(path);
    if ('rows' in line && line.missing !== undefined) yield [...unpacked(line.missing)];
  }
}

/** The file of the verification of a vault that was begun last; undefined where there was none. */
export async function lastVerification(
  runDirectory: string,
  of: { readonly run: string; readonly vault: string },
): Promise<string | undefined> {
  let last: { path: string; beganAt: string } | undefined;
  for (const kind of ['all', 'sample'] as const) {
    const path = progressFile(runDirectory, of.vault, kind);
    for await (const { text } of wholeLines(path)) {
      const line = parseLine(text);
      if (line !== undefined && 'format_version' in line && line.began_at > (last?.beganAt ?? ''))
        last = { path, beganAt: line.began_at };
      break;
    }
  }
  return last?.path;
}

type Packed = z.infer<typeof positions>;

/** Ascending positions with those that follow each other as first and last. */
function packed(ascending: readonly number[]): Packed {
  return [...new RangeSet(ascending.map((start) => ({ start, end: start + 1 })))].map(({ start, end }) =>
    end - start === 1 ? start : [start, end - 1],
  );
}

function* unpacked(found: Packed): Generator<number> {
  for (const one of found) {
    const [first, last] = typeof one === 'number' ? [one, one] : one;
    for (let position = first; position <= last; position += 1) yield position;
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
      state.add({
        start: rows[0],
        end: rows[1],
        skipped,
        missing: [...unpacked(missing)],
        different: [...unpacked(different)],
      });
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
