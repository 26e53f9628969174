import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** A regular file somewhere below a directory. */
export interface TreeFile {
  readonly path: string;
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
  /** Byte by byte, so that a search misses nothing that is not valid UTF-8. */
  readonly content: Buffer;
}

/** Every regular file below a directory; none when it does not exist. */
export async function readTree(directory: string): Promise<TreeFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const { mode } = await stat(path);
        return { path, name: basename(path), mode: mode & 0o777, content: await readFile(path) };
      }),
  );
}

/** Which of the texts occur in a file, as `name: text`. */
export function findTexts(files: readonly TreeFile[], texts: readonly string[]): string[] {
  return files.flatMap(({ name, content }) =>
    texts.filter((text) => content.includes(text)).map((text) => `${name}: ${text}`),
  );
}
