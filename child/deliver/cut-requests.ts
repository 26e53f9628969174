/** How a connection ends that somebody on the way has cut: no answer, and no time limit of ours. */
const CUT_CODES: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ECONNABORTED']);
const cutsToSuspect = 3;

/**
 * Tells bodies that are too large for somebody on the way, who does nothing but cut the connection, from bad luck: so
 * many requests in a row were cut off, and none was answered between them.
 */
export class CutRequests {
  #inRow = 0;

  /** A request came to this. True when it is time to see whether a smaller one is answered. */
  isSuspicious(answer: { readonly kind: string; readonly networkCode?: string | undefined }): boolean {
    if (answer.kind === 'stopped') return false;
    if (answer.kind !== 'unavailable' || !CUT_CODES.has(answer.networkCode ?? '')) {
      this.#inRow = 0;
      return false;
    }
    this.#inRow += 1;
    return this.#inRow % cutsToSuspect === 0;
  }
}
