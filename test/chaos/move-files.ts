import { appendFile, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { drawInteger, type Random } from '../../src/sandbox/seeded-random.js';
import type { TestSandbox } from '../support/sandbox.js';
import { storedRecords } from './strike.js';

/**
 * What becomes of the inputs of a running load: the tokens in another order, one byte edited with the time put back,
 * rows added; or nothing that counts: a file that is touched, or replaced by one of the same content.
 */
export type Move = 'reversed' | 'edited' | 'appended' | 'touched' | 'replaced';

export interface InputFiles {
  readonly data: string;
  readonly tokens: string;
}

/** Whether the inputs hold something else after it. */
export function changesContent(move: Move): boolean {
  return move !== 'touched' && move !== 'replaced';
}

/** Moves the files once the sandbox has stored so many more records; false when the program ended before. */
export async function moveDuring(
  ended: Promise<unknown>,
  sandbox: TestSandbox,
  { files, move, afterRecords, random }: InputMove,
): Promise<boolean> {
  const before = await storedRecords(sandbox);
  let running = true;
  void ended.then(() => (running = false));
  const isRunning = (): boolean => running;
  while (isRunning() && (await storedRecords(sandbox)) - before < afterRecords) await sleep(5);
  if (!isRunning()) return false;
  await moveFiles(files, move, random);
  return true;
}

export interface InputMove {
  readonly files: InputFiles;
  readonly move: Move;
  readonly afterRecords: number;
  readonly random: Random;
}

async function moveFiles({ data, tokens }: InputFiles, move: Move, random: Random): Promise<void> {
  switch (move) {
    case 'reversed': {
      const [header = '', ...lines] = (await readFile(tokens, 'utf8')).trimEnd().split('\n');
      await writeFile(tokens, `${[header, ...lines.reverse()].join('\n')}\n`);
      return;
    }
    case 'edited': {
      const { atime, mtime } = await stat(data);
      const bytes = await readFile(data);
      const at = bytes.indexOf('x', drawInteger(random, 0, bytes.length));
      bytes[at < 0 ? bytes.indexOf('x') : at] = 0x79;
      await writeFile(data, bytes);
      await utimes(data, atime, mtime);
      return;
    }
    case 'appended':
      await appendFile(data, 'one more\nand another\n');
      await appendFile(tokens, 'tok_more\ntok_another\n');
      return;
    case 'touched':
      await Promise.all([data, tokens].map((file) => utimes(file, new Date(0), new Date(0))));
      return;
    case 'replaced':
      for (const file of [data, tokens]) {
        await writeFile(`${file}.new`, await readFile(file));
        await rename(`${file}.new`, file);
      }
      return;
    default:
      return move satisfies never;
  }
}
