import { constants, type Stats } from 'node:fs';
import { open, type FileHandle, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { strangerThatWrites } from './strangers.js';

// On Windows the first two are undefined, which counts as no bit.
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_APPEND } = constants;

const flagsOf = {
  r: O_RDONLY,
  'r+': O_RDWR,
  'w+': O_RDWR | O_CREAT,
  'wx+': O_RDWR | O_CREAT | O_EXCL,
  a: O_RDWR | O_CREAT | O_APPEND,
} as const;

/** As in fs.open: `r` reads, `r+` must exist, `w+` is emptied, `wx+` must not exist, `a` is written at its end. */
export type PrivateFlags = keyof typeof flagsOf;

/**
 * Opens a file of this program: a regular file that nobody but this user and root owns or may write, made with mode
 * 0600. Never follows a link, never waits for the other end of a pipe, empties nothing before it has looked. Throws
 * `storage` for what is not ours, and the system's error for everything else.
 */
export async function openPrivate(file: string, flags: PrivateFlags): Promise<FileHandle> {
  const handle = await open(file, flagsOf[flags] | O_NOFOLLOW | O_NONBLOCK, 0o600).catch((error: unknown) => {
    const code = systemCode(error);
    if (code === 'ELOOP' || code === 'EMLINK') throw notOurs(file, 'it is a link');
    if (code === 'ENXIO') throw notOurs(file, 'it is no regular file');
    throw error;
  });
  try {
    assertPrivateFile(file, await handle.stat());
    if (flags === 'w+') await handle.truncate(0);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The text of such a file. */
export async function readPrivate(file: string): Promise<string> {
  const handle = await openPrivate(file, 'r');
  try {
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** The same; undefined where there is none. */
export async function readPrivateIfThere(file: string): Promise<string | undefined> {
  return readPrivate(file).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
}

/** Throws `storage` unless the status is that of a regular file which nobody else owns or may write. */
export function assertPrivateFile(file: string, stats: Stats, hint?: string): void {
  if (!stats.isFile()) throw notOurs(file, `it is ${kindOf(stats)}`, hint);
  const stranger = strangerThatWrites(stats);
  if (stranger !== undefined) throw notOurs(file, stranger, hint);
}

/** Throws `storage` unless the status is that of a directory (no link to one) which nobody else owns or may write. */
export function assertPrivateFolder(folder: string, stats: Stats, hint?: string): void {
  const problem = stats.isDirectory() ? strangerThatWrites(stats) : `it is ${kindOf(stats)}`;
  if (problem !== undefined) throw notOurs(folder, problem, hint);
}

/** What stands where only this program writes, and is not this program's. */
export function notOurs(path: string, why: string, hint?: string): SuperviseError {
  return new SuperviseError('storage', `${path} is not trusted: ${why}`, {
    hint:
      hint ??
      'This program makes it for its user alone. If it is yours: chmod go-w, chown. If not, somebody has put it there: remove it.',
  });
}

function kindOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return 'a link';
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isDirectory()) return 'a directory';
  return stats.isFile() ? 'a file' : 'no regular file';
}

/**
 * Throws `storage` unless a directory and every file in it were made by this user (or root), nobody else may write to
 * them, and none is a link or pipe: then what stands there is what this program has written, and stays so. The modes that
 * a volume of Kubernetes gives to its group are no strangers.
 */
export async function assertPrivateRun(directory: string): Promise<void> {
  assertPrivateFolder(directory, await lstat(directory), hint);
  for (const name of await readdir(directory)) {
    const file = join(directory, name);
    const stats = await lstat(file).catch((error: unknown) => {
      // A temporary file of whoever works on the run.
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (stats === undefined) continue;
    if (stats.isSymbolicLink()) throw notOurs(file, 'it is a link', hint);
    if (stats.isDirectory()) assertPrivateFolder(file, stats, hint);
    else assertPrivateFile(file, stats, hint);
  }
}

const hint =
  'A run is worked on by the user who began it, in a directory that nobody else may write to: run the command as that ' +
  'user, or, if it is yours and as you left it, chown it and chmod -R go-w it.';
