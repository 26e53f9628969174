/** The reference's figure: 100,000 records into each of four vaults in 12 s, a million in 2 minutes. */
const SECONDS_PER_RECORD = 12 / 100_000;

/** How long so many records for each vault may take, in seconds. */
export function targetSeconds(recordsPerVault: number): number {
  return recordsPerVault * SECONDS_PER_RECORD;
}

/** How long they take when nothing but latency costs time: whole rounds of all workers, in seconds. */
export function theoreticalSeconds(
  recordsPerVault: number,
  pace: { readonly concurrency: number; readonly batchSize: number; readonly meanLatencyMs: number },
): number {
  const batches = Math.ceil(recordsPerVault / pace.batchSize);
  return ((batches / pace.concurrency) * pace.meanLatencyMs) / 1000;
}
