import { createHmac, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DurableFile } from '../journal/durable-file.js';
import { damaged, storageError } from '../journal/storage-error.js';
import { openPrivate } from '../trust/open-private.js';
import { userKey } from '../trust/user-key.js';
import { RangeSet, type PositionSet } from '../record/range-set.js';

/** The vault's ids of some records; a position whose record has none is absent. */
export type RecordIds = ReadonlyMap<number, string>;

const magic = 0x32_44_49_53;
const sealedHeadBytes = 24;
const headBytes = sealedHeadBytes + 32;
const uuidBytes = 16;
/** Of one block; what a file may claim must not fill the memory. */
const mostRows = 1 << 20;
const mostTextBytes = 1 << 26;
const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * What proves that this program, run by this user, was given the ids of a run's records of a vault: ids that anybody else
 * wrote down, or that stand with another run, are deleted by nobody. Throws `storage` when the state folder is not ours.
 */
export async function idSeal(
  stateFolder: string,
  { run, vaultId, table }: { readonly run: string; readonly vaultId: string; readonly table: string },
): Promise<Buffer> {
  const key = await userKey(stateFolder, 'inserted');
  return createHmac('sha256', key)
    .update(JSON.stringify([run, vaultId, table]))
    .digest();
}

/** Every file of ids of a vault, oldest first: each process that loads it writes one of its own. */
export async function idFiles(runDirectory: string, vaultName: string): Promise<string[]> {
  const form = new RegExp(`^ids_${vaultName}_\\d+_[0-9a-f]{8}\\.bin$`);
  const names = await readdir(runDirectory).catch((error: unknown) => {
    throw storageError('read', runDirectory, error);
  });
  return names
    .filter((name) => form.test(name))
    .sort()
    .map((name) => join(runDirectory, name));
}

/**
 * Keeps the ids that a vault gave the records of a run, block by block, each under its seal: first position, rows, and
 * 16 bytes a row (none: zeros), or, of a vault whose ids are no UUIDs in lower case, their text. A block is written before
 * its rows are settled, so that a process that is killed loses no id of a settled row; what a power cut may lose is what
 * the system had not written yet.
 */
export class IdFile {
  readonly #path: string;
  readonly #seal: Buffer;
  #file: Promise<DurableFile> | undefined;

  private constructor(path: string, seal: Buffer) {
    this.#path = path;
    this.#seal = seal;
  }

  /** A new one; there is no file before there is an id. */
  static for(runDirectory: string, vaultName: string, seal: Buffer): IdFile {
    const name = `ids_${vaultName}_${Date.now()}_${randomBytes(4).toString('hex')}.bin`;
    return new IdFile(join(runDirectory, name), seal);
  }

  /** Throws `storage` when they cannot be kept. */
  async append(ids: RecordIds): Promise<void> {
    if (ids.size === 0) return;
    this.#file ??= DurableFile.open(this.#path, 'w+');
    const file = await this.#file;
    file.writeAt(blockOf(ids, this.#seal), file.length);
  }

  async close(): Promise<void> {
    const file = await this.#file?.catch(() => undefined);
    await file?.sync();
    await file?.close();
  }
}

function blockOf(ids: RecordIds, seal: Buffer): Buffer {
  const positions = [...ids.keys()];
  const first = Math.min(...positions);
  const rows = Math.max(...positions) + 1 - first;
  const isUuids = [...ids.values()].every((id) => uuidForm.test(id));
  const body = isUuids ? Buffer.alloc(rows * uuidBytes) : Buffer.from(JSON.stringify([...ids]));
  if (isUuids)
    for (const [position, id] of ids)
      body.write(id.replaceAll('-', ''), (position - first) * uuidBytes, uuidBytes, 'hex');
  const head = Buffer.alloc(headBytes);
  head.writeUInt32LE(magic, 0);
  head.writeUInt32LE(isUuids ? 0 : 1, 4);
  head.writeBigUInt64LE(BigInt(first), 8);
  head.writeUInt32LE(rows, 16);
  head.writeUInt32LE(body.length, 20);
  tagOf(head, body, seal).copy(head, sealedHeadBytes);
  return Buffer.concat([head, body]);
}

function tagOf(head: Buffer, body: Buffer, seal: Buffer): Buffer {
  return createHmac('sha256', seal).update(head.subarray(0, sealedHeadBytes)).update(body).digest();
}

/** Ids of one block, and where in the file the next one begins. */
export interface IdBlock {
  readonly ids: RecordIds;
  readonly endBytes: number;
}

/**
 * The blocks of a file from a place on that a block before ended at. A torn one at the end is what a kill leaves, and counts for
 * nothing: its rows were not settled. Throws `storage` for one that was changed.
 */
export async function* readIdBlocks(path: string, seal: Buffer, fromBytes = 0): AsyncGenerator<IdBlock> {
  const handle = await openPrivate(path, 'r');
  try {
    const { size } = await handle.stat();
    let at = fromBytes;
    while (at + headBytes <= size) {
      const head = Buffer.alloc(headBytes);
      await handle.read(head, 0, headBytes, at);
      const rows = head.readUInt32LE(16);
      const length = head.readUInt32LE(20);
      const kind = head.readUInt32LE(4);
      const isSound =
        head.readUInt32LE(0) === magic &&
        rows <= mostRows &&
        (kind === 0 ? length === rows * uuidBytes : kind === 1 && length <= mostTextBytes);
      if (!isSound) throw changed(path, at);
      if (at + headBytes + length > size) return;
      const body = Buffer.alloc(length);
      await handle.read(body, 0, length, at + headBytes);
      if (!tagOf(head, body, seal).equals(head.subarray(sealedHeadBytes))) throw changed(path, at);
      at += headBytes + length;
      const first = Number(head.readBigUInt64LE(8));
      yield { ids: kind === 0 ? readUuids(body, first) : readTexts(body, path, at), endBytes: at };
    }
  } finally {
    await handle.close();
  }
}

function readUuids(body: Buffer, first: number): RecordIds {
  const ids = new Map<number, string>();
  for (let row = 0; row * uuidBytes < body.length; row += 1) {
    const hex = body.toString('hex', row * uuidBytes, (row + 1) * uuidBytes);
    if (/^0+$/.test(hex)) continue;
    ids.set(first + row, hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
  }
  return ids;
}

function readTexts(body: Buffer, path: string, at: number): RecordIds {
  try {
    const pairs: unknown = JSON.parse(body.toString());
    if (!Array.isArray(pairs)) throw changed(path, at);
    return new Map(
      pairs.map((pair: unknown): [number, string] => {
        const [position, id] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
        if (typeof position !== 'number' || typeof id !== 'string') throw changed(path, at);
        return [position, id];
      }),
    );
  } catch {
    throw changed(path, at);
  }
}

function changed(path: string, at: number): Error {
  return damaged(
    path,
    `what stands at byte ${at} is not what this program wrote for this run, as this user on this machine`,
    'Restore it from a copy, or undo the run where it was loaded: only ids that are proved to be its own are deleted.',
  );
}

/** How many records of a vault a run has kept the ids of. */
interface KnownIds {
  readonly ids: number;
  /** Rows of the source that have one. */
  readonly rows: PositionSet;
}

/** Reads every file of ids of a vault through; in the memory of one block, positions being nearly in order. */
export async function countIds(runDirectory: string, vaultName: string, seal: Buffer): Promise<KnownIds> {
  let ids = 0;
  const rows = new RangeSet();
  for (const file of await idFiles(runDirectory, vaultName)) {
    for await (const block of readIdBlocks(file, seal)) {
      ids += block.ids.size;
      for (const position of block.ids.keys()) rows.add({ start: position, end: position + 1 });
    }
  }
  return { ids, rows };
}
