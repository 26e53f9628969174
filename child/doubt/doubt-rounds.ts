import type { Ledger } from '../../src/journal/ledger.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { Batch, PositionRange } from '../../src/record/batch.js';
import { RangeSet, type PositionSet } from '../../src/record/range-set.js';
import type { RecordSource } from '../../src/source/record-source.js';
import type { LookupAnswer, VaultClient } from '../../src/vault/vault-client.js';
import { askVault } from './ask-vault.js';
import { BatchReader } from '../load/batch-reader.js';
import { denial, type Deliverer } from '../deliver/deliver-batch.js';
import type { PaceGate } from '../pace/pace-gate.js';
import { divideRanges } from '../load/plan-ranges.js';
import type { RecordAccounts } from '../load/record-accounts.js';
import { collectTokens, findRepeatedTokens, settleDoubt } from './settle-doubt.js';
import type { StopSwitch } from '../stop-switch.js';
import type { VaultHealth } from '../vault/vault-health.js';
import { waitFor } from '../wait-for.js';

export interface DoubtRoundsOptions {
  readonly job: VaultJob;
  readonly ledger: Ledger;
  readonly source: RecordSource;
  readonly client: VaultClient;
  readonly reauthorise: (message: string) => Promise<boolean>;
  readonly accounts: RecordAccounts;
  readonly stop: StopSwitch;
  readonly notice: (message: string) => void;
  readonly gate: PaceGate;
  readonly health: VaultHealth;
  readonly deliverer: Deliverer;
  readonly batchSize: () => number;
  /** Has all workers handle the batches of a reader, until it has no more or the vault is stopped. */
  readonly work: (reader: BatchReader, handle: (batch: Batch) => Promise<void>) => Promise<void>;
}

/** Records in doubt that are settled together: bounds the memory of the pass that looks for repeated tokens. */
const chunkRows = 200_000;

/**
 * The rows in doubt, and how they are settled: in rounds, because settling may leave new ones. What is left after
 * as many rounds as a request has attempts is held back in a last one, in which nothing is sent any more.
 */
export class DoubtRounds {
  readonly #options: DoubtRoundsOptions;
  readonly #ranges: RangeSet;
  #latestMs = performance.now();

  constructor(options: DoubtRoundsOptions) {
    this.#options = options;
    this.#ranges = new RangeSet(options.ledger.inDoubt);
  }

  get ranges(): PositionSet {
    return this.#ranges;
  }

  /** Rows of which the answer was lost just now. */
  park(range: PositionRange): void {
    this.#ranges.add(range);
    this.#latestMs = performance.now();
  }

  /** Rows that an earlier run sent and lost sight of are reserved like this run's own, so that a resume looks too. */
  async include(range: PositionRange): Promise<void> {
    const { ledger } = this.#options;
    const unreserved = new RangeSet([range]).subtract(ledger.settled).subtract(this.#ranges);
    for (const rows of unreserved) {
      await ledger.reserve(rows);
      this.#ranges.add(rows);
    }
  }

  /** Settles all there are; `everything` is what the load reads. Ends early when the vault is stopped. */
  async settle(everything: PositionRange): Promise<void> {
    const { job, stop, health, deliverer } = this.#options;
    const rounds = job.delivery.maxAttempts;
    const isStopped = (): boolean => stop.stopping.aborted;
    for (let round = 1; this.#ranges.size > 0 && !isStopped(); round += 1) {
      const startedMs = health.now();
      await this.#settleRound(everything, { isLast: round > rounds });
      // While the vault serves nobody, trying again is no round: an outage ends the vault, and fails no record.
      if (!health.servedSince(startedMs)) round -= 1;
      if (!isStopped()) await deliverer.settleHeld();
    }
  }

  async #settleRound(everything: PositionRange, { isLast }: { isLast: boolean }): Promise<void> {
    const { job, stop, notice } = this.#options;
    const ranges = [...this.#ranges];
    const rows = this.#ranges.size;
    for (const range of ranges) this.#ranges.remove(range);
    const looksThemUp = !job.connection.upsert || isLast;
    if (looksThemUp) {
      const waitMs = Math.max(0, this.#latestMs + job.delivery.settleMs - performance.now());
      notice(`${rows} rows are in doubt; the vault is asked for them in ${Math.ceil(waitMs / 1000)} s`);
      await waitFor(waitMs, stop.stopping).catch(() => undefined);
    }
    for (const chunk of divideRanges(ranges, chunkRows)) {
      if (stop.stopping.aborted) return;
      await this.#settleChunk(chunk, everything, { isLast, looksThemUp });
    }
  }

  /** Asks the vault what it holds; a refused credential is replaced or stops the vault, and fails no record. */
  async #ask(tokens: readonly string[]): Promise<LookupAnswer> {
    const { job, client, stop, reauthorise } = this.#options;
    for (;;) {
      const answer = await askVault(tokens, {
        client,
        gate: this.#options.gate,
        health: this.#options.health,
        maxAttempts: job.delivery.maxAttempts,
        stopping: stop.stopping,
      });
      if (answer.kind === 'found' || answer.status !== 401) return answer;
      if (!(await reauthorise(answer.message))) {
        throw denial(job.vault.name, { ...answer, kind: 'unauthorized', status: 401, requestId: undefined });
      }
    }
  }

  async #settleChunk(
    chunk: readonly PositionRange[],
    everything: PositionRange,
    { isLast, looksThemUp }: { isLast: boolean; looksThemUp: boolean },
  ): Promise<void> {
    const { job, source, stop, accounts, ledger } = this.#options;
    const openCursor = () => source.open(stop.stopping);
    const { batchSize, suffixUnixSeconds, inDoubt } = job.delivery;
    // A suffix makes every token unique.
    const mayRepeat = looksThemUp && suffixUnixSeconds === undefined;
    const repeated = mayRepeat
      ? await findRepeatedTokens({
          openCursor,
          tokens: await collectTokens(openCursor, chunk, batchSize),
          everything,
          batchSize: 10_000,
          signal: stop.stopping,
        })
      : new Set<string>();
    const cursor = await openCursor();
    try {
      let readTo = 0;
      const reader = new BatchReader({
        cursor,
        ranges: chunk,
        batchSize: this.#options.batchSize,
        reserve: (range) => {
          readTo = range.end;
          return Promise.resolve();
        },
      });
      await this.#options.work(reader, (batch) =>
        settleDoubt(batch, {
          policy: isLast ? 'hold' : inDoubt,
          repeatable: job.connection.upsert && !isLast,
          resend: !isLast,
          ask: (tokens) => this.#ask(tokens),
          isRepeated: (token) => repeated.has(token),
          deliver: (part) => this.#options.deliverer.deliverPart(part),
          onResent: (count) => accounts.rowsResent(count),
        }),
      );
      // Rows reserved ahead of a source that ended: there is nothing behind them.
      const last = chunk.at(-1);
      if (!stop.stopping.aborted && last !== undefined && last.end > readTo) {
        ledger.release({ start: Math.max(readTo, last.start), end: last.end });
      }
    } finally {
      await cursor.close();
    }
  }
}
