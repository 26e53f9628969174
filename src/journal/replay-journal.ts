import type { FileHandle } from 'node:fs/promises';
import { parseLine, type JournalLine } from './journal-line.js';
import { LedgerState } from './ledger-state.js';
import { damaged, orStorageError } from './storage-error.js';

const CHUNK_BYTES = 1 << 20;
const LINE_END = 0x0a;

export interface Replay {
  readonly state: LedgerState;
  /** Where the intact lines end. Bytes behind it are the torn end of a crash and count for nothing. */
  readonly intactBytes: number;
}

/**
 * Reads a journal from its beginning, a chunk at a time.
 *
 * The first line that is not intact ends it, when it is what a crash leaves: no intact line follows, or the bad
 * bytes hold a NUL. A NUL is never written: it stands where a page did not reach the disk before a power failure,
 * which means that no fdatasync behind that place ever completed, that nothing reserved behind it was ever sent,
 * and that rows settled behind it are merely in doubt again. Any other bad line before an intact one is damage,
 * a storage error with file and line: to drop it would be to forget promises.
 */
export async function replayJournal(
  file: string,
  handle: FileHandle,
  signal: AbortSignal | undefined,
): Promise<Replay> {
  const state = new LedgerState();
  let intactBytes = 0;
  let lineNumber = 0;
  let badLine: number | undefined;

  /** False when the rest of the file counts for nothing. */
  const take = (bytes: Buffer, complete: boolean): boolean => {
    lineNumber += 1;
    const line = complete ? parseLine(bytes) : undefined;
    if (line === undefined) {
      badLine ??= lineNumber;
      return !bytes.includes(0);
    }
    if (badLine !== undefined) {
      throw damaged(file, `line ${badLine} is not intact, but line ${lineNumber} after it is`, RESTORE);
    }
    applyLine(state, line, file, lineNumber);
    intactBytes += bytes.length + 1;
    return true;
  };

  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let kept = 0;
  for (let position = 0; ;) {
    signal?.throwIfAborted();
    const { bytesRead } = await orStorageError(
      'read',
      file,
      handle.read(chunk, kept, CHUNK_BYTES - kept, position),
    );
    position += bytesRead;
    const filled = kept + bytesRead;
    let start = 0;
    for (;;) {
      const end = chunk.subarray(0, filled).indexOf(LINE_END, start);
      if (end === -1) break;
      if (!take(chunk.subarray(start, end), true)) return { state, intactBytes };
      start = end + 1;
    }
    kept = filled - start;
    if (bytesRead === 0 || kept === CHUNK_BYTES) {
      // The end of the file without a line end, or a line longer than any that is written.
      if (kept > 0 && !take(chunk.subarray(start, filled), false)) return { state, intactBytes };
      if (bytesRead === 0) return { state, intactBytes };
      kept = 0;
    }
    chunk.copyWithin(0, start, filled);
  }
}

const RESTORE =
  'restore the file from a backup; if there is none, load into a cleared vault, or with upsert, under a new run';

function applyLine(state: LedgerState, line: JournalLine, file: string, lineNumber: number): void {
  const objection = state.objection(line);
  if (objection !== undefined) throw damaged(file, `line ${lineNumber}: ${objection}`, RESTORE);
  state.apply(line);
}
