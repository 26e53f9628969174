import { closeSync, openSync, readdirSync, statSync } from 'node:fs';
import { systemCode } from '../errors/supervise-error.js';

/** Why what is named cannot be read as a file, in a sentence; undefined: it can. Nothing is waited for. */
export function faultOfFile(path: string): string | undefined {
  try {
    const found = statSync(path);
    if (found.isDirectory()) return 'This is a folder; name a file.';
    if (!found.isFile()) return 'This is no regular file (a pipe, a device).';
    closeSync(openSync(path, 'r'));
    return found.size === 0 ? 'This file is empty.' : undefined;
  } catch (error) {
    return inWords(error, 'There is no such file.');
  }
}

/** The same of a folder, which need not be there yet. */
export function faultOfFolder(path: string): string | undefined {
  try {
    readdirSync(path);
    return undefined;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return undefined;
    return code === 'ENOTDIR' ? 'This is no folder; name the one that the files are in.' : inWords(error);
  }
}

function inWords(error: unknown, missing = 'It is not there.'): string {
  const code = systemCode(error) ?? 'unknown error';
  if (code === 'ENOENT' || code === 'ENOTDIR') return missing;
  return code === 'EACCES' || code === 'EPERM' ? 'You may not read it.' : `It cannot be read (${code}).`;
}
