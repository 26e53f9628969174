import { constants, lstatSync, readlinkSync, statSync, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname, join, parse, resolve, sep } from 'node:path';
import { SuperviseError } from '../errors/supervise-error.js';
import { octal, strangersMayRead, strangerThatWrites } from './strangers.js';

/** More than any chain of links that people make. */
const maxLinks = 40;
/** What the shell opened for us (`<(command)`, `/dev/stdin`) is ours. */
const ownDescriptor = /^\/(dev\/(fd\/\d+|stdin)|proc\/(self|\d+)\/fd\/\d+)$/;

/**
 * Opens a file that a person named (configuration, secrets, logs to send again) for reading. It may be reached by links
 * that this user or root has made, as secrets of Kubernetes are; it must be one that nobody but this user and root owns
 * or may write. Throws `config` for what strangers could have put there, and the system's error for everything else.
 */
export async function openTrusted(file: string): Promise<FileHandle> {
  if (ownDescriptor.test(file)) return open(file, 'r');
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const handle = await open(followLinks(file), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    assertTrusted(file, await handle.stat());
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The content of such a file, up to `maxBytes`; one that is longer is read one byte further, so that it can be told. */
export async function readTrusted(file: string, maxBytes = 1 << 20): Promise<Buffer> {
  const handle = await openTrusted(file);
  try {
    const parts: Buffer[] = [];
    let length = 0;
    // A pipe gives what it has; a file may grow.
    for await (const part of handle.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
      parts.push(part);
      length += part.length;
      if (length > maxBytes) break;
    }
    return Buffer.concat(parts).subarray(0, maxBytes + 1);
  } finally {
    await handle.close();
  }
}

/** Looks at a file without opening it. Throws `config` as `openTrusted` does; a file that is not there is none of ours. */
export function assertTrustedPath(file: string): void {
  if (ownDescriptor.test(file)) return;
  const stats = lookAt(file);
  if (stats !== undefined) assertTrusted(file, stats);
}

/** What to say about a file of secrets, named by the setting `key`, that others may read; undefined when they may not, or there is none. */
export function warnOfReadable(file: string, key: string): string | undefined {
  const stats = ownDescriptor.test(file) ? undefined : lookAt(file);
  if (stats === undefined || !strangersMayRead(stats)) return undefined;
  return `others on this machine may read ${file} (${key}, mode ${octal(stats)}): chmod go-r ${file}`;
}

function lookAt(file: string): Stats | undefined {
  try {
    return statSync(followLinks(file));
  } catch (error) {
    if (error instanceof SuperviseError) throw error;
    return undefined;
  }
}

function assertTrusted(file: string, stats: Stats): void {
  const stranger = strangerThatWrites(stats);
  if (stranger !== undefined) throw untrusted(file, stranger);
  if (stats.isFIFO()) throw untrusted(file, 'it is a pipe');
}

function untrusted(file: string, why: string): SuperviseError {
  return new SuperviseError('config', `${file} is not trusted: ${why}`, {
    hint: `What it says decides where data and credentials go, so nobody but this user and root may write it: chmod go-w ${file}, or chown it, or use a copy of your own.`,
  });
}

/** The path without links; each that was followed is this user's or root's. Throws the system's error for a missing one. */
function followLinks(file: string): string {
  let rest = resolve(file).split(sep);
  let path = parse(resolve(file)).root;
  let followed = 0;
  while (rest.length > 0) {
    const [name = '', ...others] = rest;
    const at = join(path, name);
    const stats = lstatSync(at);
    if (!stats.isSymbolicLink()) {
      [path, rest] = [at, others];
      continue;
    }
    const stranger = strangerThatWrites({ uid: stats.uid, gid: 0, mode: 0 });
    if (stranger !== undefined) throw untrusted(file, `${at} is a link, and ${stranger}`);
    if ((followed += 1) > maxLinks) throw untrusted(file, 'its links lead in a circle');
    const target = resolve(dirname(at), readlinkSync(at));
    [path, rest] = [parse(target).root, [...target.split(sep), ...others]];
  }
  return path;
}
