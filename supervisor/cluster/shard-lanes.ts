import { availableParallelism, hostname } from 'node:os';
import { errorFacts, type ErrorFacts } from '../../src/errors/supervise-error.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import { productVersion } from '../../src/product/product.js';
import { describeShard, type ShardId } from '../../src/store/shard-id.js';
import type { SharedStore } from '../../src/store/shared-store.js';
import { StartGate } from '../process/start-gate.js';
import { VaultSupervision } from '../run/supervise-vault.js';
import type { SecretRenewal } from '../secrets/secret-renewal.js';
import type { StoreTerms } from './cluster-parts.js';
import { lookBack } from './witness.js';
import type { Handled, ShardQueue } from './shard-queue.js';

/** What a worker needs to know of a run to work on it: a job for each of its vaults, without a shard. */
export interface PreparedRun {
  readonly jobs: ReadonlyMap<string, VaultJob>;
  readonly heartbeatMs: number;
  readonly maxRestarts: number;
  /** What was seen to be durable of the run is kept there. */
  readonly directory: string;
}

export interface ShardLanesOptions extends Pick<SharedStore, 'runs' | 'workers'> {
  readonly queue: Pick<ShardQueue, 'take' | 'rest'>;
  /** For the children. */
  readonly store: StoreTerms;
  /** Shards at the same time. */
  readonly lanes: number;
  /** Of a run that this worker has not met yet; what it throws is why it leaves that run to others. */
  readonly prepare: (run: string) => Promise<PreparedRun>;
  readonly stopping: AbortSignal;
  /** Gives secrets anew that are refused. */
  readonly secrets: (run: string) => Pick<SecretRenewal, 'ask' | 'logins'>;
  readonly onNotice: (level: 'info' | 'warn', message: string, vault: string) => void;
  /** A shard is out of its hands. */
  readonly onHandled?: () => void;
}

const beatMs = 5_000;
const showMs = 2_000;
/** How long a worker whose own affair is wrong leaves a vault to others, before it looks again. */
const quarantineMs = 60_000;

/**
 * Works on shards that the engine hands out, each in a child of its own, so many at a time. What is wrong with this
 * worker alone (a credential, a certificate, an input) is said in the store and leaves the vault to others; what is wrong
 * with the vault or the data ends the vault for everybody.
 */
export class ShardLanes {
  readonly id = `${hostname()}:${process.pid}`;
  readonly #options: ShardLanesOptions;
  readonly #running = new Map<string, VaultSupervision>();
  readonly #prepared = new Map<string, Promise<PreparedRun>>();
  readonly #quarantine = new Map<string, number>();
  readonly #starts = new StartGate(availableParallelism());
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ShardLanesOptions) {
    this.#options = options;
  }

  /** How many shards are being worked on. */
  get busy(): number {
    return this.#running.size;
  }

  async begin(): Promise<void> {
    await this.#beat();
    this.#timer = setInterval(() => void this.#beat().catch(() => undefined), beatMs);
    const { lanes, queue, onHandled } = this.#options;
    if (lanes > 0) queue.take(lanes, (shard) => this.#handle(shard).finally(onHandled));
  }

  /** Asks every child for an orderly end. */
  stop(drainMs: number): void {
    for (const shard of this.#running.values()) shard.stop(drainMs);
  }

  kill(): void {
    for (const shard of this.#running.values()) shard.kill();
  }

  /** Takes nothing more; resolves when every child is reaped. */
  async end(): Promise<void> {
    await this.#options.queue.rest();
    clearInterval(this.#timer);
    await this.#options.workers.leave(this.id).catch(() => undefined);
  }

  async #beat(): Promise<void> {
    const { workers, lanes } = this.#options;
    // Who only watches is not counted on.
    if (lanes === 0) return;
    for (const [run, preparing] of this.#prepared) {
      const prepared = await preparing.catch(() => undefined);
      if (prepared !== undefined) await this.#isWitnessed(run, prepared);
    }
    await workers.beat({ id: this.id, host: hostname(), pid: process.pid, version: productVersion, lanes });
  }

  async #handle(shard: ShardId): Promise<Handled> {
    const { runs, stopping } = this.#options;
    if (stopping.aborted) return 'later';
    const affair = `${shard.run} ${shard.vault}`;
    if ((this.#quarantine.get(affair) ?? 0) > performance.now()) return 'later';
    const range = await runs.openShard(shard);
    // Nothing is to be done with it now; whoever goes on with its run puts it in again.
    if (range === undefined) return 'done';
    let job: VaultJob | undefined;
    let prepared: PreparedRun;
    try {
      prepared = await this.#preparedRun(shard.run);
      job = prepared.jobs.get(shard.vault);
      if (!(await this.#isWitnessed(shard.run, prepared))) return 'done';
      const plan = await runs.plan(shard.run, shard.vault);
      if (job === undefined || plan === undefined) return 'later';
      const { start, end, isForgotten } = range;
      // More is known to have been settled than any journal of it can say: it is put together from what proves itself.
      const evidence = { settledRows: Number.MAX_SAFE_INTEGER, hasBegun: true };
      job = {
        ...job,
        shard: {
          ...{ shard: shard.shard, rows: plan.rows, inputs: plan.inputs },
          store: { ...this.#options.store, owner: this.id },
          ...{ start, end },
          ...(plan.query === null ? {} : { query: plan.query }),
        },
        ...(isForgotten ? { ledger: { repair: true, evidence } } : {}),
      };
    } catch (error) {
      await this.#leaveToOthers(shard, errorFacts(error));
      return 'later';
    }
    return this.#supervise(shard, job, prepared);
  }

  async #supervise(shard: ShardId, job: VaultJob, prepared: PreparedRun): Promise<Handled> {
    const { stopping, onNotice, workers } = this.#options;
    const onStarted = await this.#starts.enter();
    let shownMs = -Infinity;
    const supervision = new VaultSupervision({
      ...prepared,
      job,
      stopping,
      onStarted,
      onState: ({ snapshot }) => {
        if (snapshot === undefined || performance.now() - shownMs < showMs) return;
        shownMs = performance.now();
        void workers.show(shard, snapshot).catch(() => undefined);
      },
      onInputs: () => undefined,
      // Nobody stands beside every machine: a credential that expires comes by its file.
      askForToken: () => Promise.resolve(undefined),
      canAskForToken: () => false,
      renewSecret: (key, generation) => this.#options.secrets(shard.run).ask(key, generation),
      logins: this.#options.secrets(shard.run).logins,
      onNotice: (level, message) => onNotice(level, message, shard.vault),
    });
    const key = describeShard(shard);
    this.#running.set(key, supervision);
    const { error, status, snapshot } = await supervision.outcome;
    this.#running.delete(key);
    if (snapshot !== undefined) await workers.show(shard, snapshot).catch(() => undefined);
    if (error === undefined) return status === 'interrupted' || status === 'incomplete' ? 'later' : 'done';
    return this.#judge(shard, error);
  }

  async #judge(shard: ShardId, error: ErrorFacts): Promise<Handled> {
    const { runs } = this.#options;
    switch (error.code) {
      case 'fenced':
      case 'locked':
      case 'interrupted':
        return 'later';
      case 'too_many_errors':
      case 'refused':
      case 'already_loaded':
      case 'token_change':
      case 'internal':
        await runs.endVault(shard.run, shard.vault, error);
        return 'done';
      case 'storage':
        // A store that has forgotten is nobody's to go on with; one that was away is.
        if (error.message.includes('has forgotten')) await runs.reportForgotten(shard.run);
        else await this.#leaveToOthers(shard, error);
        return 'later';
      case 'usage':
      case 'config':
      case 'source':
      case 'input_changed':
      case 'unauthorized':
      case 'forbidden':
      case 'not_found':
      case 'unavailable':
      case 'protocol':
      case 'crashed':
        await this.#leaveToOthers(shard, error);
        return 'later';
      default:
        return error.code satisfies never;
    }
  }

  async #leaveToOthers({ run, vault }: ShardId, error: ErrorFacts): Promise<void> {
    this.#quarantine.set(`${run} ${vault}`, performance.now() + quarantineMs);
    this.#prepared.delete(run);
    this.#options.onNotice(
      'warn',
      `left to other workers for ${quarantineMs / 1000} s: ${error.message}`,
      vault,
    );
    // It is said again when the vault is looked at again.
    await this.#options.workers
      .report(this.id, { run, vault }, error, quarantineMs / 1000 + 5)
      .catch(() => undefined);
  }

  /** A store that knows less of a run than was seen here is not worked with, by anybody. */
  async #isWitnessed(run: string, { directory }: PreparedRun): Promise<boolean> {
    const { runs, onNotice } = this.#options;
    const forgotten = await lookBack(directory, () => runs.witness(run));
    if (forgotten === undefined) return true;
    onNotice('warn', forgotten.message, `run ${run}`);
    await runs.reportForgotten(run);
    return false;
  }

  #preparedRun(run: string): Promise<PreparedRun> {
    const known = this.#prepared.get(run);
    if (known !== undefined) return known;
    const preparing = this.#options.prepare(run);
    this.#prepared.set(run, preparing);
    preparing.catch(() => this.#prepared.delete(run));
    return preparing;
  }
}
