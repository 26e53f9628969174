import * as z from 'zod';
import type { Rates } from '../rates/rates.js';
import { inputIdentitySchema, submittedQuerySchema } from '../source/input-identity.js';
import type { RunRecord } from '../run-record/run-record.js';

const count = z.coerce.number().int().nonnegative();

/** What a vault's source was found to be when it was cut. */
export const vaultPlanSchema = z.object({
  rows: count,
  /** The positions that are loaded: `end` is the first behind them. */
  start: count,
  end: count,
  is_limited: z.boolean(),
  inputs: z.array(inputIdentitySchema),
  query: submittedQuerySchema.nullable(),
  table_count: count.nullable(),
  /** What was seen of the files, as it stands in the run directory of whoever cut. */
  pieces: z.string().nullable(),
});
export type VaultPlan = z.output<typeof vaultPlanSchema>;

/** A vault of a run that is recorded. */
export interface PlannedVault {
  readonly name: string;
  /** Names the table of the vault, whatever the run: what is paced together. */
  readonly target: string;
  readonly rates: Rates;
  readonly maxFailed: number | undefined;
  readonly maxHeld: number | undefined;
  /** Of the last settled records; absent: the number counts alone. */
  readonly maxErrorShare: number | undefined;
  readonly plan: VaultPlan;
  readonly shards: readonly { readonly start: number; readonly end: number }[];
}

/** What a run may be asked with otherwise when it goes on. */
export type VaultLimits = Pick<PlannedVault, 'name' | 'rates' | 'maxFailed' | 'maxHeld' | 'maxErrorShare'>;

export interface PlannedRun {
  readonly runId: string;
  readonly version: string;
  readonly record: RunRecord;
  /** To whom error entries are sealed; undefined: they are redacted. */
  readonly recipient: string | undefined;
  readonly fingerprintKey: string | undefined;
  /** How many vaults the rates are divided among that somebody asks for later. */
  readonly sharing: number;
  readonly vaults: readonly PlannedVault[];
}

/** Rows of a vault that are meant now and were not when its run was cut, in shards of their own. */
export interface MoreShards {
  readonly name: string;
  /** Behind those that the run has. */
  readonly shards: PlannedVault['shards'];
  /** Whether the source has more, and a limit that nobody asked for keeps them out. */
  readonly isLimited: boolean;
}
