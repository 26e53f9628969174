import { classifyStatus, isNoService } from '../../src/vault/http-statuses.js';
import { PermitExpired } from '../../src/vault/post.js';
import type { LookupAnswer, VaultClient } from '../../src/vault/vault-client.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';
import { retry, type Again } from '../../src/back-off/retry.js';
import { denial } from '../deliver/denial.js';
import type { PaceGate } from '../pace/pace-gate.js';
import type { VaultHealth } from '../vault/vault-health.js';
import { waitFor } from '../wait-for.js';

const backOff = { firstDelayMs: 500, maxDelayMs: 30_000, random: Math.random };

export interface AskOptions {
  readonly vaultName: string;
  readonly client: Pick<VaultClient, 'lookup'>;
  readonly gate: PaceGate;
  readonly health: VaultHealth;
  readonly maxAttempts: number;
  /** Whether no answer at all uses up an attempt too, instead of being waited out as an outage. */
  readonly givesUpUnanswered?: true;
  readonly stopping: AbortSignal;
  /** Waits for another credential; true when there is one. */
  readonly reauthorise: (message: string) => Promise<boolean>;
}

type Unanswered = Extract<LookupAnswer, { kind: 'unanswered' }>;

/**
 * What the vault holds under the tokens of these records. A refused credential is replaced, or throws what stops the
 * vault, as an outage does: neither is a reason to hold records back.
 */
export async function askVault(records: RecordColumns, options: AskOptions): Promise<LookupAnswer> {
  for (;;) {
    const answer = await askPatiently(records, options);
    if (answer.kind === 'found' || answer.status !== 401) return answer;
    if (!(await options.reauthorise(answer.message))) {
      throw denial(options.vaultName, { ...answer, kind: 'unauthorized', status: 401, requestId: undefined });
    }
  }
}

/**
 * Asks again while that may help, since reading twice harms nobody: `maxAttempts` times when the answer is of no use,
 * and for as long as it takes when there is none or the vault is overloaded.
 */
async function askPatiently(records: RecordColumns, options: AskOptions): Promise<LookupAnswer> {
  const { health, stopping } = options;
  const givesUp = options.givesUpUnanswered === true;
  const answered = (answer: LookupAnswer): Again | undefined => {
    if (answer.kind === 'found') {
      health.served();
      return undefined;
    }
    const { status, retryAfterMs } = answer;
    if (!answer.retryable) {
      if (status !== undefined) health.answered();
      return undefined;
    }
    if (answer.lasting === true && !health.hasServed) return undefined;
    if (!isUnserved(answer) || givesUp) return { retryAfterMs };
    health.unserved(status);
    if (health.suspended) throw health.outage(answer.message);
    return { retryAfterMs, isFree: true };
  };
  const wait = (delayMs: number): Promise<void> => waitFor(delayMs, stopping);
  const policy = { ...backOff, attempts: options.maxAttempts, answered, wait };
  const last = await retry(() => askOnce(records, options), policy);
  // A vault that has answered nothing of use to anyone is out, whatever its errors say.
  if (last.kind === 'unanswered' && last.retryable && !health.hasServed && !givesUp)
    throw health.outage(last.message);
  return last;
}

/** Asks once; what was too late to be sent, for want of another permission, does not count. */
export async function askOnce(
  records: RecordColumns,
  options: Pick<AskOptions, 'client' | 'gate' | 'stopping'>,
): Promise<LookupAnswer> {
  for (;;) {
    const answer = await askInTime(records, options);
    if (answer !== undefined) return answer;
  }
}

async function askInTime(
  { values, tokens }: RecordColumns,
  options: Pick<AskOptions, 'client' | 'gate' | 'stopping'>,
): Promise<LookupAnswer | undefined> {
  const { client, gate, stopping } = options;
  const bytes = tokens.reduce((sum, token) => sum + token.length, 0);
  const permit = await gate.enter({ records: tokens.length, bytes }, stopping);
  const { stillAllowed } = permit;
  try {
    const valueCharacters = values.reduce((sum, value) => sum + value.length, 0);
    const answer = await client.lookup(tokens, { signal: stopping, valueCharacters, stillAllowed, values });
    if (answer.kind === 'found') permit.succeeded();
    else if (answer.status !== undefined && classifyStatus(answer.status, '').kind === 'throttled')
      permit.throttled(answer.retryAfterMs);
    return answer;
  } catch (error) {
    if (error instanceof PermitExpired) return undefined;
    throw error;
  } finally {
    permit.leave();
  }
}

/** No answer, or one that says nothing but that nobody is served at present. */
export function isUnserved({ status }: Unanswered): boolean {
  return status === undefined || isNoService(status);
}
