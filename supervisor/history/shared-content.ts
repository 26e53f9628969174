import { open, stat, type FileHandle } from 'node:fs/promises';
import {
  hashWhole,
  fingerprintForm,
  pieceText,
  type Fingerprints,
  type FingerprintForm,
} from '../../src/source/fingerprints/fingerprints.js';
import { PIECE_BYTES } from '../../src/source/fingerprints/piece-table.js';
import type { InputIdentity } from '../../src/source/record-source.js';

/** How a file of today stands to an input of an earlier run: it is that input, or begins with it. */
export type Sharing = 'same' | 'begins_with';

/** What a run wrote down of its inputs, and what they are told apart by. */
export interface RecordedInputs {
  readonly inputs: readonly InputIdentity[];
  readonly fingerprints: Fingerprints;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * What a file shares with inputs that were loaded before, in one pass over it at most; nothing where none of them
 * can be in it. Content decides: names and times count only for inputs whose content was never hashed
 * (`--no-precount`). A file that cannot be read shares nothing: whoever loads it says what is wrong with it.
 */
export async function findSharing(
  file: string,
  recorded: readonly RecordedInputs[],
): Promise<ReadonlyMap<InputIdentity, Sharing>> {
  const shared = new Map<InputIdentity, Sharing>();
  const inputs = recorded.flatMap(({ inputs: own, fingerprints }) =>
    own.map((input) => ({ input, fingerprints })),
  );
  // Looked at before it is opened: opening a named pipe would wait for a writer.
  const isFile = await stat(file)
    .then((found) => found.isFile())
    .catch(() => false);
  const handle = isFile ? await open(file, 'r').catch(() => undefined) : undefined;
  if (handle === undefined) return shared;
  try {
    const { size, mtime } = await handle.stat();
    for (const { input } of inputs) {
      if (input.fingerprint !== undefined || input.name !== file || input.sizeBytes !== size) continue;
      if (input.modifiedAt === mtime.toISOString()) shared.set(input, 'same');
    }
    const hashed = inputs
      .filter(({ input }) => input.fingerprint !== undefined && (input.sizeBytes ?? Infinity) <= size)
      .sort((one, other) => (one.input.sizeBytes ?? 0) - (other.input.sizeBytes ?? 0));
    const beginnings = new Beginnings(handle);
    for (const { input, fingerprints } of hashed) {
      const { fingerprint = '', sizeBytes: end = 0 } = input;
      if ((await beginnings.fingerprint(end, fingerprintForm(fingerprint), fingerprints)) !== fingerprint)
        continue;
      if (end === size) shared.set(input, 'same');
      else if (await endsLine(handle, end)) shared.set(input, 'begins_with');
    }
    return shared;
  } catch {
    return shared;
  } finally {
    await handle.close();
  }
}

/** How the beginnings of a file are told, a longer one each time; what is the same for the next is not read again. */
class Beginnings {
  readonly #handle: FileHandle;
  readonly #buffer = Buffer.allocUnsafe(PIECE_BYTES);
  readonly #sha256 = hashWhole();
  #hashedBytes = 0;
  /** By key: what the whole pieces up to here are told by. */
  readonly #told = new Map<string | undefined, Buffer[]>();

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Of the first `end` bytes, which are there. */
  async fingerprint(end: number, form: FingerprintForm, fingerprints: Fingerprints): Promise<string> {
    return form === 'sha256'
      ? fingerprints.ofWhole(await this.#sha256To(end))
      : fingerprints.ofPieces(await this.#piecesTo(end, fingerprints));
  }

  async #sha256To(end: number): Promise<string> {
    for (; this.#hashedBytes < end;) {
      const bytes = await this.#read(this.#hashedBytes, end);
      this.#sha256.update(bytes);
      this.#hashedBytes += bytes.length;
    }
    return this.#sha256.copy().digest('hex');
  }

  async #piecesTo(end: number, fingerprints: Fingerprints): Promise<Buffer> {
    const told = this.#told.get(fingerprints.keyId) ?? [];
    this.#told.set(fingerprints.keyId, told);
    while ((told.length + 1) * PIECE_BYTES <= end)
      told.push(fingerprints.ofPiece(await this.#read(told.length * PIECE_BYTES, end), 'gmac'));
    const start = told.length * PIECE_BYTES;
    const last = start < end ? [fingerprints.ofPiece(await this.#read(start, end), 'gmac')] : [];
    return Buffer.concat([...told, ...last]);
  }

  /** From `start` on, a piece at most, and nothing behind `end`. Throws where the file is shorter. */
  async #read(start: number, end: number): Promise<Buffer> {
    const length = Math.min(PIECE_BYTES, end - start);
    for (let filled = 0; filled < length;) {
      const { bytesRead } = await this.#handle.read(this.#buffer, filled, length - filled, start + filled);
      if (bytesRead === 0) throw new RangeError('the file has become shorter');
      filled += bytesRead;
    }
    return this.#buffer.subarray(0, length);
  }
}

/** The first of these that has a piece of a file, on a boundary of pieces; undefined where none does. */
export async function findSharedPiece<Recorded extends RecordedPieces>(
  file: string,
  recorded: readonly Recorded[],
): Promise<Recorded | undefined> {
  const known = indexPieces(recorded);
  const isFile = await stat(file).then(
    (found) => found.isFile() && found.size >= PIECE_BYTES,
    () => false,
  );
  const handle = isFile && known.size > 0 ? await open(file, 'r').catch(() => undefined) : undefined;
  if (handle === undefined) return undefined;
  const stream = handle.createReadStream({ highWaterMark: PIECE_BYTES });
  for await (const chunk of stream) {
    const piece = chunk as Buffer;
    if (piece.length < PIECE_BYTES) break;
    for (const { fingerprints, form, owners } of known.values()) {
      const found = owners.get(pieceText(fingerprints.ofPiece(piece, form), form));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Who has which piece, the first of them; runs that tell pieces alike, as those of one user do, are looked up at once. */
function indexPieces<Recorded extends RecordedPieces>(recorded: readonly Recorded[]) {
  const known = new Map<
    string,
    { fingerprints: Fingerprints; form: FingerprintForm; owners: Map<string, Recorded> }
  >();
  for (const one of recorded) {
    const { fingerprints, pieces } = one;
    for (const piece of pieces) {
      const form = fingerprintForm(piece);
      const alike = `${form} ${fingerprints.keyId ?? ''}`;
      const kind = known.get(alike) ?? { fingerprints, form, owners: new Map<string, Recorded>() };
      known.set(alike, kind);
      if (!kind.owners.has(piece)) kind.owners.set(piece, one);
    }
  }
  return known;
}

/** The whole pieces that a run read, as they are written down. */
export interface RecordedPieces {
  readonly pieces: readonly string[];
  readonly fingerprints: Fingerprints;
}

/** Whether a line ends where the first `end` bytes do: bytes that go on within a line make it another record. */
async function endsLine(handle: FileHandle, end: number): Promise<boolean> {
  if (end === 0) return true;
  const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, end - 1);
  return buffer[0] === lineFeed || buffer[1] === lineFeed || buffer[1] === carriageReturn;
}
