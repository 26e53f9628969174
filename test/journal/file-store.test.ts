import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readErrorLog } from '../../src/error-log/read-error-log.js';
import { openRunStore } from '../../src/journal/open-run-store.js';
import { ERROR_LOG, HEAD, JOURNAL, linesOf, memoryFolder, open, owner, settlement } from './fixtures.js';
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

test('what is settled in one turn of the event loop is written at once, in order, before anything else is', async (t) => {
  const folder = await memoryFolder(t);
  const ledger = await open(folder);
  await ledger.reserve({ start: 0, end: 60 }, { ahead: true });
  await ledger.handOut({ start: 0, end: 30 });
  const said = (): string[] =>
    linesOf(readFileSync(join(folder, JOURNAL)))
      .slice(4)
      .map((line) => /(?:settle|handed) \S+/.exec(line)?.[0] ?? line);
  const settled = [0, 10, 20].map((start) => ledger.settle(settlement(start, start + 10)));
  assert.deepEqual(said(), []);
  assert.deepEqual([...ledger.settled], [], 'it is told by nobody before it stands there');
  const handed = ledger.handOut({ start: 30, end: 50 });
  assert.deepEqual(said(), ['settle 0-10', 'settle 10-20', 'settle 20-30', 'handed 30-50']);
  await Promise.all([...settled, handed]);
  assert.deepEqual([...ledger.settled], [{ start: 0, end: 30 }]);
  // Nothing else is written, and still it is not waited for.
  await ledger.settle(settlement(30, 40));
  assert.deepEqual(said().slice(4), ['settle 30-40']);
  const last = ledger.settle(settlement(40, 50));
  await ledger.close();
  await last;
  assert.deepEqual(said().slice(5), ['settle 40-50']);
});
