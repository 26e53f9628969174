import { createHmac, randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { formatCount } from '../../report/format-numbers.js';
import type { RecordCursor, RecordSource } from '../record-source.js';
import { storageError } from '../../journal/storage-error.js';

/** Pairs that contradict each other: a vault holds one token for a value, and one value under a token. */
export interface Conflicts {
  readonly valuesWithSeveralTokens: number;
  readonly tokensWithSeveralValues: number;
}

const batchRecords = 10_000;

/** Counts the conflicts among all rows of a source, in bounded memory; what it spills into `folder` is gone afterwards. */
export async function countConflicts(
  cursor: Pick<RecordCursor, 'read'>,
  { folder, signal }: { readonly folder: string; readonly signal: AbortSignal },
): Promise<Conflicts> {
  const spill = new ConflictSpill(folder);
  try {
    for (let start = 0; ;) {
      signal.throwIfAborted();
      const batch = await cursor.read({ start, end: Infinity }, batchRecords);
      if (batch === undefined) break;
      for (const [at, value] of batch.values.entries()) spill.add(value, batch.tokens[at] ?? '');
      start = batch.end;
    }
    return {
      valuesWithSeveralTokens: await spill.count('value', signal),
      tokensWithSeveralValues: await spill.count('token', signal),
    };
  } finally {
    spill.close();
  }
}

/** The same of the files of a vault, in words for people. */
export async function reportConflicts(
  files: RecordSource,
  options: {
    readonly folder: string;
    readonly signal: AbortSignal;
    readonly notice: (message: string) => void;
  },
): Promise<void> {
  const cursor = await files.open(options.signal);
  try {
    const { valuesWithSeveralTokens, tokensWithSeveralValues } = await countConflicts(cursor, options);
    options.notice(
      `conflicting pairs: ${formatCount(valuesWithSeveralTokens)} values with several tokens, ${formatCount(tokensWithSeveralValues)} tokens with several values`,
    );
  } finally {
    await cursor.close();
  }
}

/** Of each HMAC, in bytes: two of 500 million cells are alike by chance once in 10^11 checks. */
const digestBytes = 12;
const pairBytes = 2 * digestBytes;
const blockBytes = 170 * pairBytes;
const buckets = 2_048;

/** By which cell pairs are put together. */
type Side = 'value' | 'token';

/**
 * Pairs of cells, put together by value and by token in a file, so that memory does not grow with their number: 48
 * bytes of disk a row. Cells stand there as HMACs under a random key that is in this process' memory alone. The file
 * is private and has no name any more as soon as it is open: it is gone with the process, however that ends.
 */
class ConflictSpill {
  readonly #key = randomBytes(32);
  readonly #path: string;
  readonly #file: number;
  readonly #sides: Readonly<Record<Side, BucketFile>>;

  constructor(folder: string) {
    this.#path = join(folder, `conflicts-${randomBytes(8).toString('hex')}.tmp`);
    try {
      this.#file = openSync(this.#path, 'wx+', 0o600);
      unlinkSync(this.#path);
    } catch (error) {
      throw storageError('make', this.#path, error);
    }
    const end = { offset: 0 };
    this.#sides = { value: new BucketFile(this.#file, end), token: new BucketFile(this.#file, end) };
  }

  add(value: string, token: string): void {
    const [valueHash, tokenHash] = [this.#hash(value), this.#hash(token)];
    try {
      this.#sides.value.add(valueHash, tokenHash);
      this.#sides.token.add(tokenHash, valueHash);
    } catch (error) {
      throw storageError('write', this.#path, error);
    }
  }

  /** How many values stand beside several tokens, or tokens beside several values. */
  async count(side: Side, signal: AbortSignal): Promise<number> {
    let several = 0;
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      await turn(undefined, { signal });
      several += countSeveral(this.#sides[side].read(bucket));
    }
    return several;
  }

  close(): void {
    closeSync(this.#file);
  }

  #hash(cell: string): Buffer {
    return createHmac('sha256', this.#key).update(cell).digest();
  }
}

/** One side's pairs by the first bytes of their first hash; full blocks go to the end of the file that both share. */
class BucketFile {
  readonly #file: number;
  readonly #end: { offset: number };
  readonly #open = Buffer.alloc(buckets * blockBytes);
  readonly #filled = new Uint16Array(buckets);
  readonly #blocks: number[][] = Array.from({ length: buckets }, () => []);

  constructor(file: number, end: { offset: number }) {
    this.#file = file;
    this.#end = end;
  }

  add(first: Buffer, second: Buffer): void {
    const bucket = first.readUInt16BE(0) % buckets;
    const start = bucket * blockBytes;
    const at = start + (this.#filled[bucket] ?? 0);
    first.copy(this.#open, at, 0, digestBytes);
    second.copy(this.#open, at + digestBytes, 0, digestBytes);
    const filled = at + pairBytes - start;
    this.#filled[bucket] = filled % blockBytes;
    if (filled < blockBytes) return;
    writeSync(this.#file, this.#open, start, blockBytes, this.#end.offset);
    this.#blocks[bucket]?.push(this.#end.offset);
    this.#end.offset += blockBytes;
  }

  /** The pairs of a bucket, one after another. */
  read(bucket: number): Buffer {
    const offsets = this.#blocks[bucket] ?? [];
    const open = this.#filled[bucket] ?? 0;
    const pairs = Buffer.allocUnsafe(offsets.length * blockBytes + open);
    for (const [at, offset] of offsets.entries()) {
      readSync(this.#file, pairs, at * blockBytes, blockBytes, offset);
    }
    this.#open.copy(pairs, offsets.length * blockBytes, bucket * blockBytes, bucket * blockBytes + open);
    return pairs;
  }
}

/** How many first hashes stand beside more than one second hash. */
function countSeveral(pairs: Buffer): number {
  const partners = new Map<string, string | undefined>();
  let several = 0;
  for (let at = 0; at < pairs.length; at += pairBytes) {
    const first = pairs.toString('latin1', at, at + digestBytes);
    const second = pairs.toString('latin1', at + digestBytes, at + pairBytes);
    if (!partners.has(first)) partners.set(first, second);
    else if (partners.get(first) !== undefined && partners.get(first) !== second) {
      partners.set(first, undefined);
      several += 1;
    }
  }
  return several;
}
