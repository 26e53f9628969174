import { open, readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { errorLogName } from '../../src/journal/error-log-format.js';
import { readHead } from '../../src/journal/journal-head.js';
import { headFile, journalFile } from '../../src/journal/ledger-files.js';
import { readLedger } from '../../src/journal/read-ledger.js';
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
  const reading = await readLedger(runDirectory, vaultName);
  if (reading === undefined) return 1;
  const errorLog = join(runDirectory, errorLogName(reading.header));
  const size = await stat(errorLog).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === undefined) return 1;
  await cut(errorLog, drawInteger(random, reading.errorLogBytes, size + 1), random);
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
