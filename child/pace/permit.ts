/** The right to have one request in flight. */
export interface Permit {
  /** What the worker waited for `baseDelayMs`. */
  readonly baseDelayMs: number;
  /** Whether what it was given for holds yet; absent: it always does. */
  readonly stillAllowed?: (() => boolean) | undefined;
  /** It goes out only now: its latency is counted from here. */
  sentNow(): void;
  /** The vault took the request: may make the gate wider. */
  succeeded(): void;
  /** The vault said 429, 503 or 529. Alone that means nothing; together, everyone slows down or pauses. */
  throttled(retryAfterMs: number | undefined): void;
  /** Nothing but failures: everyone pauses, and then one request at a time finds out whether that is over. */
  failing(retryAfterMs: number | undefined): void;
  leave(): void;
}
