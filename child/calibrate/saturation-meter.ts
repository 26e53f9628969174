/** What a vault usually lets through at once after a rest: the allowance of a second. */
const usualBurstMs = 1000;

/**
 * Measures the rate that a vault lets through while more than that is sent. Pure: time comes in with every call.
 *
 * A limit is nearly always an allowance that fills steadily, and a refusal says that it was empty when that request
 * was sent. So what passed from one such moment to the next, over the time between them, is the limit. Of a pause
 * longer than the allowance of a second the rest is left out: the allowance overflowed then.
 */
export class SaturationMeter {
  #sequence = 0;
  #lastSentMs: number | undefined;
  /** The moment at which the allowance was last known to be empty. */
  #empty: { readonly sequence: number; readonly atMs: number } | undefined;
  #overflowMs = 0;
  /** Requests sent since then that were refused too. */
  #refusedSince = 0;
  #lastOfBurst = 0;
  #passed = 0;
  #spanMs = 0;
  #spans = 0;

  /** A request is sent now; the number is to be given back with its answer. */
  sent(nowMs: number): { readonly sequence: number; readonly atMs: number } {
    this.#sequence += 1;
    if (this.#empty !== undefined && this.#lastSentMs !== undefined) {
      const gapMs = nowMs - this.#lastSentMs;
      if (gapMs > usualBurstMs) this.#overflowMs += gapMs - usualBurstMs;
    }
    this.#lastSentMs = nowMs;
    return { sequence: this.#sequence, atMs: nowMs };
  }

  /** The vault refused a request for its rate. Those that were on their way together are refused together. */
  refused(request: { readonly sequence: number; readonly atMs: number }): void {
    if (this.#empty === undefined) {
      this.#begin(request);
      return;
    }
    // Sent before the pause that the last moment brought about: it was still empty.
    if (request.sequence <= this.#lastOfBurst) {
      if (request.sequence > this.#empty.sequence) this.#refusedSince += 1;
      return;
    }
    // What is on its way has passed: the allowance was not yet empty when it was sent.
    this.#passed += Math.max(0, request.sequence - this.#empty.sequence - 1 - this.#refusedSince);
    this.#spanMs += Math.max(0, request.atMs - this.#empty.atMs - this.#overflowMs);
    this.#spans += 1;
    this.#begin(request);
  }

  /** How many times it went from empty to empty. */
  get spans(): number {
    return this.#spans;
  }

  /** Requests per second; undefined before the first whole span. */
  get perSecond(): number | undefined {
    return this.#spanMs <= 0 ? undefined : (1000 * this.#passed) / this.#spanMs;
  }

  #begin(request: { readonly sequence: number; readonly atMs: number }): void {
    this.#empty = request;
    this.#lastOfBurst = this.#sequence;
    this.#refusedSince = 0;
    this.#overflowMs = 0;
  }
}
