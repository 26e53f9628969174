import type { VaultJob } from '../../src/protocol/messages.js';

/** The job of a vault for whoever works on a shard of it: what was seen of its source is known, and nothing is in clear. */
export function asShardJob(job: VaultJob, recipient: string | undefined): VaultJob {
  const { errorLogPrivacy: own, ...rest } = job;
  // Compared when the source was cut.
  delete rest.plannedInputs;
  const errorLogPrivacy =
    own ?? (recipient === undefined ? undefined : { kind: 'encrypted' as const, recipient });
  return {
    ...rest,
    ...(errorLogPrivacy === undefined ? {} : { errorLogPrivacy }),
    delivery: {
      ...job.delivery,
      // How many of a vault's rows are meant was decided when it was cut.
      maxRecordsIsDefault: false,
      // Rates, and shares of what failed, are counted over all machines.
      rates: {},
    },
    performance: {
      ...job.performance,
      max_errors: typeof job.performance.max_errors === 'string' ? '100%' : job.performance.max_errors,
    },
  };
}
