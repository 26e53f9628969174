import * as z from 'zod';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestCost } from '../../rates/rates.js';
import { STORE_SCHEMA } from './schema-sql.js';
import type { OwnedShard } from '../shard-id.js';
import type { Store } from './store.js';

/** Why nothing more is to be sent: another owner, or what stands in the run's or the vault's row. */
export type PermitRefusal = 'fenced' | 'stop' | 'too_many_errors' | 'too_many_held' | 'ended';

export interface ShardPermitsOptions {
  /** How long a permission is good for, from before it was asked for. */
  readonly ttlMs: number;
  /** Told once, when nothing more is to be sent: aborts what waits here. */
  readonly onRefused: (refusal: PermitRefusal) => void;
}

const permitSchema = z.object({
  verdict: z.enum(['go', 'wait', 'pause', 'fenced', 'stop', 'too_many_errors', 'too_many_held', 'ended']),
  wait_ms: z.number(),
  is_proven: z.boolean().nullable(),
});
const turnSchema = z.object({ turn: z.enum(['yours', 'wait', 'proven']) });

/** Whoever waited longer for its turn asks once more: a machine may have slept meanwhile. */
const askAgainAfterMs = 50;
/** How soon somebody comes back whose turn is further away than turns are given out. */
const longestWaitMs = 400;
const pausedPollMs = 500;
const turnPollMs = 100;

/**
 * The permissions of one owner of a shard, one for each request: the store says whether it is the owner yet, whether the
 * vault may go on, and when its turn is. A permission says by itself when it is too old, by the larger of two clocks, so
 * that a process that slept sends nothing.
 */
export class ShardPermits {
  readonly #store: Store;
  readonly #shard: OwnedShard;
  readonly #options: ShardPermitsOptions;
  #isProven = false;
  /** The end of the turn before: were it to come late, it would end the next turn of this shard, and two would send. */
  #turnEnded: Promise<void> = Promise.resolve();

  constructor(store: Store, shard: OwnedShard, options: ShardPermitsOptions) {
    this.#store = store;
    this.#shard = shard;
    this.#options = options;
  }

  get isProven(): boolean {
    return this.#isProven;
  }

  async enter(cost: RequestCost, signal: AbortSignal): Promise<() => boolean> {
    let isCharged = false;
    for (;;) {
      const askedAt = now();
      const { verdict, waitMs } = await this.#ask(cost, isCharged, signal);
      switch (verdict) {
        case 'go':
          if (waitMs > 0) await wait(waitMs, signal);
          isCharged = true;
          if (waitMs > askAgainAfterMs) continue;
          return () => age(askedAt) < this.#options.ttlMs;
        case 'wait':
          await waitForTurn(waitMs, signal);
          continue;
        case 'pause':
          await wait(pausedPollMs, signal);
          continue;
        default:
          this.#options.onRefused(verdict);
          // Whoever is told aborts the signal; if not, nothing is sent all the same.
          await wait(pausedPollMs, signal);
      }
    }
  }

  /** Never rejects: that others go on for a moment costs them answers like this one. */
  async pause(pauseMs: number): Promise<void> {
    const { run, vault } = this.#shard;
    await this.#store
      .tell(`SELECT ${STORE_SCHEMA}.pause(target, $3) FROM ${STORE_SCHEMA}.vault WHERE run=$1 AND vault=$2`, [
        run,
        vault,
        pauseMs,
      ])
      .catch(() => undefined);
  }

  async take(signal: AbortSignal): Promise<(() => void) | undefined> {
    const { run, vault, shard, epoch } = this.#shard;
    const values = [run, vault, shard, epoch];
    await this.#turnEnded;
    while (!this.#isProven) {
      const [found] = await this.#store.ask(
        turnSchema,
        { text: `SELECT ${STORE_SCHEMA}.take_turn($1,$2,$3,$4) AS turn`, values },
        { signal },
      );
      if (found?.turn === 'yours') {
        return () => {
          this.#turnEnded = this.#store
            .tell(`SELECT ${STORE_SCHEMA}.end_turn($1,$2,$3,$4)`, values)
            .catch(() => undefined);
        };
      }
      if (found?.turn === 'proven') this.#isProven = true;
      else await wait(turnPollMs, signal);
    }
    return undefined;
  }

  async #ask(cost: RequestCost, isCharged: boolean, signal: AbortSignal) {
    const { run, vault, shard, epoch } = this.#shard;
    const [found] = await this.#store.ask(
      permitSchema,
      {
        name: 'permit',
        text: `SELECT * FROM ${STORE_SCHEMA}.permit($1,$2,$3,$4,$5,$6,$7)`,
        values: [run, vault, shard, epoch, cost.records, cost.bytes, isCharged],
      },
      { signal },
    );
    if (found?.is_proven === true) this.#isProven = true;
    return { verdict: found?.verdict ?? 'fenced', waitMs: found?.wait_ms ?? 0 };
  }
}

interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

const now = (): Moment => ({ monotonicMs: performance.now(), wallMs: Date.now() });

/** The monotonic clock may stand still while a machine sleeps, the other one may be set back. */
function age({ monotonicMs, wallMs }: Moment): number {
  return Math.max(performance.now() - monotonicMs, Date.now() - wallMs);
}

/** For whoever is to ask once more; not all at the same moment. */
export function waitForTurn(waitMs: number, signal: AbortSignal): Promise<void> {
  return wait(Math.min(longestWaitMs, waitMs) * (0.7 + 0.3 * Math.random()), signal);
}

/** Rejects with the signal's own reason. */
export async function wait(delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}
