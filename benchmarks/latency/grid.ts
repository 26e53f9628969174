/** One cell of the grid. */
export interface GridCell {
  readonly concurrency: number;
  readonly latencyMs: number;
  /** To load, for each vault. */
  readonly records: number;
}

export interface GridLimits {
  readonly batchSize: number;
  /** How long a cell would take if nothing but latency cost time. */
  readonly secondsPerCell: number;
  readonly maxRecords: number;
}

/**
 * The cells of a grid. Each has about the same length, but every worker sends at least four batches and no cell
 * has more than `maxRecords`, so that a short latency with many workers stays bounded.
 */
export function planGrid(
  concurrencies: readonly number[],
  latenciesMs: readonly number[],
  { batchSize, secondsPerCell, maxRecords }: GridLimits,
): GridCell[] {
  return latenciesMs.flatMap((latencyMs) =>
    concurrencies.map((concurrency) => {
      const rounds = Math.max(4, Math.round((secondsPerCell * 1000) / Math.max(1, latencyMs)));
      const whole = Math.max(1, Math.floor(maxRecords / (concurrency * batchSize)));
      const records = Math.min(rounds, whole) * concurrency * batchSize;
      return { concurrency, latencyMs, records: Math.min(records, maxRecords) };
    }),
  );
}

/** Records per second that latency alone allows: every worker always has a request out. */
export function theoreticalRate(concurrency: number, batchSize: number, latencyMs: number): number {
  return (concurrency * batchSize * 1000) / latencyMs;
}
