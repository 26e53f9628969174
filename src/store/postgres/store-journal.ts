import * as z from 'zod';
import { SuperviseError } from '../../errors/supervise-error.js';
import { JournalChain } from '../../journal/journal-chain.js';
import { formatBody, type JournalLine, type WritableLine } from '../../journal/journal-line.js';
import type { AppendOptions, JournalStore } from '../../journal/journal-store.js';
import type { LedgerHeader } from '../../journal/ledger-contract.js';
import { damaged, REPAIR } from '../../journal/storage-error.js';
import { readShardLines } from './read-lines.js';
import { rebuildShard } from './rebuild-shard.js';
import { STORE_SCHEMA } from './schema-sql.js';
import { describeShard, type OwnedShard, type ShardId } from '../shard-id.js';
import type { Store } from './store.js';

export interface StoreJournalOptions {
  /** For people: whose hands the shard is in. */
  readonly owner: string;
  readonly signal?: AbortSignal | undefined;
}

interface Waiting {
  readonly texts: readonly string[];
  readonly lines: readonly WritableLine[];
  readonly entries: readonly string[];
  readonly isDurable: boolean;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

const takenSchema = z.object({
  epoch: z.int(),
  seq: z.int(),
});
const verdictSchema = z.object({ verdict: z.enum(['ok', 'again', 'fenced', 'forgotten']) });

/** Appends that go together at most. */
const mostTogether = 64;

/**
 * The journal of a shard as rows of the store, each the very text of a line. Whoever opens it is its owner from then on,
 * in an epoch of its own: whatever the owner before still adds is refused (`fenced`), and nobody else is waited for.
 *
 * Appends go one after the other, each with all that waits, so that a number is enough to tell a repetition from a
 * rival. What says that rows may be sent (reserved, handed out) is durable at the server before it is done; clean
 * settlements are not waited for: a server that forgets some in a crash has lines that do not fit the owner's number,
 * which makes a new epoch, and those rows are in doubt.
 */
export class StoreJournal implements JournalStore {
  readonly place: string;
  readonly shard: OwnedShard;
  readonly #store: Store;
  readonly #signal: AbortSignal | undefined;
  #chain = new JournalChain();
  #seq: number;
  /** Of the lines that are durable at the server. */
  #witnessed: number;
  #hasEntries = false;
  #queue: Waiting[] = [];
  #running: Promise<void> | undefined;
  #refusal: Error | undefined;
  #closing: Promise<void> | undefined;

  private constructor(store: Store, shard: OwnedShard, seq: number, signal: AbortSignal | undefined) {
    this.place = describeShard(shard);
    this.shard = shard;
    this.#store = store;
    this.#seq = seq;
    this.#witnessed = seq;
    this.#signal = signal;
  }

  /** Takes the shard over, durably. Throws `fenced` when it is done, or not there. */
  static async open(
    store: Store,
    id: ShardId,
    { owner, signal }: StoreJournalOptions,
  ): Promise<StoreJournal> {
    const { run, vault, shard } = id;
    const [taken] = await store.ask(
      takenSchema,
      { text: `SELECT * FROM ${STORE_SCHEMA}.take_over($1,$2,$3,$4)`, values: [run, vault, shard, owner] },
      { signal },
    );
    if (taken === undefined) throw new SuperviseError('fenced', `${describeShard(id)} is done, or gone`);
    return new StoreJournal(store, { run, vault, shard, epoch: taken.epoch }, taken.seq, signal);
  }

  get errorLog(): string | undefined {
    return this.#hasEntries ? this.place : undefined;
  }

  async replay(take: (line: JournalLine) => string | undefined): Promise<{ readonly isWhole: boolean }> {
    this.#chain = new JournalChain();
    const refuse = (where: string) => damaged(this.place, where, REPAIR);
    let last = 0;
    for await (const line of readShardLines(this.#store, this.shard, this.#chain, this.#signal)) {
      last += 1;
      if (line.kind === 'settle') this.#hasEntries ||= line.entries > 0;
      const objection = take(line);
      if (objection !== undefined) throw refuse(`line ${last}: ${objection}`);
    }
    if (last !== this.#seq) throw refuse(`it has ${last} lines, and ${this.#seq} were added`);
    // Lines that hand rows out are durable before it is done.
    return { isWhole: true };
  }

  begin(): Promise<void> {
    return Promise.resolve();
  }

  append(lines: readonly WritableLine[], { durability, entries = [] }: AppendOptions): Promise<void> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    const texts = lines.map((line) => this.#chain.seal(formatBody(line)).slice(0, -1));
    const isDurable = durability !== 'loose' || entries.length > 0;
    return new Promise((done, failed) => {
      this.#queue.push({ texts, lines, entries, isDurable, done, failed });
      this.#running ??= this.#drain();
    });
  }

  async repair(header: LedgerHeader, { hasForgotten }: { readonly hasForgotten: boolean }): Promise<void> {
    this.#seq = await rebuildShard(this.#store, this.shard, { header, hasForgotten });
    this.#witnessed = this.#seq;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#running;
    const { run, vault, shard, epoch } = this.shard;
    if (this.#refusal !== undefined) return;
    await this.#store.tell(`SELECT ${STORE_SCHEMA}.let_go($1,$2,$3,$4)`, [run, vault, shard, epoch]);
  }

  async #drain(): Promise<void> {
    // What else is settled in this turn goes along.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const group = this.#queue.splice(0, mostTogether);
      try {
        if (this.#refusal !== undefined) throw this.#refusal;
        await this.#commit(group);
        for (const { done } of group) done();
      } catch (error) {
        this.#refusal ??= error instanceof Error ? error : new Error(String(error));
        for (const { failed } of [...group, ...this.#queue.splice(0)]) failed(this.#refusal);
      }
    }
    this.#running = undefined;
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const { run, vault, shard, epoch } = this.shard;
    const texts = group.flatMap((one) => one.texts);
    const entries = group.flatMap((one) => one.entries);
    const isDurable = group.some((one) => one.isDurable);
    const counts = countsOf(group.flatMap(({ lines }) => lines));
    const [found] = await this.#store.ask(verdictSchema, {
      name: 'append',
      text: `SELECT ${STORE_SCHEMA}.append($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15) AS verdict`,
      values: [run, vault, shard, epoch, this.#seq, texts, entries, isDurable, this.#witnessed, ...counts],
    });
    if (found?.verdict === 'forgotten') throw forgotten(this.shard);
    if (found?.verdict === 'fenced')
      throw new SuperviseError(
        'fenced',
        `${this.place} has another owner, or lines of epoch ${epoch} are lost`,
      );
    this.#hasEntries ||= entries.length > 0;
    this.#seq += texts.length;
    if (isDurable) this.#witnessed = this.#seq;
  }
}

/** A store that knows less than was seen to be on its disk is not the one that was written. */
export function forgotten(shard: ShardId): SuperviseError {
  return new SuperviseError(
    'storage',
    `the store has forgotten what it knew of ${describeShard(shard)}: it was restored from a backup, or a stale copy took its place`,
    {
      hint: 'Nothing more is sent. Bring the right database back; else go on with `resume RUN --repair`: it asks the vault for every row that is not provably settled.',
    },
  );
}

/** In the order of the function's parameters. */
function countsOf(lines: readonly WritableLine[]): number[] {
  let [reservedTo, rows, uploaded, confirmed, failed, held] = [0, 0, 0, 0, 0, 0];
  for (const line of lines) {
    if (line.kind === 'reserve') reservedTo = Math.max(reservedTo, line.range.end);
    if (line.kind !== 'settle') continue;
    rows += line.range.end - line.range.start;
    uploaded += line.uploaded;
    confirmed += line.confirmed;
    failed += line.failed;
    held += line.held;
  }
  return [reservedTo, rows, uploaded, confirmed, failed, held];
}
