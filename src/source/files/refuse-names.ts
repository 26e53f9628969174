import { existsSync, readlinkSync, type Stats } from 'node:fs';
import path from 'node:path';
import type { SuperviseError } from '../../errors/supervise-error.js';
import { errorIn } from './file-errors.js';

const opened = /^\/(?:dev\/(?:stdin|fd\/\d+)|proc\/(?:self|thread-self|\d+)(?:\/task\/\d+)?\/fd\/\d+)$/;
const addressed = /(?:^|\/)([a-z][a-z\d+.-]+):\/+(.*)$/i;
const staged = /(?:^|\/)(@.*)$/;
const braced = /\{[^{}/]*(?:,|\.\.)[^{}/]*\}/;
const unexpanded = /(?:^|\/)(~|\$\{?\w+\}?)(?:\/|$)/;

/** Throws for names that stand for no file, and tells what they stand for. Paths that were made absolute are known as they were. */
export function refuseNames(filePath: string): void {
  if (leadsTo(filePath, opened)) throw notKept(filePath);
  if (existsSync(filePath)) return;
  const [, scheme, address] = addressed.exec(filePath) ?? [];
  if (scheme !== undefined && address !== undefined) throw isAddress(scheme, address);
  const [, stage] = staged.exec(filePath) ?? [];
  if (stage !== undefined) {
    throw errorIn(
      stage,
      'is not there; a stage of Snowflake is not read, only files are',
      `Copy it to a disk with \`GET ${stage} file:///FOLDER/\`.`,
    );
  }
  const [, variable] = unexpanded.exec(filePath) ?? [];
  if (variable !== undefined) {
    throw errorIn(
      filePath,
      `does not exist: ${variable} is only replaced by a shell`,
      'Write the whole path.',
    );
  }
  const [braces] = braced.exec(filePath) ?? [];
  if (braces !== undefined) {
    throw errorIn(
      filePath,
      `does not exist: ${braces} is only replaced by a shell`,
      'Write a list of names, or a pattern with `*`, `?` and `[0-9]`.',
    );
  }
  if (path.basename(filePath) === '-') throw notKept('-');
}

/** Throws for what can be read only once: a pipe, a terminal, a device. */
export function refuseIrregular(filePath: string, found: Stats): void {
  if (found.isFile()) return;
  throw errorIn(
    filePath,
    'is not a regular file; it has to be read more than once',
    'Write what comes out of it to a file first, gzip if need be, and load that.',
  );
}

/** As many links as Linux follows. */
const mostLinks = 40;

/** Whether a path, or any that links on its way stand for, is such a one. */
function leadsTo(filePath: string, such: RegExp): boolean {
  let place: string | undefined = filePath;
  for (let links = 0; place !== undefined && links <= mostLinks; links += 1) {
    if (such.test(place)) return true;
    place = followed(place);
  }
  return false;
}

/** The path with its first link replaced by what it points to; undefined without a link. */
function followed(filePath: string): string | undefined {
  const names = filePath.split(path.sep);
  for (let count = 1; count <= names.length; count += 1) {
    const link = names.slice(0, count).join(path.sep) || path.sep;
    try {
      return path.resolve(path.dirname(link), readlinkSync(link), ...names.slice(count));
    } catch {
      // No link, or not there.
    }
  }
  return undefined;
}

function notKept(name: string): SuperviseError {
  return errorIn(
    name,
    'is not a file; standard input is not read, because rows are read more than once',
    'Write it to a file first, and name that.',
  );
}

/** Without what may be a secret: a password, or a signature behind the name. */
function isAddress(scheme: string, address: string): SuperviseError {
  if (scheme.toLowerCase() === 'file')
    return errorIn(`file:///${address}`, 'is an address (file)', `Name the file itself: /${address}`);
  const shown = address.replace(/^[^/@]*:[^/@]*@/, '').replace(/\?[^/]*=.*$/s, '');
  return errorIn(
    `${scheme}://${shown}`,
    `is an address (${scheme.toLowerCase()}), and only files are read`,
    'Copy it to a disk, or mount the bucket (Mountpoint for S3, gcsfuse, BlobFuse) and name the file there.',
  );
}
