import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';

/**
 * A failed file operation as an error for people: the file, the system's code, and what to do about it.
 * `doing` is the verb: `write`, `read`, `open`.
 */
export function storageError(doing: string, file: string, error: unknown): SuperviseError {
  if (error instanceof SuperviseError) return error;
  const code = systemCode(error);
  return new SuperviseError('storage', `cannot ${doing} ${file}${code === undefined ? '' : ` (${code})`}`, {
    hint: hintFor(code, file),
    cause: error,
  });
}

/**
 * A file is not as this program left it. `forgotten`: it holds, but less than what is known to have been in it.
 */
export class DamageError extends SuperviseError {
  readonly forgotten: boolean;

  constructor(message: string, { hint, forgotten = false }: { hint: string; forgotten?: boolean }) {
    super('storage', message, { hint });
    this.forgotten = forgotten;
  }
}

/** A file that is not as this program left it. `where` is a line or byte offset, in words. */
export function damaged(file: string, where: string, hint: string): DamageError {
  return new DamageError(`${file} is damaged: ${where}`, { hint });
}

/** What is to be done about a journal that does not hold. */
export const REPAIR =
  'Put the original files back, if there is a copy from after the last command on this run; else go on with `resume --repair`: it asks the vault for every row that is not provably settled.';

/** Whether a hint names `resume --repair`: the command that goes on is that one then. */
export function advisesRepair(hint: string | undefined): boolean {
  return hint?.includes('`resume --repair`') === true;
}

/** A mistake of the caller, which would make the journal say what is not so. */
export function defect(message: string): SuperviseError {
  return new SuperviseError('internal', `journal: ${message}`);
}

/** Runs a file operation, so that what it throws is a storage error. */
export async function orStorageError<T>(doing: string, file: string, operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    throw storageError(doing, file, error);
  }
}

/** Whether an error is that there is no room: nothing was wrong with what was asked for. */
export function isOutOfRoom(error: unknown): boolean {
  const code = error instanceof SuperviseError ? systemCode(error.cause) : systemCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
}

function hintFor(code: string | undefined, file: string): string | undefined {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return `${freeSpace(file)}Make room, or raise the quota or file size limit; what was settled before is safe.`;
    case 'ENOENT':
      if (/[*?]/.test(file))
        return 'No file matches this pattern: where no record failed there is no error log.';
      return existsSync(dirname(file)) ? undefined : 'Its directory is gone: put it back if it was moved.';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'Make the directory and its files writable for this user.';
    case 'EMFILE':
    case 'ENFILE':
      return 'Raise the limit of open files (ulimit -n), then try again.';
    case 'EIO':
      return 'The disk reports an error: look at the system log; what was settled before is safe.';
    default:
      return undefined;
  }
}

function freeSpace(file: string): string {
  try {
    const { bavail, bsize } = statfsSync(dirname(file));
    return `The file system has ${Math.floor((bavail * bsize) / 1e6)} MB free. `;
  } catch {
    return '';
  }
}
