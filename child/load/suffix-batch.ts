import type { VaultJob } from '../../src/protocol/messages.js';
import { createSuffixer } from '../../src/record/append-suffix.js';
import type { Batch } from '../../src/record/batch.js';

/** Adds to every record of a batch the suffix that it has in this run; without `append_suffix` nothing is changed. */
export function suffixing(job: VaultJob, onSpent: (durationMs: number) => void): (batch: Batch) => Batch {
  const { suffixUnixSeconds } = job.delivery;
  if (suffixUnixSeconds === undefined) return (batch) => batch;
  const suffixer = createSuffixer({
    runId: job.runId,
    vaultName: job.vault.name,
    unixSeconds: suffixUnixSeconds,
  });
  return (batch) => {
    const startedMs = performance.now();
    const values: string[] = [];
    const tokens: string[] = [];
    let skippedAt = 0;
    for (let position = batch.start, at = 0; position < batch.end; position += 1) {
      if (batch.skipped[skippedAt]?.position === position) {
        skippedAt += 1;
        continue;
      }
      const suffix = suffixer(position);
      values.push(`${batch.values[at] ?? ''}${suffix.value}`);
      tokens.push(`${batch.tokens[at] ?? ''}${suffix.token}`);
      at += 1;
    }
    onSpent(performance.now() - startedMs);
    return { ...batch, values, tokens };
  };
}
