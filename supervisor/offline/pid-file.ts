import { rm, stat } from 'node:fs/promises';
import { SuperviseError, systemCode } from '../../src/errors/supervise-error.js';
import { acquireLock } from '../../src/journal/lock.js';
import { readPrivateIfThere } from '../../src/trust/open-private.js';
import { writeFileAtomically } from '../../src/system/write-file.js';

export interface PidFile {
  /** Removes the file; every call resolves when it is gone. */
  remove(): Promise<void>;
}

/**
 * Writes this process' pid into `file`, mode 0600. Whether an earlier writer still lives is told by a lock beside it
 * (`FILE.lock`: pid, start time, boot id), because a bare pid may be somebody else's by now. Throws `locked` for a
 * living one, and `usage` for a file that is not ours to replace.
 */
export async function claimPidFile(file: string): Promise<PidFile> {
  const lockFile = `${file}.lock`;
  const hadLock = await exists(lockFile);
  const lock = await acquireLock(lockFile, { waitMs: 0, describe: `the PID file ${file}` }).catch(
    (error: unknown) => {
      throw error instanceof SuperviseError && error.code === 'locked'
        ? new SuperviseError('locked', error.message, {
            hint: 'A run goes on there: watch it with `monitor`, or name another file with --pid-file.',
            cause: error,
          })
        : error;
    },
  );
  try {
    if (!hadLock) await refuseForeignFile(file);
    await writeFileAtomically(file, `${process.pid}\n`);
  } catch (error) {
    await lock.release();
    throw error instanceof SuperviseError
      ? error
      : new SuperviseError('storage', `the PID file ${file} cannot be written (${systemCode(error) ?? ''})`, {
          hint: 'Name another one with --pid-file.',
          cause: error,
        });
  }
  let removal: Promise<void> | undefined;
  return {
    remove: () => {
      removal ??= rm(file, { force: true }).then(() => lock.release());
      return removal;
    },
  };
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** A file without our lock was written by somebody else: it is replaced only if it names a process that is gone. */
async function refuseForeignFile(file: string): Promise<void> {
  const text = await readPrivateIfThere(file);
  if (text === undefined) return;
  const pid = /^\s*(\d{1,10})\s*$/.exec(text)?.[1];
  if (pid === undefined) {
    throw new SuperviseError('usage', `${file} is there and is no PID file`, {
      hint: 'Name another one with --pid-file; it is not overwritten.',
    });
  }
  if (!answersSignals(Number(pid))) return;
  throw new SuperviseError('locked', `the PID file ${file} names process ${pid}, which is running`, {
    hint: 'Stop it, or name another file with --pid-file.',
  });
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
