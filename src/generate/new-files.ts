import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';

/** A file that is being written under another name, next to where it will be. */
export interface NewFile {
  readonly path: string;
  readonly handle: FileHandle;
}

interface Draft extends NewFile {
  readonly draftPath: string;
}

/**
 * A set of files that come into being together: each is written under a name of its own and gets its real one
 * in `publish`, when all are on disk. Whoever is killed before leaves nothing under a real name.
 *
 * A pair cannot change its two names in one step. So `publish` first takes away what is there: a kill between
 * two steps leaves a file missing, which every reader notices, and never an old file beside a new one.
 */
export class NewFiles {
  readonly #drafts: Draft[] = [];
  readonly #force: boolean;

  private constructor(force: boolean) {
    this.#force = force;
  }

  /** Makes the directory if need be; without `force`, files that exist are an error that names them all. */
  static async create(paths: readonly string[], force: boolean): Promise<NewFiles> {
    const files = new NewFiles(force);
    try {
      for (const directory of new Set(paths.map((file) => path.dirname(file)))) {
        await mkdir(directory, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
          throw diskFailure(`the directory ${directory} cannot be made`, error);
        });
      }
      await assertFree(paths, force);
      for (const file of paths) files.#drafts.push(await draft(file));
      return files;
    } catch (error) {
      await files.discard();
      throw error;
    }
  }

  get(filePath: string): NewFile {
    const found = this.#drafts.find((file) => file.path === filePath);
    if (found === undefined) throw new SuperviseError('internal', `${filePath} is not among the new files`);
    return found;
  }

  /** Gives the files their names, once all of them are safely on disk. */
  async publish(): Promise<void> {
    for (const { path: filePath, handle } of this.#drafts) {
      await handle
        .sync()
        .then(() => handle.close())
        .catch((error: unknown) => {
          throw diskFailure(`${filePath} cannot be written`, error);
        });
    }
    const paths = this.#drafts.map((file) => file.path);
    await assertFree(paths, this.#force);
    for (const file of paths) await rm(file, { force: true }).catch(cannotReplace(file));
    for (const file of this.#drafts) await rename(file.draftPath, file.path).catch(cannotReplace(file.path));
  }

  /** Removes what has not been published. */
  async discard(): Promise<void> {
    for (const { handle, draftPath } of this.#drafts) {
      await handle.close().catch(() => undefined);
      await rm(draftPath, { force: true }).catch(() => undefined);
    }
  }
}

/** An error of the disk, with its code and, where there is one, the way out. */
export function diskFailure(what: string, error: unknown): SuperviseError {
  const code = systemCode(error);
  const hint =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'The disk is full: make room or choose another directory.'
      : undefined;
  return new SuperviseError('storage', `${what} (${code ?? 'unknown error'})`, { hint, cause: error });
}

function cannotReplace(filePath: string): (error: unknown) => never {
  return (error) => {
    throw diskFailure(`${filePath} cannot be put in place`, error);
  };
}

async function draft(filePath: string): Promise<Draft> {
  const name = `.${path.basename(filePath)}.${randomBytes(4).toString('hex')}.partial`;
  const draftPath = path.join(path.dirname(filePath), name);
  const handle = await open(draftPath, 'wx', 0o600).catch((error: unknown) => {
    throw diskFailure(`${filePath} cannot be written`, error);
  });
  return { path: filePath, handle, draftPath };
}

async function assertFree(paths: readonly string[], force: boolean): Promise<void> {
  const found: string[] = [];
  for (const file of paths) {
    const entry = await lstat(file).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw diskFailure(`${file} cannot be looked at`, error);
    });
    if (entry?.isDirectory() === true) {
      throw new SuperviseError('usage', `${file} is a directory, where a file is to be written`);
    }
    if (entry !== undefined) found.push(file);
  }
  if (found.length === 0 || force) return;
  throw new SuperviseError('usage', `already there and not overwritten: ${found.join(', ')}`, {
    hint: 'Choose another directory, or say --force to replace them.',
  });
}
