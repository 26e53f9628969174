import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { Batch } from '../../src/record/batch.js';
import type { DeliveryMetrics } from '../../src/figures/delivery-metrics.js';
import type { TokenProof } from '../deliver/token-proof.js';
import { waitFor } from '../wait-for.js';
import type { BatchReader } from './batch-reader.js';
import { Crew } from './crew.js';

export interface WorkersOptions {
  readonly vaultName: string;
  /** Batches at a time, unless more are asked for. */
  readonly concurrency: number;
  readonly proof: TokenProof;
  /** Adds the suffix to a batch, if the run has one. */
  readonly suffix: (batch: Batch) => Batch;
  readonly metrics: Pick<DeliveryMetrics, 'workerStarted' | 'workerEnded'>;
  readonly stopping: AbortSignal;
  /** An error that nobody has dealt with stops the vault. */
  readonly stopFor: (reason: SuperviseError) => void;
}

/** Has the batches of a reader handled, many at a time; what is thrown meanwhile stops the vault. */
export class Workers {
  readonly #options: WorkersOptions;
  /** What a worker does before it sends a batch again. */
  #wait = waitFor;

  constructor(options: WorkersOptions) {
    this.#options = options;
  }

  /** Waits before a batch is sent again; whoever can work meanwhile does. Rejects as soon as `signal` is aborted. */
  wait(delayMs: number, signal: AbortSignal): Promise<void> {
    return this.#wait(delayMs, signal);
  }

  /**
   * As many workers as the configuration allows, or `width` where their requests are few, each with one batch at a
   * time, until the reader has no more or the vault is stopped.
   */
  async work(
    reader: BatchReader,
    handle: (batch: Batch) => Promise<void>,
    width = this.#options.concurrency,
  ): Promise<void> {
    const { metrics, concurrency } = this.#options;
    const workOnce = () => this.#workOnce(reader, handle);
    if (width > concurrency) {
      // They mostly wait for a question that goes with those of others: the gate bounds what is on its way.
      const hand = async (number: number): Promise<void> => {
        if (number < concurrency) metrics.workerStarted();
        while (await workOnce());
        if (number < concurrency) metrics.workerEnded();
      };
      await Promise.all(Array.from({ length: width }, (_, number) => hand(number)));
      return;
    }
    const crew = new Crew({
      concurrency,
      workOnce,
      onStarted: () => metrics.workerStarted(),
      onEnded: () => metrics.workerEnded(),
    });
    this.#wait = (delayMs, signal) => crew.wait(delayMs, signal);
    await crew.work();
    this.#wait = waitFor;
  }

  /** One batch; false when there is none left, or nothing more is to be begun. */
  async #workOnce(reader: BatchReader, handle: (batch: Batch) => Promise<void>): Promise<boolean> {
    const { vaultName, proof, suffix, stopping, stopFor } = this.#options;
    const isStopped = (): boolean => stopping.aborted;
    if (isStopped()) return false;
    try {
      const endTurn = proof.isProven ? undefined : await proof.turn();
      let batch: Batch | undefined;
      try {
        batch = isStopped() ? undefined : await reader.next();
        if (batch === undefined) return false;
        await handle(suffix(batch));
        return true;
      } finally {
        if (batch !== undefined) reader.done(batch);
        endTurn?.();
      }
    } catch (error) {
      stopFor(
        error instanceof SuperviseError
          ? error
          : new SuperviseError('internal', `vault ${vaultName}: ${String(error)}`, { cause: error }),
      );
      return false;
    }
  }
}
