import { open, readFile, stat, truncate } from 'node:fs/promises';
import { readHead } from '../../src/journal/file/journal-head.js';
import { errorLogFile, headFile, journalFile } from '../../src/journal/file/run-files.js';
import { openRunStore } from '../../src/journal/open-run-store.js';
import { drawInteger, type Random } from '../../src/sandbox/seeded-random.js';

/**
 * Does to the files of a run what a crash of the machine can do: cuts the journal at any byte behind the last line that
 * its head knows to be on the disk, with or without a page of zeros, and then the error log at any byte that this journal no longer
 * vouches for. Nobody may have them open. Returns how many files were torn.
 */
export async function tearFiles(runDirectory: string, vaultName: string, random: Random): Promise<number> {
  const journal = journalFile(runDirectory, vaultName);
  const text = await readFile(journal, 'latin1').catch(() => '');
  if (text === '') return 0;
  const durable = (await readHead(headFile(journal)))?.durable.sequence ?? 0;
  const durableBytes = text.split('\n', durable).reduce((bytes, line) => bytes + line.length + 1, 0);
  await cut(journal, drawInteger(random, durableBytes, text.length + 1), random);
  const reading = await openRunStore(runDirectory).readLedger(vaultName);
  if (reading === undefined) return 1;
  const errorLog = errorLogFile(journal, reading.header);
  const size = await stat(errorLog).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === undefined) return 1;
  await cut(errorLog, drawInteger(random, await settledBytes(journal), size + 1), random);
  return 2;
}

async function cut(file: string, bytes: number, random: Random): Promise<void> {
  const { size } = await stat(file);
  await truncate(file, bytes);
  if (random() < 0.7 || bytes === size) return;
  const handle = await open(file, 'a');
  try {
    await handle.write(Buffer.alloc(size - bytes));
  } finally {
    await handle.close();
  }
}

/** How much of the error log the journal vouches for. */
async function settledBytes(journal: string): Promise<number> {
  const text = await readFile(journal, 'latin1');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return Number(
    [...whole.matchAll(/^settle .* log=(\d+)(?::[0-9a-f]{8})? \d+ [0-9a-f]{8}$/gm)].at(-1)?.[1] ?? 0,
  );
}
