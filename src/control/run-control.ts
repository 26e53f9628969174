import { hostname, userInfo } from 'node:os';
import * as z from 'zod';
import { ratesSchema } from '../rates/rates.js';

const count = z.int().nonnegative();

/** What is asked of whoever works on a run; as long as nothing else is asked it holds, over resumes too. */
export const runOrdersSchema = z.strictObject({
  format_version: z.literal(1),
  /** How many times something was asked; the first time it is 1. */
  number: count,
  paused: z.boolean(),
  /** Whose order that was, whatever was asked for since. */
  paused_by: z.strictObject({ user: z.string(), host: z.string(), at: z.iso.datetime() }).optional(),
  /** Instead of the configured ones, rate by rate. */
  rates: ratesSchema,
  /** The number of the order to stop: it is meant for whoever works on the run then, and for nobody after him. */
  stop: count.optional(),
  given_at: z.iso.datetime(),
  user: z.string(),
  host: z.string(),
});
export type RunOrders = z.infer<typeof runOrdersSchema>;

/** One thing to ask; `rates` replaces those asked for before. */
export type Order =
  | { readonly kind: 'pause' }
  | { readonly kind: 'go' }
  | { readonly kind: 'pace'; readonly rates: RunOrders['rates'] }
  | { readonly kind: 'stop' };

/** What whoever works on a run says of the orders that he has followed. */
export const orderAnswerSchema = z.strictObject({
  format_version: z.literal(1),
  /** Of the newest order that is in force. */
  number: count,
  paused: z.boolean(),
  /** In force, of all vaults together where they share limits, else of each. */
  rates: ratesSchema,
  answered_at: z.iso.datetime(),
});
export type OrderAnswer = z.infer<typeof orderAnswerSchema>;

/**
 * How a run is steered from outside. The file in the run's own directory is the first such place; a store that several
 * machines share is another one. Reading is cheap enough to be done twice a second.
 */
export interface RunControl {
  /** The newest orders; undefined: nobody has asked for anything. Throws `storage` for what is not ours. */
  orders(): Promise<RunOrders | undefined>;
  /** Adds an order to those that hold. Orders that are given at the same time come one after the other. */
  give(order: Order): Promise<RunOrders>;
  /** Said by whoever works on the run. */
  answer(answer: OrderAnswer): Promise<void>;
  answered(): Promise<OrderAnswer | undefined>;
}

/** The orders that hold when one more is given now. */
export function nextOrders(before: RunOrders | undefined, order: Order, now: Date): RunOrders {
  const number = (before?.number ?? 0) + 1;
  const who = { user: userName(), host: hostname() };
  const paused = order.kind === 'pause' || (order.kind !== 'go' && before?.paused === true);
  const pausedBy = before?.paused_by ?? { ...who, at: now.toISOString() };
  return {
    format_version: 1,
    number,
    paused,
    ...(paused ? { paused_by: pausedBy } : {}),
    rates: order.kind === 'pace' ? order.rates : (before?.rates ?? {}),
    ...(order.kind === 'stop' ? { stop: number } : before?.stop === undefined ? {} : { stop: before.stop }),
    given_at: now.toISOString(),
    ...who,
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.geteuid?.() ?? 'unknown'}`;
  }
}
