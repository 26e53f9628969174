import type { RequestCost } from '../../src/rates/rates.js';
import { retry } from '../../src/back-off/retry.js';
import { recordCount } from '../../src/record/packed-batch.js';
import { PermitExpired } from '../../src/vault/post.js';
import type { InsertAnswer, InsertRequest, VaultClient } from '../../src/vault/vault-client.js';
import type { WireName } from '../../src/vault/wires.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';
import type { PaceGate } from '../pace/pace-gate.js';
import type { Permit } from '../pace/permit.js';
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

const backOff = { firstDelayMs: 500, maxDelayMs: 30_000 };

/** From this many failures in a row on, the whole vault slows down, not only the batch that failed. */
const failuresInRowToSlowDown = 3;

/**
 * Sends one request until its answer is final: up to `maxAttempts` attempts, exponential back-off with full
 * jitter, `Retry-After` honoured. A 429 waits its
 * `Retry-After`, then at the gate, and sends again without using up an attempt. A request
 * whose effect is unknown, whatever its answer, is not repeated unless that is harmless: its records are in doubt.
 */
export async function attemptInsert(records: RecordColumns, options: AttemptOptions): Promise<AttemptResult> {
  const { health, client, wire, observer, stopping, aborting } = options;
  const request = new TimedRequest(client.encode(records, wire));
  let attempts = 0;
  let applied: 'no' | 'unknown' = 'no';
  let failedAtMs = health.now();
  let othersServed = true;
  const attempt = (): Promise<InsertAnswer> => {
    attempts += 1;
    return sendPastThrottling(request, options, () => {
      applied = 'unknown';
    });
  };
  try {
    // An answer that arrives while we stop is still one.
    const answer = await retry(attempt, {
      ...backOff,
      random: options.random ?? Math.random,
      attempts: options.maxAttempts,
      answered: (last) => {
        if (last.kind !== 'unavailable') return undefined;
        othersServed &&= health.servedSince(failedAtMs);
        failedAtMs = health.now();
        if (last.applied === 'unknown' && !options.repeatable) return undefined;
        if (health.suspended || (last.lasting === true && !health.hasServed)) return undefined;
        return { retryAfterMs: last.retryAfterMs };
      },
      wait: (delayMs) => {
        observer.retryDelayed(delayMs);
        return (options.wait ?? waitFor)(delayMs, stopping);
      },
    });
    return { answer, attempts, applied, othersServed };
  } catch (error) {
    if (!stopping.aborted && !aborting.aborted) throw error;
    return { answer: { kind: 'stopped' }, attempts, applied, othersServed };
  }
}

async function sendPastThrottling(
  request: TimedRequest,
  options: AttemptOptions,
  effectUnknown: () => void,
): Promise<InsertAnswer> {
  const { gate, health, observer } = options;
  let retryAfterMs = 0;
  for (;;) {
    if (retryAfterMs > 0) {
      observer.retryDelayed(retryAfterMs);
      await (options.wait ?? waitFor)(retryAfterMs, options.stopping);
    }
    const permit = await gate.enter(request.cost, options.stopping);
    if (permit.baseDelayMs > 0) observer.baseDelayed(permit.baseDelayMs);
    try {
      observer.requestStarted();
      const sent = await send(request, permit, options, effectUnknown);
      // Nothing was written: for another permission it is as if it had never been tried.
      if (sent === undefined) {
        retryAfterMs = 0;
        continue;
      }
      const { answer, timing } = sent;
      observer.requestAnswered(answer, timing);
      const mayHaveEffect = answer.kind !== 'judged' && answer.applied === 'unknown';
      if (mayHaveEffect) effectUnknown();
      if (answer.kind === 'throttled') {
        permit.throttled(answer.retryAfterMs);
        health.turnedAway(answer.status);
        if (health.suspended) return { ...answer, kind: 'unavailable', networkCode: undefined };
        if (mayHaveEffect && !options.repeatable) return answer;
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
    } finally {
      permit.leave();
    }
  }
}

/** Undefined: it was too late to send it. */
async function send(
  { request, buildTimes }: TimedRequest,
  { stillAllowed }: Permit,
  options: AttemptOptions,
  effectUnknown: () => void,
): Promise<{ answer: InsertAnswer; timing: RequestTiming } | undefined> {
  try {
    const { answer, apiMs } = await options.client.insert(request, {
      signal: options.aborting,
      stillAllowed,
    });
    return { answer, timing: { ...buildTimes(), apiMs } };
  } catch (error) {
    options.observer.requestCut();
    if (error instanceof PermitExpired) return undefined;
    effectUnknown();
    throw error;
  }
}

/** A request that may be sent again: it was built once, and only its first answer is told what that took. */
class TimedRequest {
  readonly request: InsertRequest;
  #isTold = false;

  constructor(request: InsertRequest) {
    this.request = request;
  }

  get cost(): RequestCost {
    return { records: recordCount(this.request.records), bytes: this.request.body.length };
  }

  readonly buildTimes = (): Omit<RequestTiming, 'apiMs'> => {
    const { payloadMs, serializationMs } = this.request;
    const times = this.#isTold ? { payloadMs: 0, serializationMs: 0 } : { payloadMs, serializationMs };
    this.#isTold = true;
    return times;
  };
}
