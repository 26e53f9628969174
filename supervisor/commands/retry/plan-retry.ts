import { ratesOf, usualRecordBytes, slowestRate } from '../../../src/rates/rates.js';
import type { Settings, VaultSettings } from '../../../src/config/configuration.js';
import type { Standing } from '../../../src/error-log/failure-reasons.js';
import type { ChosenErrors } from './choose-logs.js';

/** What sending the records of one vault again comes to. */
export interface VaultRetry {
  readonly vault: VaultSettings;
  readonly records: number;
  /** Of `records`: may be in the vault already, and are looked up before they are sent. */
  readonly lookedUp: number;
  /** Of `lookedUp`: stand in the vault under other tokens, or may, and are not sent. */
  readonly notSent: number;
  readonly batches: number;
  readonly workers: number;
  readonly estimatedMs: number;
}

/** What a request is taken to last, as nobody has measured yet. */
export const assumedRequestMs = 500;

/** The plan of every vault, in the order of the configuration. */
export function planRetry(
  chosen: readonly ChosenErrors[],
  { skyflow, performance }: Pick<Settings, 'skyflow' | 'performance'>,
): VaultRetry[] {
  return skyflow.vaults.flatMap((vault) => {
    const own = chosen.filter((one) => one.vault === vault);
    if (own.length === 0) return [];
    const records = own.reduce((sum, { errors }) => sum + errors.records, 0);
    const standing = (which: Standing): number =>
      skyflow.upsert ? 0 : own.reduce((sum, { errors }) => sum + errors.byStanding[which], 0);
    const foreign = standing('foreign_repeated') + standing('foreign');
    const lookedUp = standing('doubtful') + standing('repeated') + foreign;
    const batches = Math.ceil(records / performance.batch_size);
    const workers = Math.min(batches, performance.max_concurrency);
    // The others are looked up too, so that what others have brought is not taken for theirs.
    const requests = skyflow.upsert ? batches : 2 * batches;
    const characters = own.reduce((sum, { errors }) => sum + errors.characters, 0);
    const bytesEach = characters / records + usualRecordBytes;
    const recordsEach = records / batches;
    const each = { records: recordsEach, bytes: recordsEach * bytesEach };
    const estimatedMs = Math.max(
      Math.ceil(requests / workers) * (assumedRequestMs + performance.base_delay_ms),
      1000 * (slowestRate(ratesOf(performance), requests, each)?.seconds ?? 0),
    );
    return [
      {
        vault,
        records,
        lookedUp,
        notSent: skyflow.resend_mismatched ? 0 : foreign,
        batches,
        workers,
        estimatedMs: estimatedMs + (lookedUp > 0 ? skyflow.settle_ms : 0),
      },
    ];
  });
}
