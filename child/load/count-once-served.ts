import { retry, type Again } from '../../src/back-off/retry.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';
import type { LookupAnswer } from '../../src/vault/vault-client.js';
import { askOnce, isUnserved, type AskOptions } from '../doubt/ask-vault.js';
import { waitFor } from '../wait-for.js';

export interface CountOnceServedOptions extends Pick<AskOptions, 'client' | 'gate' | 'health' | 'stopping'> {
  /** A record of the source: whether the vault holds it is of no interest, only that it answers. */
  readonly record: RecordColumns;
  readonly countTable: () => Promise<number | undefined>;
  readonly notice: (message: string) => void;
}

const backOff = { firstDelayMs: 250, maxDelayMs: 2_000, random: Math.random };
/** Of errors that may be those of looking up alone; a vault that has served nobody is given up by then. */
const attempts = 10;

/**
 * Counts a table of a vault that did not say before anything is sent, once it serves anybody: requests that go into an
 * outage are lost sight of, and of the first ones only the count from before tells whether the vault took them. Undefined
 * where it answers and does not count, or stays out for as long as an outage is waited for: the first request says why.
 */
export async function countOnceServed(options: CountOnceServedOptions): Promise<number | undefined> {
  const { record, countTable, notice, health, stopping } = options;
  let isFirst = true;
  const answered = (answer: LookupAnswer): Again | undefined => {
    if (answer.kind === 'found') health.answered();
    if (answer.kind === 'found' || !answer.retryable || answer.lasting === true) return undefined;
    if (isFirst) notice(`the vault does not answer yet (${answer.message}); nothing is sent until it does`);
    isFirst = false;
    const { status, retryAfterMs } = answer;
    health.unserved(status);
    return health.suspended ? undefined : { retryAfterMs, isFree: isUnserved(answer) };
  };
  const wait = (delayMs: number): Promise<void> => waitFor(delayMs, stopping);
  const last = await retry(() => askOnce(record, options), { ...backOff, attempts, answered, wait });
  return last.kind === 'found' ? countTable() : undefined;
}
