import * as z from 'zod';
import { rateKeys, ratesOf, ratesSchema, type Rates } from '../../rates/rates.js';
import {
  nextOrders,
  orderAnswerSchema,
  runOrdersSchema,
  type Order,
  type OrderAnswer,
  type RunControl,
  type RunOrders,
} from '../../control/run-control.js';
import { SuperviseError } from '../../errors/supervise-error.js';
import { STORE_SCHEMA as S } from './schema-sql.js';
import type { Store } from './store.js';

const rowSchema = z.object({
  orders: runOrdersSchema.nullable(),
  answer: orderAnswerSchema.nullable(),
  sharing: z.int().positive(),
});
const configuredSchema = z.array(z.object({ rates: ratesSchema }));

/**
 * What a run of a store is steered by, from any machine. Every permission to send asks the store, so that an order is in
 * force, and answered, as soon as it is given, whether or not anybody watches the run.
 */
export class StoreControl implements RunControl {
  readonly #store: Store;
  readonly #run: string;

  constructor(store: Store, run: string) {
    this.#store = store;
    this.#run = run;
  }

  async orders(): Promise<RunOrders | undefined> {
    return (await this.#read())?.orders ?? undefined;
  }

  async answered(): Promise<OrderAnswer | undefined> {
    return (await this.#read())?.answer ?? undefined;
  }

  /** Passed over when a later order has been answered meanwhile. */
  async answer(answer: OrderAnswer): Promise<void> {
    await this.#store.tell(
      `UPDATE ${S}.run SET answer=$2 WHERE run=$1 AND coalesce((answer->>'number')::int, 0) <= $3`,
      [this.#run, answer, answer.number],
    );
  }

  give(order: Order): Promise<RunOrders> {
    return this.#store.transaction(async (client) => {
      const found = await client.query(
        `SELECT orders, answer, sharing FROM ${S}.run WHERE run=$1 FOR UPDATE`,
        [this.#run],
      );
      const [row] = z.array(rowSchema).parse(found.rows, { jitless: true });
      if (row === undefined) throw new SuperviseError('usage', `the store holds no run ${this.#run}`);
      const { sharing } = row;
      const orders = nextOrders(row.orders ?? undefined, order, new Date());
      const configured = await client.query(`SELECT rates FROM ${S}.vault WHERE run=$1 LIMIT 1`, [this.#run]);
      const [one] = configuredSchema.parse(configured.rows, { jitless: true });
      const answer: OrderAnswer = {
        ...{ format_version: 1, number: orders.number, paused: orders.paused },
        rates: { ...timesOf(one?.rates ?? {}, sharing), ...orders.rates },
        answered_at: new Date().toISOString(),
      };
      // What has stopped is gone on with by `resume` alone.
      const control = order.kind === 'stop' ? 'stop' : orders.paused ? 'pause' : 'go';
      await client.query(
        `UPDATE ${S}.run SET orders=$2, answer=$3, control=CASE WHEN control='stop' THEN control ELSE $4 END WHERE run=$1`,
        [this.#run, orders, answer, control],
      );
      await client.query(ratesInForce, [this.#run]);
      return orders;
    });
  }

  async #read(): Promise<z.output<typeof rowSchema> | undefined> {
    const [row] = await this.#store.ask(rowSchema, {
      text: `SELECT orders, answer, sharing FROM ${S}.run WHERE run=$1`,
      values: [this.#run],
    });
    return row;
  }
}

/** The columns of the rates of a table, in the order of `rateKeys`. */
export const rateColumns = rateKeys.map((key) => key.slice('max_'.length));

/** Puts the rates in force that were asked for, else the configured ones, for the tables of a run ($1). */
export const ratesInForce = `
  UPDATE ${S}.target t SET (${rateColumns.join(', ')}) = (
    SELECT ${rateKeys
      .map(
        (key) => `coalesce((r.orders->'rates'->>'${key}')::float8 / r.sharing, (v.rates->>'${key}')::float8)`,
      )
      .join(', ')}
      FROM ${S}.vault v JOIN ${S}.run r USING (run) WHERE v.run=$1 AND v.target=t.target LIMIT 1)
    WHERE t.run=$1`;

/** What so many vaults have together that each have these. */
function timesOf(rates: Rates, vaults: number): Rates {
  const entries = Object.entries(rates).map(([key, perSecond = 0]) => [key, perSecond * vaults] as const);
  return ratesOf(Object.fromEntries(entries));
}
