import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { systemCode } from '../../src/errors/supervise-error.js';

/** A regular file somewhere below a directory. */
export interface TreeFile {
  readonly path: string;
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
  /** Byte by byte, so that a search misses nothing that is not valid UTF-8. */
  readonly content: Buffer;
}

/** Every regular file below a directory that is not gone when it is read; none when it does not exist. */
export async function readTree(directory: string): Promise<TreeFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries
    .filter((entry) => entry.isFile())
    .map(async (entry): Promise<TreeFile[]> => {
      const path = join(entry.parentPath, entry.name);
      try {
        const { mode } = await stat(path);
        return [{ path, name: basename(path), mode: mode & 0o777, content: await readFile(path) }];
      } catch (error) {
        if (systemCode(error) !== 'ENOENT') throw error;
        return [];
      }
    });
  return (await Promise.all(files)).flat();
}

/** Which of the texts occur in a file, as `name: text`. */
export function findTexts(files: readonly TreeFile[], texts: readonly string[]): string[] {
  return files.flatMap(({ name, content }) =>
    texts.filter((text) => content.includes(text)).map((text) => `${name}: ${text}`),
  );
}
