import type { OwnedRecords } from './packed-cells.js';

/**
 * A position is a row's number in its source, from 0, skipped rows included. It never depends on batch size,
 * limits or restarts. Ranges are half-open: `start` is inside, `end` is not.
 */
export interface PositionRange {
  readonly start: number;
  readonly end: number;
}

/** Why a row of the source is not sent: one of its two cells is empty, or the vault holds it (`skip_existing`). */
export const SKIP_REASONS = ['empty_value', 'empty_token', 'already_there'] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];
/** Rows that were not sent, by reason. */
export type SkipCounts = Readonly<Record<SkipReason, number>>;
export const NONE_SKIPPED: SkipCounts = { empty_value: 0, empty_token: 0, already_there: 0 };

export interface SkippedRow {
  readonly position: number;
  readonly reason: SkipReason;
}

/**
 * Consecutive rows of a source, by column. `values[i]` travels with `tokens[i]`; skipped rows are in neither,
 * so that `end - start === values.length + skipped.length` always.
 */
export interface Batch extends PositionRange {
  readonly values: readonly string[];
  readonly tokens: readonly string[];
  /** By ascending position. */
  readonly skipped: readonly SkippedRow[];
  /** True: no value and no token needs an escape in JSON. Otherwise they may. */
  readonly plain?: boolean | undefined;
  /** The same records as bytes: ask `packedOf`, which knows whether they are. */
  readonly packed?: OwnedRecords | undefined;
}

/** The position of each record of a batch, in order. */
export function recordPositions(batch: Batch): number[] {
  const positions: number[] = [];
  let skippedAt = 0;
  for (let position = batch.start; position < batch.end; position += 1) {
    if (batch.skipped[skippedAt]?.position === position) skippedAt += 1;
    else positions.push(position);
  }
  return positions;
}

/** How many rows of a batch are skipped, by reason; only reasons that occur. */
export function countSkipped(skipped: readonly SkippedRow[]): Partial<Record<SkipReason, number>> {
  const counts: Partial<Record<SkipReason, number>> = {};
  for (const { reason } of skipped) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

/**
 * The part of a batch from record `from` up to record `to` (indexes into `values`), with the skipped rows
 * around them: the parts of a divided batch cover all its positions, each once.
 */
export function sliceBatch(batch: Batch, from: number, to: number): Batch {
  const positions = recordPositions(batch);
  const start = from === 0 ? batch.start : (positions[from] ?? batch.end);
  const end = to >= batch.values.length ? batch.end : (positions[to] ?? batch.end);
  return {
    start,
    end,
    values: batch.values.slice(from, to),
    tokens: batch.tokens.slice(from, to),
    skipped: batch.skipped.filter(({ position }) => position >= start && position < end),
    plain: batch.plain,
  };
}
