import * as z from 'zod';
import { rateKeys, type Rates, type RequestCost } from '../../rates/rates.js';
import { rateColumns } from './store-control.js';
import { STORE_SCHEMA as S } from './schema-sql.js';
import { wait, waitForTurn } from './shard-permits.js';
import type { Store } from './store.js';
import { SuperviseError } from '../../errors/supervise-error.js';

const paceSchema = z.object({ verdict: z.enum(['go', 'wait']), wait_ms: z.number() });
const holderSchema = z.object({ run: z.string().nullable() });

/**
 * A table of a vault that machines of a store load into, for whoever uses it beside them: reads it back, or sends records
 * to it by a run of one machine alone. Each request takes its share of what everybody may send together.
 */
export class SharedTable {
  readonly #store: Store;
  readonly #target: string;
  readonly #rates: Rates;

  private constructor(store: Store, target: string, rates: Rates) {
    this.#store = store;
    this.#target = target;
    this.#rates = rates;
  }

  /** `rates`: of the one who asks, beside those of a run that is at work on the table. */
  static async open(store: Store, target: string, rates: Rates): Promise<SharedTable> {
    await store.tell(`INSERT INTO ${S}.target (target) VALUES ($1) ON CONFLICT DO NOTHING`, [target]);
    return new SharedTable(store, target, rates);
  }

  /** Waits until one request may be sent. */
  async enter({ records, bytes }: RequestCost, signal: AbortSignal): Promise<() => boolean> {
    const own = rateKeys.map((key) => this.#rates[key] ?? null);
    for (;;) {
      const [found] = await this.#store.ask(
        paceSchema,
        {
          name: 'pace',
          text: `SELECT * FROM ${S}.pace($1,$2,$3,${own.map((_, at) => `$${at + 4}`).join(',')})`,
          values: [this.#target, records, bytes, ...own],
        },
        { signal },
      );
      const { verdict, wait_ms: waitMs } = found ?? { verdict: 'go', wait_ms: 0 };
      if (verdict === 'wait') await waitForTurn(waitMs, signal);
      else {
        if (waitMs > 0) await wait(waitMs, signal);
        return () => true;
      }
    }
  }

  /** Never rejects: that others go on for a moment costs them answers like this one. */
  async pause(pauseMs: number): Promise<void> {
    await this.#store.tell(`SELECT ${S}.pause($1,$2)`, [this.#target, pauseMs]).catch(() => undefined);
  }

  /** Keeps every other run of the store away. Throws `locked` while one has the table; once more by the same run is enough. */
  async take(run: string, vault: string): Promise<void> {
    const taken = await this.#store.ask(holderSchema, {
      text: `UPDATE ${S}.target SET run=$2, ${rateColumns.map((name, at) => `${name}=$${at + 3}`).join(', ')}
               WHERE target=$1 AND (run IS NULL OR run=$2) RETURNING run`,
      values: [this.#target, run, ...rateKeys.map((key) => this.#rates[key])],
    });
    if (taken.length > 0) return;
    const [holder] = await this.#store.ask(holderSchema, {
      text: `SELECT run FROM ${S}.target WHERE target=$1`,
      values: [this.#target],
    });
    throw tableTaken(vault, holder?.run ?? 'RUN');
  }

  async letGo(run: string): Promise<void> {
    await this.#store.tell(`UPDATE ${S}.target SET run=NULL WHERE target=$1 AND run=$2`, [this.#target, run]);
  }
}

/** What keeps a run out of a table that another one has. */
export function tableTaken(vault: string, run: string): SuperviseError {
  return new SuperviseError('locked', `vault ${vault}: run ${run} has its table in this store`, {
    hint:
      `Wait for its end, or go on with it: \`resume ${run}\`. ` +
      `If nobody is at work on it any more and it is not to be gone on with: \`store forget ${run}\`.`,
  });
}
