import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { hashPiece } from '../../src/source/pieces/hash-piece.js';
import { PIECE_BYTES } from '../../src/source/pieces/piece-table.js';
import type { InputIdentity } from '../../src/source/record-source.js';

/** How a file of today stands to an input of an earlier run: it is that input, or begins with it. */
export type Sharing = 'same' | 'begins_with';

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
  inputs: readonly InputIdentity[],
): Promise<ReadonlyMap<InputIdentity, Sharing>> {
  const shared = new Map<InputIdentity, Sharing>();
  // Looked at before it is opened: opening a named pipe would wait for a writer.
  const isFile = await stat(file)
    .then((found) => found.isFile())
    .catch(() => false);
  const handle = isFile ? await open(file, 'r').catch(() => undefined) : undefined;
  if (handle === undefined) return shared;
  try {
    const { size, mtime } = await handle.stat();
    for (const input of inputs) {
      if (input.sha256 !== undefined || input.name !== file || input.sizeBytes !== size) continue;
      if (input.modifiedAt === mtime.toISOString()) shared.set(input, 'same');
    }
    const hashed = inputs
      .filter(({ sha256, sizeBytes }) => sha256 !== undefined && sizeBytes !== undefined && sizeBytes <= size)
      .sort((one, other) => (one.sizeBytes ?? 0) - (other.sizeBytes ?? 0));
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(readBytes);
    let hashedBytes = 0;
    let last = lineFeed;
    for (const input of hashed) {
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
      if (hash.copy().digest('hex') !== input.sha256) continue;
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

/** The first of these pieces that stands in a file, on a boundary of pieces; undefined where none does. */
export async function findSharedPiece(
  file: string,
  pieces: ReadonlySet<string>,
): Promise<string | undefined> {
  const isFile = await stat(file).then(
    (found) => found.isFile() && found.size >= PIECE_BYTES,
    () => false,
  );
  const handle = isFile && pieces.size > 0 ? await open(file, 'r').catch(() => undefined) : undefined;
  if (handle === undefined) return undefined;
  const stream = handle.createReadStream({ highWaterMark: PIECE_BYTES });
  for await (const chunk of stream) {
    const piece = chunk as Buffer;
    const hash = piece.length === PIECE_BYTES ? hashPiece(piece).toString('hex') : '';
    if (pieces.has(hash)) return hash;
  }
  return undefined;
}

/** Whether a line ends here: bytes that go on within a line make it another record. */
async function isLineEnd(handle: Awaited<ReturnType<typeof open>>, position: number): Promise<boolean> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, position);
  return bytesRead === 1 && (buffer[0] === lineFeed || buffer[0] === carriageReturn);
}
