import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readErrorLog } from '../../src/error-log/read-error-log.js';
import { openRunStore } from '../../src/journal/open-run-store.js';
import { ERROR_LOG, HEAD, JOURNAL, linesOf, memoryFolder, owner } from './fixtures.js';
import { testJournalStore, type StorePlace } from './store-contract.js';
import { newFolder } from '../support/temporary-folder.js';

/** A run directory; `root` has room for copies of it. */
function placeAt(root: string, folder: string): StorePlace {
  const copy = async (): Promise<string> => {
    const name = newFolder(join(root, 'copy-'));
    await cp(folder, name, { recursive: true, filter: (file) => !file.endsWith('.lock') });
    return name;
  };
  return {
    open: () => openRunStore(folder).openJournal(owner.vaultName, { lockWaitMs: 0 }),
    copy: async () => placeAt(root, await copy()),
    copyForgetful: async () => {
      const name = await copy();
      const journal = await readFile(join(name, JOURNAL));
      const head = await readFile(join(name, HEAD), 'latin1');
      const durable = Math.max(
        ...[...head.matchAll(/^durable lines=(\d+)/gm)].map(([, lines]) => Number(lines)),
      );
      const end = linesOf(journal)
        .slice(0, durable)
        .reduce((bytes, line) => bytes + Buffer.byteLength(line) + 1, 0);
      await writeFile(join(name, JOURNAL), journal.fill(0, end));
      return placeAt(root, name);
    },
    change: async (edit) => {
      const lines = edit(linesOf(await readFile(join(folder, JOURNAL))));
      await writeFile(join(folder, JOURNAL), lines.map((line) => `${line}\n`).join(''));
    },
    entries: async () => {
      const found: string[] = [];
      const log = await readErrorLog(join(folder, ERROR_LOG)).catch(() => undefined);
      for await (const { raw } of log?.rawEntries ?? []) found.push(JSON.stringify(raw));
      return found;
    },
  };
}

testJournalStore('files', async (t) => {
  const root = await memoryFolder(t);
  return placeAt(root, newFolder(join(root, 'run-')));
});
