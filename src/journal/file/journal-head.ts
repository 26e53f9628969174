import { crc32 } from 'node:zlib';
import { rename } from 'node:fs/promises';
import { systemCode } from '../../errors/supervise-error.js';
import { toHex, type ChainMark } from '../journal-chain.js';
import { DurableFile, syncFolder } from '../durable-file.js';
import { openPrivate } from '../../trust/open-private.js';
import { bootId } from '../../system/process-identity.js';
import { damaged, orStorageError, REPAIR, storageError } from '../storage-error.js';

/** What the head of a journal says. */
export interface HeadReading {
  /** The journal's lines up to here are on the disk, whatever happens to the machine. */
  readonly durable: ChainMark;
  /** No row from here on was ever reserved. */
  readonly reservedTo: number;
  /** A line that stands in the journal as long as the machine runs; undefined when it has been started anew since. */
  readonly witnessed: ChainMark | undefined;
}

/** A slot is written as a whole: on every disk a sector comes out old or new. */
const SLOT_BYTES = 512;
const DURABLE_SLOTS = [0, 1] as const;
const WITNESS_SLOT = 2;

/**
 * The head of a journal, a small file beside it: how far the journal is known to be on the disk, and how far rows were
 * reserved. What is missing or bad behind that place is what a power failure leaves; before it, it is damage.
 *
 * It has three slots that are overwritten in place, each with a checksum. The durable mark goes into two of them in
 * turn, so that a torn write leaves the one before. The third is the witness: a line that was written, but not made
 * durable, and the boot id of the machine. As long as the machine runs nothing that was written is lost, so whoever
 * finds that line in the journal knows that no line before it is missing.
 */
export class JournalHead {
  readonly #file: DurableFile;
  readonly #bootId: string | undefined;
  #next = 0;
  #sequence: number;

  private constructor(file: DurableFile, { durable }: HeadReading, boot: string | undefined) {
    this.#file = file;
    this.#bootId = boot;
    this.#sequence = durable.sequence;
  }

  /** Puts a head in place, complete or not at all; one that stands there is replaced. */
  static async create(path: string, durable: ChainMark, reservedTo: number): Promise<JournalHead> {
    const unfinished = `${path}.new`;
    const file = await DurableFile.open(unfinished, 'w+');
    try {
      for (const slot of DURABLE_SLOTS) writeSlot(file, slot, durableText(durable, reservedTo));
      writeSlot(file, WITNESS_SLOT, 'nothing witnessed');
      await file.sync();
    } finally {
      await file.close();
    }
    await orStorageError('create', path, rename(unfinished, path));
    await syncFolder(path);
    return JournalHead.open(path, { durable, reservedTo, witnessed: undefined });
  }

  /** Opens a head for writing that has been read already. */
  static async open(path: string, reading: HeadReading): Promise<JournalHead> {
    const file = await DurableFile.open(path, 'r+');
    const head = new JournalHead(file, reading, await bootId());
    // The slot that holds what was read stays until the other one is on the disk.
    const text = slotText(durableText(reading.durable, reading.reservedTo));
    const first = Buffer.alloc(SLOT_BYTES);
    await orStorageError('read', path, file.handle.read(first, 0, SLOT_BYTES, 0));
    head.#next = first.equals(text) ? 1 : 0;
    return head;
  }

  /** The journal is on the disk up to `mark`. Durable when it resolves; one call at a time. */
  async advance(mark: ChainMark, reservedTo: number): Promise<void> {
    if (mark.sequence <= this.#sequence) return;
    writeSlot(this.#file, this.#next, durableText(mark, reservedTo));
    await this.#file.sync();
    this.#next = 1 - this.#next;
    this.#sequence = mark.sequence;
  }

  /** The journal has been written up to `mark`. */
  witness({ sequence, checksum }: ChainMark): void {
    if (this.#bootId === undefined) return;
    writeSlot(
      this.#file,
      WITNESS_SLOT,
      `written lines=${sequence} checksum=${toHex(checksum)} boot=${this.#bootId}`,
    );
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Undefined when there is no head. Throws `storage` when what stands there is none, or says nothing any more. */
export async function readHead(path: string): Promise<HeadReading | undefined> {
  let text: string;
  try {
    const handle = await openPrivate(path, 'r');
    try {
      text = await handle.readFile('latin1');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw storageError('read', path, error);
  }
  let newest: Omit<HeadReading, 'witnessed'> | undefined;
  for (const slot of DURABLE_SLOTS) {
    const found = /^durable lines=(\d+) checksum=([0-9a-f]{8}) reserved=(\d+)$/.exec(readSlot(text, slot));
    if (found === null) continue;
    const durable = { sequence: Number(found[1]), checksum: Number.parseInt(found[2] ?? '', 16) };
    if (newest !== undefined && newest.durable.sequence >= durable.sequence) continue;
    newest = { durable, reservedTo: Number(found[3]) };
  }
  if (newest === undefined) throw damaged(path, 'none of its marks is intact', REPAIR);
  const witness = /^written lines=(\d+) checksum=([0-9a-f]{8}) boot=(\S+)$/.exec(
    readSlot(text, WITNESS_SLOT),
  );
  const isOfThisBoot = witness !== null && witness[3] === (await bootId());
  return {
    ...newest,
    witnessed: isOfThisBoot
      ? { sequence: Number(witness[1]), checksum: Number.parseInt(witness[2] ?? '', 16) }
      : undefined,
  };
}

function durableText({ sequence, checksum }: ChainMark, reservedTo: number): string {
  return `durable lines=${sequence} checksum=${toHex(checksum)} reserved=${reservedTo}`;
}

function writeSlot(file: DurableFile, slot: number, text: string): void {
  file.writeAt(slotText(text), slot * SLOT_BYTES);
}

function slotText(text: string): Buffer {
  return Buffer.from(`${`${text} ${toHex(crc32(text))}`.padEnd(SLOT_BYTES - 1)}\n`);
}

/** The text of a slot; empty when its checksum is not right. */
function readSlot(text: string, slot: number): string {
  const found = text.slice(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
  const [, said = '', checksum] = /^(.*) ([0-9a-f]{8}) *\n$/s.exec(found) ?? [];
  return checksum === toHex(crc32(said)) ? said : '';
}
