import * as z from 'zod';
import { inputIdentitySchema, submittedQuerySchema } from '../source/input-identity.js';
import { type PositionRange, NONE_SKIPPED, SKIP_REASONS } from '../record/batch.js';
import { RangeSet } from '../record/range-set.js';
import type { LedgerTotals } from './ledger-contract.js';
import type { LedgerReading, SettledErrors } from './ledger-reading.js';

const count = z.int().nonnegative();

/**
 * How the rows of a vault are divided among journals of their own, and what its source was seen to be then. Shards follow
 * one another without a gap, and are never cut otherwise: more may come behind them when a limit is raised.
 */
export const shardPlanSchema = z.strictObject({
  format_version: z.literal(1),
  /** Of the whole source. */
  rows: count,
  inputs: z.array(inputIdentitySchema),
  query: submittedQuerySchema.optional(),
  /** Records in the vault's table before the first request; absent where the vault does not say. */
  table_count: count.optional(),
  shards: z.array(z.strictObject({ start: count, end: count })).min(1),
});
export type ShardPlan = z.output<typeof shardPlanSchema>;

/** The positions that all shards together cover. */
export function extentOfShards({ shards }: Pick<ShardPlan, 'shards'>): PositionRange {
  return { start: shards[0]?.start ?? 0, end: shards.at(-1)?.end ?? 0 };
}

/** What the ledgers of a vault's shards say, as if they were one. */
export function oneReading(plan: ShardPlan, shards: readonly LedgerReading[]): LedgerReading {
  const [first] = shards;
  if (first === undefined) throw new RangeError('a vault without shards');
  const { rows, inputs, query, table_count: tableCount } = plan;
  return {
    header: first.header,
    totals: shards.map(({ totals }) => totals).reduce(bothTotals),
    settled: new RangeSet(shards.flatMap(({ settled }) => [...settled])),
    inDoubt: new RangeSet(shards.flatMap(({ inDoubt }) => [...inDoubt])),
    inputs: { rows, inputs, ...(tableCount === undefined ? {} : { tableCount }) },
    extent: extentOfShards(plan),
    query: first.query ?? query,
    // That each was made is none.
    openings: shards.reduce((sum, { openings }) => sum + openings - 1, 0),
    errors: allErrors(shards.flatMap(({ errors }) => errors ?? [])),
  };
}

function bothTotals(one: LedgerTotals, other: LedgerTotals): LedgerTotals {
  const skipped = { ...NONE_SKIPPED };
  for (const reason of SKIP_REASONS) skipped[reason] = one.skipped[reason] + other.skipped[reason];
  return {
    read: one.read + other.read,
    uploaded: one.uploaded + other.uploaded,
    confirmed: one.confirmed + other.confirmed,
    failed: one.failed + other.failed,
    held: one.held + other.held,
    skipped,
  };
}

function allErrors(logs: readonly SettledErrors[]): SettledErrors | undefined {
  const [first, ...others] = logs;
  if (first === undefined || others.length === 0) return first;
  return {
    place: first.place,
    async *entries(signal) {
      for (const log of logs) yield* log.entries(signal);
    },
  };
}
