import { formatCount } from '../../src/report/format-numbers.js';
import type { SuperviseError } from '../../src/errors/supervise-error.js';
import { sayNoneFrom } from '../../src/source/finding.js';
import { readerOf } from '../../src/source/source-kinds.js';
import type { Batch, PositionRange } from '../../src/record/batch.js';
import type { DeliveryMetrics } from '../../src/figures/delivery-metrics.js';
import type { LookupAnswer } from '../../src/vault/vault-client.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';
import { wires } from '../../src/vault/wires.js';
import { lookBeforeFirst, type LookBeforeOptions } from './look-before-first.js';
import { skipExisting } from './skip-existing.js';
import { attemptInsert } from '../deliver/attempt-insert.js';
import { observeAttempts } from '../deliver/observe-attempts.js';
import { askVault } from '../doubt/ask-vault.js';
import { BatchReader } from './batch-reader.js';
import { BatchSizeLimit } from '../deliver/batch-size-limit.js';
import { isAnswered } from '../deliver/is-answered.js';
import { Deliverer } from '../deliver/deliver-batch.js';
import { DoubtRounds, type DoubtRoundsOptions } from '../doubt/doubt-rounds.js';
import type { SharedTurns } from '../pace/shared-pace.js';
import { unreservedRanges } from './plan-ranges.js';
import { ErrorLimit, tooManyErrors } from './error-limit.js';
import type { RecordAccounts } from './record-accounts.js';
import { WireChoice } from '../deliver/wire-choice.js';
import { RefusalGuard } from '../deliver/refusal-guard.js';
import { TokenProof } from '../deliver/token-proof.js';
import { findShared, sharedBefore, wereRefused } from './refused-before.js';
import { Reservation } from './reservation.js';
import { VaultHealth } from '../vault/vault-health.js';
import { Workers } from './workers.js';

export interface DeliveryRunOptions extends LookBeforeOptions {
  /** Waits for another credential when the present one is refused; true when there is one. */
  readonly reauthorise: (message: string) => Promise<boolean>;
  /** The same for looking records up, where that has a credential of its own. */
  readonly reauthoriseLookups: (message: string) => Promise<boolean>;
  readonly metrics: DeliveryMetrics;
  readonly accounts: RecordAccounts;
  /** Adds the suffix to a batch, if the run has one. */
  readonly suffix: (batch: Batch) => Batch;
  /** Where the ids of records are kept. */
  readonly keepIds?: ((ids: ReadonlyMap<number, string>) => Promise<void>) | undefined;
  readonly onWaiting: DoubtRoundsOptions['onWaiting'];
  /** Of those who load other parts of the vault; absent: nobody else does. */
  readonly turns?: SharedTurns | undefined;
}

/** How long requests on their way may take after an error that stops the vault. */
const drainAfterErrorMs = 10_000;

/**
 * Delivers a whole source in two movements. First every row that was never reserved, in batches, by as many workers
 * as the gate allows. Then the rows in doubt: those that a process before this one left reserved, and those whose
 * answer was lost meanwhile; a round of settling may leave new ones, and there are only so many rounds.
 */
export class DeliveryRun {
  readonly #options: DeliveryRunOptions;
  readonly #ask: (records: RecordColumns) => Promise<LookupAnswer>;
  readonly #health: VaultHealth;
  readonly #sizeLimit: BatchSizeLimit;
  readonly #refusals: RefusalGuard;
  readonly #proof: TokenProof;
  readonly #deliverer: Deliverer;
  readonly #errorLimit: ErrorLimit;
  readonly #doubt: DoubtRounds;
  readonly #workers: Workers;

  constructor(options: DeliveryRunOptions) {
    const { job, ledger, gate, metrics, stop, notice } = options;
    const { skyflow, performance, vault, connection } = job;
    this.#options = options;
    const { turns } = options;
    const isProven = job.shard?.isProven === true;
    this.#health = new VaultHealth(vault.name);
    metrics.observeHealth(this.#health);
    this.#errorLimit = new ErrorLimit(performance.max_errors, performance.max_held);
    this.#sizeLimit = new BatchSizeLimit(performance.batch_size, (from, to, reason) => {
      notice(
        `the vault finds ${formatCount(from)} records too much (${reason}): from now on ${formatCount(to)} per request`,
      );
    });
    this.#refusals = new RefusalGuard(vault.name, {
      uploadedBefore:
        readerOf(job.source).wasRefused === true || isProven ? Infinity : ledger.totals.uploaded,
      isProvenElsewhere: turns && (() => turns.isProven),
    });
    this.#proof = new TokenProof({
      proven: ledger.totals.uploaded > 0 || isProven,
      elsewhere: turns && { turns, stopping: stop.stopping },
    });
    this.#workers = new Workers({
      vaultName: vault.name,
      concurrency: performance.max_concurrency,
      proof: this.#proof,
      suffix: options.suffix,
      metrics,
      stopping: stop.stopping,
      stopFor: (reason) => this.#stopFor(reason),
    });
    const observer = observeAttempts(metrics);
    this.#ask = (records) =>
      askVault(records, {
        client: options.client,
        reauthorise: options.reauthoriseLookups,
        vaultName: vault.name,
        gate,
        health: this.#health,
        maxAttempts: performance.max_attempts,
        stopping: stop.stopping,
      });
    this.#deliverer = new Deliverer({
      vaultName: vault.name,
      column: vault.column,
      ask: this.#ask,
      isAnswered: (records) => isAnswered(records, { client: options.client, gate, stopping: stop.stopping }),
      proof: this.#proof,
      wires: new WireChoice(connection.wire),
      onDivided: once((how: string) =>
        notice(`the vault refuses batches for some of their records: these are found ${how}`),
      ),
      attempt: (records, wire) =>
        attemptInsert(records, {
          client: options.client,
          gate,
          health: this.#health,
          observer,
          maxAttempts: performance.max_attempts,
          repeatable: skyflow.upsert,
          stopping: stop.stopping,
          aborting: stop.aborting,
          wait: (delayMs, signal) => this.#workers.wait(delayMs, signal),
          ...(wire === undefined ? {} : { wire }),
        }),
      ledger,
      keepIds: options.keepIds,
      sizeLimit: this.#sizeLimit,
      refusals: this.#refusals,
      health: this.#health,
      reauthorise: options.reauthorise,
      repeatable: skyflow.upsert,
      park: (range, doubt) => this.#doubt.park(range, doubt),
      onSettled: (settlement, how) => {
        const noneUploaded = settlement.uploaded === 0 && settlement.failures.length > 0;
        metrics.batchSettled(noneUploaded ? 'failed' : how, settlement.uploaded);
        for (const { reason } of settlement.failures) metrics.failed(reason);
        const passed = this.#errorLimit.passedBy(settlement, ledger.totals);
        if (passed !== undefined) this.#stopFor(tooManyErrors(vault.name, passed));
      },
    });
    this.#doubt = new DoubtRounds({
      ...options,
      ask: this.#ask,
      health: this.#health,
      proof: this.#proof,
      deliverer: this.#deliverer,
      batchSize: () => this.#sizeLimit.current,
      work: (reader, handle, width) => this.#workers.work(reader, handle, width),
    });
  }

  /** True when the source has rows beyond the limit. Ends early, without an error, when the vault is stopped. */
  async deliverEverything(source: {
    /** Of the source, as far as they are known; there may be more than are meant. */
    rows: number | undefined;
    /** What the ledger covers; without an end while nobody knows where the source ends. */
    extent: PositionRange;
    doubtful?: PositionRange | undefined;
    repeated?: PositionRange | undefined;
    mismatched?: PositionRange | undefined;
  }): Promise<boolean> {
    const { extent } = source;
    const { job, ledger, accounts, notice } = this.#options;
    await lookBeforeFirst({ ...this.#options, health: this.#health }, extent);
    await this.#doubt.begin();
    if (wereRefused(job)) this.#doubt.noteShared(sharedBefore(ledger, source));
    if (source.doubtful !== undefined) await this.#doubt.include(source.doubtful, 'lost');
    if (source.repeated !== undefined) {
      if (!job.skyflow.upsert) this.#doubt.noteShared([source.repeated]);
      await this.#doubt.include(source.repeated, 'lost');
    }
    if (source.mismatched !== undefined) {
      const { upsert, resend_mismatched: resend } = job.skyflow;
      const mayGoAgain = upsert || resend;
      await this.#doubt.include(source.mismatched, mayGoAgain ? 'lost' : 'mismatched');
    }
    const rowsBeyond = await this.#deliverNew(source);
    if (!this.#isStopped()) await this.#deliverer.settleHeld();
    await this.#doubt.settle(extent);
    for (const held of this.#refusals.giveBack()) {
      if (!held.mayBeInVault) await ledger.release(held.range);
    }
    if (!this.#isStopped() && accounts.rowsTotal === null) {
      // Now it is known where the source ends: behind the last row that is settled.
      const end = [...ledger.settled].at(-1)?.end ?? extent.start;
      if (end === extent.start && extent.start > 0) notice(sayNoneFrom(extent.start));
      await ledger.recordExtent({ start: extent.start, end });
      accounts.rowsTotal = ledger.totals.read;
    }
    return rowsBeyond;
  }

  /**
   * One record shows what the vault makes of tokens that are brought along. Where it does not count its table, more could
   * not be told from what was never taken, if their answer were lost.
   */
  #beginsWithOne(): boolean {
    const { job, ledger } = this.#options;
    const isCounted = ledger.inputs?.tableCount !== undefined;
    return (wires[job.connection.wire].beginsWithOne === true || !isCounted) && !this.#proof.isProven;
  }

  #isStopped(): boolean {
    return this.#options.stop.stopping.aborted;
  }

  #stopFor(reason: SuperviseError): void {
    this.#options.stop.stop(reason, drainAfterErrorMs);
  }

  async #deliverNew({ rows, extent }: { rows: number | undefined; extent: PositionRange }): Promise<boolean> {
    const { job, ledger, source, accounts, stop, metrics } = this.#options;
    const ranges = unreservedRanges([ledger.settled, this.#doubt.ranges], extent);
    const { end } = extent;
    if (ranges.length === 0) return rows !== undefined && rows > end;
    const cursor = await source.open(stop.stopping);
    try {
      const { batch_size: batchSize, max_concurrency: concurrency } = job.performance;
      const nextSize = (): number => (this.#beginsWithOne() ? 1 : this.#sizeLimit.current);
      const reservation = new Reservation(ledger, {
        blockRows: Math.max(10_000, 2 * batchSize * concurrency),
        // What is noted ahead is in doubt after a kill, as what was in flight is. A note costs a file two writes, and a store a
        // way to the database.
        aheadRows: () => {
          if (!this.#proof.isProven) return 0;
          return nextSize() * (job.shard?.store === undefined ? Math.floor(concurrency / 8) : concurrency);
        },
      });
      const reader = new BatchReader({
        cursor,
        ranges,
        batchSize: nextSize,
        reserve: (range, within) => reservation.ensure(range, within),
        onRead: (durationMs) => metrics.spent('source_read', durationMs),
      });
      await this.#workers.work(reader, (batch) => {
        accounts.rowsTaken(batch.end - batch.start);
        return this.#deliverBatch(batch);
      });
      await reservation.close(reader.dispatchedTo);
      if (rows !== undefined) return rows > end;
      if (this.#isStopped() || end === Infinity) return false;
      return (await cursor.read({ start: end, end: end + 1 }, 1)) !== undefined;
    } finally {
      await cursor.close();
    }
  }

  #deliverBatch(batch: Batch): Promise<void> {
    const { job } = this.#options;
    const looksFirst = wereRefused(job) || job.skyflow.skip_existing;
    return looksFirst ? this.#lookAndDeliver(batch) : this.#deliverer.deliver(batch);
  }

  async #lookAndDeliver(batch: Batch): Promise<void> {
    const { job } = this.#options;
    if (wereRefused(job))
      this.#doubt.noteShared(await this.#beforeSending(batch, findShared(batch, this.#options)));
    if (!job.skyflow.skip_existing) return this.#deliverer.deliver(batch);
    const missing = skipExisting(batch, { vaultName: job.vault.name, ask: this.#ask });
    return this.#deliverer.deliverPart(await this.#beforeSending(batch, missing));
  }

  /** When it fails nothing of the batch was sent. */
  #beforeSending<T>(batch: Batch, looking: Promise<T>): Promise<T> {
    return looking.catch(async (error: unknown) => {
      await this.#options.ledger.release(batch);
      throw error;
    });
  }
}

/** The same for each argument only once. */
function once<T>(say: (what: T) => void): (what: T) => void {
  const said = new Set<T>();
  return (what) => {
    if (said.has(what)) return;
    said.add(what);
    say(what);
  };
}
