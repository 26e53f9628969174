import { open, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { openPrivate } from '../../src/trust/open-private.js';
import { SuperviseError, systemCode } from '../../src/errors/supervise-error.js';
import type { OfflineWish } from '../command-line/attendance-options.js';

export interface OfflineLog {
  readonly file: string;
  readonly fd: number;
  /** Without `keep` a file that was made here is removed again: nothing was begun. */
  close(options: { readonly keep: boolean }): Promise<void>;
}

/** Opens the file that takes the output: a named one at its end, else a new one named after the time in UTC. */
export async function openOfflineLog(
  { logFile: named, filesOf }: Pick<OfflineWish, 'logFile' | 'filesOf'>,
  now: Date,
): Promise<OfflineLog> {
  const file = resolve(named ?? defaultName(filesOf, now));
  try {
    const made = await open(file, 'ax', 0o600).catch((error: unknown) => {
      if (named !== undefined && systemCode(error) === 'EEXIST') return undefined;
      throw error;
    });
    const handle = made ?? (isDevice(file) ? await open(file, 'a') : await openPrivate(file, 'a'));
    return {
      file,
      fd: handle.fd,
      close: async ({ keep }) => {
        await handle.close();
        if (!keep && made !== undefined) await rm(file, { force: true });
      },
    };
  } catch (error) {
    if (error instanceof SuperviseError) throw error;
    throw new SuperviseError('storage', `the log ${file} cannot be opened (${systemCode(error) ?? ''})`, {
      hint: 'Name another one with --log-file.',
      cause: error,
    });
  }
}

/** Such as `/dev/null`: everybody may write to it, and nobody reads it. */
function isDevice(file: string): boolean {
  return file.startsWith('/dev/');
}

/** As the replaced loader puts it together: `skyflow-supervise-YYYYMMDD-HHMMSS.log`. */
function defaultName(program: string, now: Date): string {
  const stamp = now.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${program}-${stamp}.log`;
}
