import type { Ledger } from '../../src/journal/ledger.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { Batch, PositionRange } from '../../src/record/batch.js';
import { RangeSet } from '../../src/record/range-set.js';
import type { RecordSource } from '../../src/source/record-source.js';
import type { LookupAnswer } from '../../src/vault/vault-client.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';
import { BatchReader } from '../load/batch-reader.js';
import type { Deliverer } from '../deliver/deliver-batch.js';
import type { TokenProof } from '../deliver/token-proof.js';
import { divideRanges } from '../load/plan-ranges.js';
import type { DeliveryMetrics } from '../../src/figures/delivery-metrics.js';
import { Absence, type AbsenceDoubt } from './absence.js';
import { AskTogether } from './ask-together.js';
import type { Doubt } from './doubt.js';
import { DoubtfulRows, type DoubtGroup } from './doubtful-rows.js';
import { NONE_RECENT, RecentRows } from './recent-rows.js';
import { collectTokens, findRepeatedTokens, settleDoubt } from './settle-doubt.js';
import type { StopSwitch } from '../stop-switch.js';
import type { VaultHealth } from '../vault/vault-health.js';
import { waitFor } from '../wait-for.js';
import { formatCount } from '../../src/report/format-numbers.js';

export interface DoubtRoundsOptions {
  readonly job: VaultJob;
  readonly ledger: Ledger;
  readonly source: RecordSource;
  readonly ask: (records: RecordColumns) => Promise<LookupAnswer>;
  /** Records in the vault's table now; undefined where it does not say. */
  readonly countTable: () => Promise<number | undefined>;
  readonly metrics: DeliveryMetrics;
  readonly stop: StopSwitch;
  readonly notice: (message: string) => void;
  /** Nothing more is sent for so long; then the vault is asked for so many rows. */
  readonly onWaiting: (wait: { readonly waitMs: number; readonly rows: number }) => void;
  readonly health: VaultHealth;
  readonly deliverer: Deliverer;
  readonly proof: TokenProof;
  readonly batchSize: () => number;
  /** Has all workers handle the batches of a reader, until it has no more or the vault is stopped. */
  readonly work: (
    reader: BatchReader,
    handle: (batch: Batch) => Promise<void>,
    width?: number,
  ) => Promise<void>;
}

/** Records in doubt that are settled together: bounds the memory of the pass that looks for repeated tokens. */
const chunkRows = 200_000;

/** Fragments that are handled at the same time. */
const mostAtOnce = 10_000;

/** Rows of one round: alike in what becomes of those that the vault does not hold. */
interface RoundGroup {
  readonly ranges: readonly PositionRange[];
  readonly doubtAt: (position: number) => Doubt;
  /** Records per request at most, besides the vault's own limit. */
  readonly recordCount: number;
}

/**
 * The rows in doubt, and how they are settled: in rounds, because settling may leave new ones. What is left after
 * as many rounds that settled nothing as a request has attempts is held back in a last one, in which nothing is sent any
 * more. Rounds in which only refused rows are divided further do not count: they end by themselves.
 */
export class DoubtRounds {
  readonly #options: DoubtRoundsOptions;
  readonly #rows: DoubtfulRows;
  readonly #questions: AskTogether;
  /** Rows that were sent so lately that they may come into the vault yet. */
  readonly #recent: RecentRows;
  readonly #absence: Absence;
  /** Rows whose tokens others have, or may have, that need not stand in the source. */
  readonly #notAlone = new RangeSet();
  /** Rows that were sent again though the table's count does not tell of them. */
  #uncounted = 0;

  constructor(options: DoubtRoundsOptions) {
    this.#options = options;
    const { ledger } = options;
    this.#rows = new DoubtfulRows(ledger.inDoubt);
    for (const range of ledger.foreign) this.#rows.add(range, { kind: 'mismatched' });
    this.#absence = new Absence(options);
    this.#questions = new AskTogether({ ask: options.ask, limit: options.batchSize });
    this.#recent = new RecentRows(options.job.skyflow.settle_ms);
    // The process before may have sent until what permitted it was over.
    const { permitTtlMs = 0 } = options.job.shard?.store ?? {};
    this.#recent.add(ledger.inDoubt, performance.now() + permitTtlMs);
  }

  get ranges(): RangeSet {
    return this.#rows.all;
  }

  /** Rows that were sent just now, or given up. */
  park(range: PositionRange, doubt: Doubt): void {
    this.#rows.add(range, doubt);
    if (doubt.kind === 'given_up') return;
    this.#absence.sent(range);
    this.#recent.add([range], performance.now());
  }

  /** Rows that an earlier run sent and lost sight of are reserved like this run's own, so that a resume looks too. */
  async include(range: PositionRange, kind: 'lost' | 'mismatched'): Promise<void> {
    const { ledger } = this.#options;
    for (const rows of new RangeSet([range]).subtract(ledger.settled)) {
      for (const unreserved of new RangeSet([rows]).subtract(this.#rows.all))
        await ledger.reserve(unreserved);
      // What this run has found out itself is newer than the log.
      for (const unknown of new RangeSet([rows]).subtract(ledger.foreign)) this.#rows.add(unknown, { kind });
    }
  }

  /** That the vault holds the tokens of these rows says nothing of them. */
  noteShared(ranges: Iterable<PositionRange>): void {
    for (const range of ranges) this.#notAlone.add(range);
  }

  /** Before anything is sent: notes which rows in doubt were sent before anybody knew whether the vault keeps tokens. */
  begin(): Promise<void> {
    return this.#absence.begin();
  }

  /** Settles all there are; `everything` is what the load reads. Ends early when the vault is stopped. */
  async settle(everything: PositionRange): Promise<void> {
    const { job, stop, health, deliverer } = this.#options;
    const rounds = job.performance.max_attempts;
    const isStopped = (): boolean => stop.stopping.aborted;
    let idleRounds = 0;
    for (let lost = 0; this.#rows.size > 0 && !isStopped();) {
      const startedMs = health.now();
      const { hasLost, size } = this.#rows;
      const isLast = idleRounds >= rounds;
      const { resent } = await this.#settleRound(everything, {
        isLast,
        recordCount: lostTogether(job, lost),
      });
      if (!isStopped()) await deliverer.settleHeld();
      // While the vault serves nobody, trying again is no round: an outage ends the vault, and fails no record.
      if (!health.servedSince(startedMs)) continue;
      if (hasLost && resent > 0) lost += 1;
      if (this.#rows.size < size) continue;
      if (resent === 0) idleRounds = rounds;
      else if (hasLost) idleRounds += 1;
    }
    if (this.#uncounted > 0) this.#options.notice(uncounted(this.#uncounted));
    this.#uncounted = 0;
  }

  async #settleRound(
    everything: PositionRange,
    { isLast, recordCount: lostCount }: { isLast: boolean; recordCount: number },
  ): Promise<{ resent: number }> {
    const { job, stop, notice, metrics } = this.#options;
    const { size, hasLost } = this.#rows;
    const groups = this.#rows.take();
    const looksUp = !job.skyflow.upsert || isLast || groups.some(({ kind }) => kind !== 'lost');
    const recent = looksUp ? this.#recent.take(performance.now()) : NONE_RECENT;
    if (looksUp) {
      const what = hasLost ? 'no answer about' : 'an unclear refusal of';
      const when = recent.waitMs === 0 ? 'now' : `in ${Math.ceil(recent.waitMs / 1000)} s at the latest`;
      notice(`${what} ${formatCount(size)} rows; the vault is asked for them ${when}`);
    }
    let resent = 0;
    const settle = async (group: DoubtGroup, rows: RangeSet): Promise<void> => {
      const recordCount = group.kind === 'lost' ? lostCount : group.recordCount;
      const asks = !job.skyflow.upsert || isLast || group.kind !== 'lost';
      const alike = asks
        ? await this.#absence.divide(rows, size)
        : [{ ranges: rows, absenceDoubt: nothing, isCounted: true }];
      for (const { ranges, absenceDoubt, isCounted } of alike) {
        for (const chunk of divideRanges([...ranges], chunkRows)) {
          if (stop.stopping.aborted) return;
          const of = { ...group, recordCount, ranges: chunk };
          const count = await this.#settleChunk(of, everything, { isLast, absenceDoubt });
          resent += count;
          if (isCounted) continue;
          this.#uncounted += count;
          metrics.count('resent_uncounted', count);
        }
      }
    };
    for (const group of groups) await settle(group, new RangeSet(group.ranges).subtract(recent.rows));
    if (recent.rows.size === 0) return { resent };
    const waitMs = Math.max(0, recent.dueMs - performance.now());
    this.#options.onWaiting({ waitMs: Math.ceil(waitMs), rows: recent.rows.size });
    await waitFor(waitMs, stop.stopping).catch(() => undefined);
    for (const group of groups) await settle(group, new RangeSet(group.ranges).intersect(recent.rows));
    return { resent };
  }

  async #settleChunk(
    group: RoundGroup & { readonly kind: Doubt['kind'] },
    everything: PositionRange,
    { isLast, absenceDoubt }: { isLast: boolean; absenceDoubt: () => AbsenceDoubt | undefined },
  ): Promise<number> {
    const { job, source, stop, metrics, ledger } = this.#options;
    const openCursor = () => source.open(stop.stopping);
    const { suffixUnixSeconds } = job.delivery;
    const { batch_size: batchSize } = job.performance;
    const { upsert, in_doubt: inDoubt } = job.skyflow;
    const looksUp = !upsert || isLast || group.kind !== 'lost';
    // A suffix makes every token unique.
    const mayRepeat = looksUp && suffixUnixSeconds === undefined;
    const chunk = group.ranges;
    const repeated = mayRepeat
      ? await findRepeatedTokens({
          openCursor,
          tokens: await collectTokens(openCursor, chunk, batchSize),
          // A token may stand in another shard again.
          everything: job.shard === undefined ? everything : { start: 0, end: job.shard.rows },
          batchSize: 10_000,
          signal: stop.stopping,
        })
      : new Set<string>();
    const cursor = await openCursor();
    let resent = 0;
    try {
      let readTo = 0;
      const reader = new BatchReader({
        cursor,
        ranges: chunk,
        batchSize: () => Math.min(group.recordCount, this.#options.batchSize()),
        reserve: (range) => {
          readTo = range.end;
          return undefined;
        },
      });
      const handle = (batch: Batch): Promise<void> =>
        settleDoubt(batch, {
          doubt: group.doubtAt(batch.end - 1),
          policy: isLast ? 'hold' : inDoubt,
          repeatable: upsert && !isLast,
          resend: !isLast,
          absenceDoubt: absenceDoubt(),
          park: (range, doubt) => this.#rows.add(range, doubt),
          ask: (records) => this.#questions.ask(records),
          isRepeated: (token) => repeated.has(token),
          isNotAlone: (position) => this.#notAlone.has(position),
          // One that the vault holds later is theirs.
          onAbsent: (position) => this.#notAlone.remove({ start: position, end: position + 1 }),
          deliver: (part) => this.#options.deliverer.deliverPart(part),
          onResent: (count) => {
            resent += count;
            metrics.count('resent', count);
          },
          onConfirmed: () => this.#absence.confirmed(batch),
        });
      await this.#options.work(reader, handle, this.#widthFor(group));
      // Rows reserved ahead of a source that ended: there is nothing behind them.
      const last = chunk.at(-1);
      if (!stop.stopping.aborted && last !== undefined && last.end > readTo) {
        await ledger.release({ start: Math.max(readTo, last.start), end: last.end });
      }
    } finally {
      await cursor.close();
    }
    return resent;
  }

  /** Batches at a time: of rows in fragments, or of few records each, as many as fill all requests that may be in flight. */
  #widthFor({ ranges: chunk, recordCount }: RoundGroup): number {
    const { batch_size: batchSize, max_concurrency: concurrency } = this.#options.job.performance;
    const rows = chunk.reduce((sum, { start, end }) => sum + end - start, 0);
    if (recordCount >= batchSize && rows >= batchSize * chunk.length) return concurrency;
    const batches = Math.max(chunk.length, Math.ceil(rows / recordCount));
    return Math.min(batches, batchSize * concurrency, mostAtOnce);
  }
}

function uncounted(rows: number): string {
  return `${formatCount(rows)} rows whose answer was unknown were sent again, since the vault does not hold their tokens; whether it had taken any of them under a token of its own, the number of records in its table does not tell here`;
}

const nothing = (): undefined => undefined;

/** Records that go into one request after so many losses: a body that is lost again and again may be lost for its size. */
function lostTogether({ performance }: VaultJob, losses: number): number {
  return Math.max(1, Math.ceil(performance.batch_size / 4 ** losses));
}
