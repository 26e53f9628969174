import { lstatSync, mkdirSync, type Stats } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { assertPrivateFolder } from './open-private.js';

const name = 'skyflow-supervise';
const wayOut = 'Let XDG_STATE_HOME name a directory that only this user may write to.';

/**
 * The folder of this user for what outlives a run (locks, what calibrations have still to delete, keys): made with mode
 * 0700 where it is missing. In XDG_STATE_HOME if that is set, else in `~/.local/state`, else, where there is no home
 * to write to, in `/var/tmp` or the temporary directory: nowhere that a logout deletes. Throws `storage` for a folder
 * that somebody else owns, may write to or has replaced by a link.
 */
export function openStateFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const xdg = environment['XDG_STATE_HOME'] ?? '';
  const own = `${name}-${process.geteuid?.() ?? 'user'}`;
  const candidates = isAbsolute(xdg)
    ? [join(xdg, name)]
    : [...homeCandidates(), join('/var/tmp', own), join(tmpdir(), own)];
  const failures: string[] = [];
  for (const folder of candidates) {
    const failure = make(folder);
    if (failure === undefined) return folder;
    failures.push(`${folder} (${failure})`);
  }
  throw new SuperviseError('storage', `no folder for locks can be made: ${failures.join(', ')}`, {
    hint: wayOut,
  });
}

/** Where the release before this one kept its locks; undefined for a user without a name, who could not load then. */
export function formerLockFolder(): string | undefined {
  try {
    return join(tmpdir(), `${name}-${userInfo().username}`);
  } catch {
    return undefined;
  }
}

/** Makes a folder with mode 0700, or looks at what is there. Gives the system's code when there is none to be had. */
function make(folder: string): string | undefined {
  let failure: string | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    failure = systemCode(error) ?? String(error);
  }
  const found = look(folder);
  if (found === undefined) return failure;
  assertPrivateFolder(folder, found, wayOut);
  return undefined;
}

function homeCandidates(): string[] {
  try {
    return [join(homedir(), '.local', 'state', name)];
  } catch {
    return [];
  }
}

/** Undefined also where something on the way may not be looked into. */
function look(folder: string): Stats | undefined {
  try {
    return lstatSync(folder);
  } catch {
    return undefined;
  }
}
