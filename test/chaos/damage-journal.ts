import { readFile, rm, writeFile } from 'node:fs/promises';
import { readHead } from '../../src/journal/file/journal-head.js';
import { headFile, journalFile } from '../../src/journal/file/run-files.js';
import { drawInteger, type Random } from '../../src/sandbox/seeded-random.js';

/**
 * Does to the journal of a run what no crash does: changes, leaves out or cuts off something that its head vouches for,
 * or removes it. Nobody may have it open. False when there is nothing yet that could be damaged.
 */
export async function damageJournal(
  runDirectory: string,
  vaultName: string,
  random: Random,
): Promise<boolean> {
  const journal = journalFile(runDirectory, vaultName);
  const durable = (await readHead(headFile(journal)))?.durable.sequence ?? 0;
  if (durable === 0) return false;
  const bytes = await readFile(journal);
  let durableBytes = 0;
  for (let line = 0; line < durable; line += 1) durableBytes = bytes.indexOf('\n', durableBytes) + 1;
  const at = drawInteger(random, 0, durableBytes);
  const length = drawInteger(random, 1, 60);
  const damages: readonly (() => Promise<void>)[] = [
    () => writeFile(journal, Buffer.from(bytes).fill(0, at, Math.min(at + length, bytes.length))),
    () => writeFile(journal, Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])),
    () => writeFile(journal, bytes.subarray(0, at)),
    () => rm(journal),
  ];
  await damages[drawInteger(random, 0, damages.length)]?.();
  return true;
}
