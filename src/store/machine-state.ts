import * as z from 'zod';

const count = z.coerce.number().int().nonnegative();
const rate = z.coerce.number().nonnegative();

/** A machine that works on a run, or has; one that is gone has neither lanes nor a last sign of life. */
export const machineStateSchema = z.object({
  /** `HOST:PID` */
  worker: z.string(),
  lanes: count.nullable(),
  /** Since it was heard of last. */
  silent_ms: count.nullable(),
  /** That it has had in its hands, in this run, and the rows that were settled there. */
  shards: count,
  rows: count,
  working_on: z.array(z.object({ vault: z.string(), shard: count })),
  records_per_second: rate,
  requests_per_second: rate,
});
export type MachineState = z.output<typeof machineStateSchema>;
