/** How many requests back an answer may belong: more than there are connections, as a rule. */
const REMEMBERED = 256;
/** Answers with an id that another one had, after which ids say nothing. */
const MOST_REPEATED = 3;

/**
 * What tells the answer to a request from one that was meant for another request of the same client: tokens that
 * another one has sent, or a request id that another answer had. What comes on a connection while nothing is asked on
 * it is no matter of this: undici looks for it before each request, and closes such a connection.
 */
export class RecentRequests {
  readonly #firstTokens = new Ring();
  readonly #requestIds = new Ring();
  #repeated = 0;

  /** A request with this token first was answered. */
  sent(first: string | undefined): void {
    if (first !== undefined) this.#firstTokens.add(first);
  }

  isOfAnother(token: string): boolean {
    return this.#firstTokens.has(token);
  }

  /** Whether an answer belongs to another request by its id. Each answer is asked about once. */
  isForeign(requestId: string | undefined): boolean {
    // A server that gives all its answers one id gives none.
    if (requestId === undefined || this.#repeated >= MOST_REPEATED) return false;
    if (!this.#requestIds.has(requestId)) {
      this.#requestIds.add(requestId);
      return false;
    }
    this.#repeated += 1;
    return true;
  }
}

/** The last so many texts. */
class Ring {
  readonly #texts = new Set<string>();

  has(text: string): boolean {
    return this.#texts.has(text);
  }

  add(text: string): void {
    this.#texts.add(text);
    if (this.#texts.size <= REMEMBERED) return;
    const [oldest] = this.#texts;
    if (oldest !== undefined) this.#texts.delete(oldest);
  }
}
