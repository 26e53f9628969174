import { open, stat } from 'node:fs/promises';
import {
  hashWhole,
  pieceFormOf,
  pieceText,
  type Fingerprints,
  type PieceForm,
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

const readBytes = 1 << 20;
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
    const hash = hashWhole();
    const buffer = Buffer.allocUnsafe(readBytes);
    let hashedBytes = 0;
    let last = lineFeed;
    for (const { input, fingerprints } of hashed) {
      const end = input.sizeBytes ?? 0;
      while (hashedBytes < end) {
        const { bytesRead } = await handle.read(
          buffer,
          0,
          Math.min(readBytes, end - hashedBytes),
          hashedBytes,
        );
        if (bytesRead === 0) return shared;
        hash.update(buffer.subarray(0, bytesRead));
        hashedBytes += bytesRead;
        last = buffer[bytesRead - 1] ?? lineFeed;
      }
      if (fingerprints.ofWhole(hash.copy().digest('hex')) !== input.fingerprint) continue;
      if (end === size) shared.set(input, 'same');
      else if (last === lineFeed || (await isLineEnd(handle, end))) shared.set(input, 'begins_with');
    }
    return shared;
  } catch {
    return shared;
  } finally {
    await handle.close();
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
    { fingerprints: Fingerprints; form: PieceForm; owners: Map<string, Recorded> }
  >();
  for (const one of recorded) {
    const { fingerprints, pieces } = one;
    for (const piece of pieces) {
      const form = pieceFormOf(piece);
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

/** Whether a line ends here: bytes that go on within a line make it another record. */
async function isLineEnd(handle: Awaited<ReturnType<typeof open>>, position: number): Promise<boolean> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, position);
  return bytesRead === 1 && (buffer[0] === lineFeed || buffer[0] === carriageReturn);
}
