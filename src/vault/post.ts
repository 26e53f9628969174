import type { Dispatcher } from 'undici';
import { systemCode } from '../errors/supervise-error.js';
import { describeNetworkError } from './describe-network-error.js';
import { onAbort } from './on-abort.js';

/** Longest answer that is taken, in bytes: in proportion to what was asked. Of anything but a 2xx the rest is thrown away. */
const ANSWER_BYTES_ALWAYS = 1024 * 1024;
const ANSWER_BYTES_PER_BYTE = 8;
const LONGEST_ERROR_ANSWER = 64 * 1024;

export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/**
 * What one request came to. `answered` is a whole 2xx, or any other status, also with a body that breaks off: it can
 * be shown, and 413 and 429 say enough by themselves. `lost`: no such answer; `sent` is false only when
 * certainly no byte of the request was written.
 */
export type PostOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: AnswerHeaders;
      readonly body: Buffer;
    }
  | {
      readonly kind: 'lost';
      readonly sent: boolean;
      readonly code: string | undefined;
      readonly message: string;
    };

/** What a permission to send was good for is over: nothing of the request was written. */
export class PermitExpired extends Error {
  override readonly name = 'PermitExpired';
}

/** Asked right before the first byte of a request is written; false: it is not. */
export type StillAllowed = () => boolean;

export interface PostOptions {
  readonly path: string;
  /** POST when absent. */
  readonly method?: 'GET' | 'POST' | 'DELETE' | undefined;
  /** Names and values by turns. */
  readonly headers: string[];
  /** Absent: none is sent. */
  readonly body?: Buffer | undefined;
  /** How much the answer may hold by right, besides what is in proportion to `body`. */
  readonly expectedBytes?: number | undefined;
  /** For all of it, from the wait for a connection to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly stillAllowed?: StillAllowed | undefined;
}

/**
 * Sends one request. Settles by itself within `timeoutMs` whatever the connection does; rejects only with the
 * reason of an aborted `signal`, and with `PermitExpired`.
 */
export function post(dispatcher: Dispatcher, options: PostOptions): Promise<PostOutcome> {
  return new Promise((resolve, reject) => {
    const { path, method = 'POST', headers, body = null, signal, timeoutMs } = options;
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const askedBytes = (body?.length ?? 0) + (options.expectedBytes ?? 0);
    const mostBytes = ANSWER_BYTES_ALWAYS + ANSWER_BYTES_PER_BYTE * askedBytes;
    const exchange = new PendingPost({ mostBytes, stillAllowed: options.stillAllowed }, (outcome) => {
      clearTimeout(timer);
      stay();
      if (outcome === 'aborted') reject(signal.reason as Error);
      else if (outcome === 'expired') reject(new PermitExpired('it was too late to send'));
      else resolve(outcome);
    });
    const timer = setTimeout(() => exchange.expire(timeoutMs), timeoutMs);
    const stay = onAbort(signal, () => exchange.abandon('aborted'));
    dispatcher.dispatch({ path, method, headers, body }, exchange);
  });
}

/** Ended by us, and nobody's outcome. */
type GivenUp = 'aborted' | 'expired';

/**
 * One request as undici drives it: `onRequestStart` comes right before the first byte is written, and every end
 * of ours (answer, error, time limit, abort) settles once and makes undici drop what is left.
 */
class PendingPost implements Dispatcher.DispatchHandler {
  readonly #settle: (outcome: PostOutcome | GivenUp) => void;
  readonly #stillAllowed: StillAllowed | undefined;
  #settled = false;
  #controller: Dispatcher.DispatchController | undefined;
  #answer: { status: number; headers: AnswerHeaders } | undefined;
  #chunks: Buffer[] = [];
  #length = 0;
  readonly #mostBytes: number;

  constructor(
    { mostBytes, stillAllowed }: { mostBytes: number; stillAllowed: StillAllowed | undefined },
    settle: (outcome: PostOutcome | GivenUp) => void,
  ) {
    this.#mostBytes = mostBytes;
    this.#stillAllowed = stillAllowed;
    this.#settle = settle;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled) {
      controller.abort(new Error('given up before it was sent'));
    } else if (this.#controller !== undefined) {
      // undici puts a request back into its queue when an HTTP/2 session ends: it must not go out twice.
      controller.abort(new Error('the connection was lost'));
    } else if (this.#stillAllowed?.() === false) {
      this.#finish('expired');
      controller.abort(new Error('given up before it was sent'));
    } else {
      this.#controller = controller;
    }
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    if (status >= 200) this.#answer = { status, headers };
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isAccepted()) {
      if (this.#length >= LONGEST_ERROR_ANSWER) return;
    } else if (this.#length + chunk.length > this.#mostBytes) {
      this.abandon(
        this.#lost(
          'ANSWER_TOO_LARGE',
          `the answer is longer than ${this.#mostBytes} bytes, far more than was asked`,
        ),
      );
      return;
    }
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  onResponseEnd(): void {
    if (!this.#settled) this.#finish(this.#answered() ?? this.#lost(undefined, 'the answer has no status'));
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#settled) return;
    this.#finish(this.#final() ?? this.#lost(systemCode(error), describeNetworkError(error)));
  }

  /** The time limit: a status that has come already still counts. */
  expire(timeoutMs: number): void {
    this.abandon(this.#final() ?? this.#lost('REQUEST_TIMEOUT', `no answer within ${timeoutMs} ms`));
  }

  /** Ends it from our side and closes its connection, which is of no use any more. */
  abandon(outcome: PostOutcome | GivenUp): void {
    if (this.#settled) return;
    this.#finish(outcome);
    this.#controller?.abort(new Error('given up'));
  }

  #finish(outcome: PostOutcome | GivenUp): void {
    this.#settled = true;
    this.#settle(outcome);
  }

  #isAccepted(): boolean {
    return this.#answer !== undefined && this.#answer.status < 300;
  }

  #final(): PostOutcome | undefined {
    return this.#isAccepted() ? undefined : this.#answered();
  }

  #answered(): PostOutcome | undefined {
    if (this.#answer === undefined) return undefined;
    const { status, headers } = this.#answer;
    const [first] = this.#chunks;
    const body = first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    return { kind: 'answered', status, headers, body };
  }

  #lost(code: string | undefined, message: string): PostOutcome {
    return { kind: 'lost', sent: this.#controller !== undefined, code, message };
  }
}
