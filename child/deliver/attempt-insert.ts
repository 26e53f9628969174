import type { RequestCost } from '../../src/rates/rates.js';
import { retry, type Again, type RetryPolicy } from '../../src/back-off/retry.js';
import { recordCount } from '../../src/record/packed-batch.js';
import { PermitExpired } from '../../src/vault/post.js';
import type { InsertAnswer, InsertRequest, VaultClient } from '../../src/vault/vault-client.js';
import type { WireName } from '../../src/vault/wires.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';
import type { PaceGate } from '../pace/pace-gate.js';
import type { VaultHealth } from '../vault/vault-health.js';
import { waitFor } from '../wait-for.js';

/** What became of the records of one request, once trying is over. */
export type FinalAnswer =
  /** `throttled` only when the request may have had an effect all the same, so that it is not repeated. */
  | InsertAnswer
  /** The process stops. */
  | { readonly kind: 'stopped' };

export interface AttemptResult {
  readonly answer: FinalAnswer;
  /** `unknown`: one of the requests, not necessarily the last one, may have had an effect that nobody saw. */
  readonly applied: 'no' | 'unknown';
  /** Between any two failures of these attempts the vault served others: bad luck, and no outage. */
  readonly othersServed: boolean;
  /** Requests that used up an attempt; waiting at a limit does not. */
  readonly attempts: number;
}

/** Times of one request in milliseconds: building its text, turning it into bytes, dispatch to the answer's end. */
interface RequestTiming {
  readonly payloadMs: number;
  readonly serializationMs: number;
  readonly apiMs: number;
}

export interface AttemptObserver {
  requestStarted(): void;
  requestAnswered(answer: InsertAnswer, timing: RequestTiming): void;
  /** The request was cut on its way: there is no answer. */
  requestCut(): void;
  retryDelayed(delayMs: number): void;
  baseDelayed(delayMs: number): void;
}

export interface AttemptOptions {
  readonly client: VaultClient;
  readonly gate: PaceGate;
  readonly health: VaultHealth;
  readonly observer: AttemptObserver;
  readonly maxAttempts: number;
  /** Sending again is harmless even when the last request may have had its effect (upsert). */
  readonly repeatable: boolean;
  /** No new request after this; one that is on its way is still waited for. */
  readonly stopping: AbortSignal;
  /** Cuts requests on their way. */
  readonly aborting: AbortSignal;
  readonly wire?: WireName;
  /** Waits before a request is sent again. */
  readonly wait?: typeof waitFor;
  readonly random?: () => number;
}

/** From this many failures in a row on, the whole vault slows down, not only the batch that failed. */
const failuresInRowToSlowDown = 3;

/**
 * Sends one request until its answer is final: up to `maxAttempts` attempts, exponential back-off with full
 * jitter, `Retry-After` honoured. A 429 waits its
 * `Retry-After`, then at the gate, and sends again without using up an attempt. A request
 * whose effect is unknown, whatever its answer, is not repeated unless that is harmless: its records are in doubt.
 */
export async function attemptInsert(records: RecordColumns, options: AttemptOptions): Promise<AttemptResult> {
  const { client, wire, stopping, aborting } = options;
  const attempts = new InsertAttempts(client.encode(records, wire), options);
  try {
    // An answer that arrives while we stop is still one.
    return attempts.result(await retry(() => attempts.next(), attempts));
  } catch (error) {
    if (!stopping.aborted && !aborting.aborted) throw error;
    return attempts.result({ kind: 'stopped' });
  }
}

/** The attempts of one request, which was built once. An object of one form: there is one for every batch. */
class InsertAttempts implements RetryPolicy<InsertAnswer> {
  readonly firstDelayMs = 500;
  readonly maxDelayMs = 30_000;
  readonly random: () => number;
  readonly attempts: number;
  readonly #request: InsertRequest;
  readonly #options: AttemptOptions;
  readonly #cost: RequestCost;
  #made = 0;
  #applied: 'no' | 'unknown' = 'no';
  #failedAtMs: number;
  #othersServed = true;
  /** What building it took is told with its first answer. */
  #isTold = false;

  constructor(request: InsertRequest, options: AttemptOptions) {
    this.#request = request;
    this.#options = options;
    this.#cost = { records: recordCount(request.records), bytes: request.body.length };
    this.random = options.random ?? Math.random;
    this.attempts = options.maxAttempts;
    this.#failedAtMs = options.health.now();
  }

  result(answer: FinalAnswer): AttemptResult {
    return { answer, attempts: this.#made, applied: this.#applied, othersServed: this.#othersServed };
  }

  answered(last: InsertAnswer): Again | undefined {
    if (last.kind !== 'unavailable') return undefined;
    const { health, repeatable } = this.#options;
    this.#othersServed &&= health.servedSince(this.#failedAtMs);
    this.#failedAtMs = health.now();
    if (last.applied === 'unknown' && !repeatable) return undefined;
    if (health.suspended || (last.lasting === true && !health.hasServed)) return undefined;
    return { retryAfterMs: last.retryAfterMs };
  }

  async wait(delayMs: number): Promise<void> {
    const { observer, stopping, wait = waitFor } = this.#options;
    observer.retryDelayed(delayMs);
    await wait(delayMs, stopping);
  }

  /** One attempt, however often it is throttled. */
  async next(): Promise<InsertAnswer> {
    this.#made += 1;
    const { gate, health, observer, client, stopping, aborting, repeatable } = this.#options;
    let retryAfterMs = 0;
    for (;;) {
      if (retryAfterMs > 0) await this.wait(retryAfterMs);
      const permit = gate.enterNow(this.#cost, stopping) ?? (await gate.enter(this.#cost, stopping));
      if (permit.baseDelayMs > 0) observer.baseDelayed(permit.baseDelayMs);
      let isAnswered = false;
      try {
        observer.requestStarted();
        const { stillAllowed } = permit;
        const { answer, apiMs } = await client.insert(this.#request, { signal: aborting, stillAllowed });
        isAnswered = true;
        observer.requestAnswered(answer, this.#timing(apiMs));
        const mayHaveEffect = answer.kind !== 'judged' && answer.applied === 'unknown';
        if (mayHaveEffect) this.#applied = 'unknown';
        if (answer.kind === 'throttled') {
          permit.throttled(answer.retryAfterMs);
          health.turnedAway(answer.status);
          if (health.suspended) return { ...answer, kind: 'unavailable', networkCode: undefined };
          if (mayHaveEffect && !repeatable) return answer;
          retryAfterMs = answer.retryAfterMs ?? 0;
          continue;
        }
        if (answer.kind === 'unavailable') {
          health.failed(answer.status);
          if (health.failuresInRow >= failuresInRowToSlowDown) permit.failing(answer.retryAfterMs);
        } else if (answer.kind !== 'unauthorized' && answer.kind !== 'denied') {
          health.served();
          permit.succeeded();
        }
        return answer;
      } catch (error) {
        if (isAnswered) throw error;
        observer.requestCut();
        if (!(error instanceof PermitExpired)) {
          this.#applied = 'unknown';
          throw error;
        }
        // Nothing was written: for another permission it is as if it had never been tried.
        retryAfterMs = 0;
      } finally {
        permit.leave();
      }
    }
  }

  #timing(apiMs: number): RequestTiming {
    const { payloadMs, serializationMs } = this.#request;
    if (this.#isTold) return { payloadMs: 0, serializationMs: 0, apiMs };
    this.#isTold = true;
    return { payloadMs, serializationMs, apiMs };
  }
}
