import { entrySchema, type LoggedVault } from '../../error-log/error-log-entry.js';
import type { JournalStore } from '../../journal/journal-store.js';
import type { WritableLine } from '../../journal/journal-line.js';
import type { LedgerHeader } from '../../journal/ledger-contract.js';
import { JournalChain } from '../../journal/journal-chain.js';
import { openRunStore } from '../../journal/open-run-store.js';
import { damaged, REPAIR } from '../../journal/storage-error.js';
import { openDataKey } from '../../privacy/data-key.js';
import { unseal } from '../../privacy/sealed-records.js';
import type { PositionRange } from '../../record/batch.js';
import { readEntries, readShardLines } from './read-lines.js';
import { describeShard, type ShardId } from '../shard-id.js';
import type { Store } from './store.js';

export interface ExportedVault {
  readonly header: LedgerHeader;
  readonly extent: PositionRange;
  readonly shards: number;
}

/**
 * Writes what a store holds of a vault's run as the journal and the error log of a run directory, in place of what is
 * there. `identity`: opens the entries that were sealed to the run's own key; without it they stay sealed.
 */
export async function exportVault(
  store: Store,
  runDirectory: string,
  { header, extent: { start, end }, shards }: ExportedVault,
  identity: string | undefined,
): Promise<void> {
  const { runId: run, vaultName: vault } = header;
  const files = openRunStore(runDirectory);
  await files.forgetLedger(vault);
  const journal = await files.openJournal(vault);
  try {
    await journal.replay(() => undefined);
    await journal.begin(header);
    await add(journal, [{ kind: 'header', header }]);
    const opener = new EntryOpener(header, identity);
    let hasInputs = false;
    for (let shard = 0; shard < shards; shard += 1) {
      const id = { run, vault, shard };
      const entries = readEntries(store, id);
      for await (const line of readShardLines(store, id, new JournalChain())) {
        if (line.kind === 'unknown') throw damaged(describeShard(id), 'a line is of another version', REPAIR);
        if (line.kind === 'inputs' && !hasInputs) {
          hasInputs = true;
          await add(journal, [line, { kind: 'extent', start, end }]);
        }
        if (
          line.kind === 'header' ||
          line.kind === 'inputs' ||
          line.kind === 'extent' ||
          line.kind === 'repair'
        )
          continue;
        if (line.kind === 'settle' && line.failed > 0)
          await addFailed(journal, line, entries, { id, opener });
        else await add(journal, [line]);
      }
    }
    // Nothing is missing: what was handed out is known.
    await journal.append([], { durability: 'durable' });
  } finally {
    await journal.close();
  }
}

async function add(
  journal: JournalStore,
  lines: readonly WritableLine[],
  entries: readonly string[] = [],
): Promise<void> {
  await journal.append(lines, { durability: 'loose', entries });
}

async function addFailed(
  journal: JournalStore,
  line: Extract<WritableLine, { kind: 'settle' }>,
  entries: AsyncGenerator<string>,
  { id, opener }: { readonly id: ShardId; readonly opener: EntryOpener },
): Promise<void> {
  const taken: string[] = [];
  let records = 0;
  // Behind a repair a line does not say how many entries are its own: as many as hold its records.
  while (line.entries > 0 ? taken.length < line.entries : records < line.failed) {
    const next = await entries.next();
    if (next.done === true) throw damaged(describeShard(id), 'entries of its error log are missing', REPAIR);
    const opened = await opener.open(next.value);
    records += opened.records;
    taken.push(opened.text);
  }
  await add(journal, [{ ...line, entries: taken.length }], taken);
}

/** Opens entries that are sealed to the key of their run. */
class EntryOpener {
  readonly #vault: LoggedVault;
  readonly #identity: string | undefined;
  readonly #keys = new Map<string, Buffer | undefined>();

  constructor({ vaultName: name, vaultId: id, table, column }: LedgerHeader, identity: string | undefined) {
    this.#vault = { name, id, table, column };
    this.#identity = identity;
  }

  async open(text: string): Promise<{ readonly text: string; readonly records: number }> {
    const raw = entrySchema.parse(JSON.parse(text));
    const { encrypted, ...facts } = raw;
    const key = encrypted && (await this.#keyOf(encrypted.key));
    const content = encrypted && key && unseal(encrypted, key, raw, this.#vault);
    if (content === undefined) return { text, records: raw.records.length };
    const records = raw.records.map(({ Position }, at) => {
      const { value: Value = '', token: Token = '' } = content.pairs[at] ?? {};
      return { Value, Token, Position };
    });
    const clear = JSON.stringify({ ...facts, records, error: content.said ?? raw.error });
    return { text: clear, records: records.length };
  }

  async #keyOf(wrapped: string): Promise<Buffer | undefined> {
    if (this.#identity === undefined) return undefined;
    if (!this.#keys.has(wrapped)) {
      const key = await openDataKey(wrapped, [this.#identity]);
      this.#keys.set(wrapped, key === 'foreign' ? undefined : key);
    }
    return this.#keys.get(wrapped);
  }
}
