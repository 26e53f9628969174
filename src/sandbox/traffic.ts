/** What became of a request: an HTTP status, or no whole answer. */
export type Ending = number | 'reset' | 'cut' | 'hung' | 'gone';

/** Counts what goes through the sandbox. */
export class Traffic {
  readonly #requests = new Map<string, Map<Ending, number>>();
  readonly #requestsByHttpVersion = { '1.1': 0, '2': 0 };
  #inFlight = 0;
  #maxInFlight = 0;
  #recordsStored = 0;
  #firstInsertAtMs: number | undefined;
  #lastInsertAtMs: number | undefined;
  #connectionsOpened = 0;

  begin(httpVersion: '1.1' | '2'): void {
    this.#requestsByHttpVersion[httpVersion] += 1;
    this.#inFlight += 1;
    this.#maxInFlight = Math.max(this.#maxInFlight, this.#inFlight);
  }

  end(): void {
    this.#inFlight -= 1;
  }

  ended(route: string, ending: Ending): void {
    const endings = this.#requests.get(route) ?? new Map<Ending, number>();
    this.#requests.set(route, endings);
    endings.set(ending, (endings.get(ending) ?? 0) + 1);
  }

  stored(count: number): void {
    this.#recordsStored += count;
    this.#lastInsertAtMs = Date.now();
    this.#firstInsertAtMs ??= this.#lastInsertAtMs;
  }

  connected(): void {
    this.#connectionsOpened += 1;
  }

  /** Forgets what was counted; what is under way stays. */
  reset(): void {
    this.#requests.clear();
    Object.assign(this.#requestsByHttpVersion, { '1.1': 0, '2': 0 });
    this.#maxInFlight = this.#inFlight;
    this.#recordsStored = 0;
    this.#connectionsOpened = 0;
    this.#firstInsertAtMs = undefined;
    this.#lastInsertAtMs = undefined;
  }

  snapshot(now: {
    readonly connectionsOpen: number;
    readonly pendingCommits: number;
  }): Readonly<Record<string, unknown>> {
    const byRoute = Object.fromEntries(
      [...this.#requests].map(([route, endings]) => [route, Object.fromEntries(endings)]),
    );
    const counts = [...this.#requests.values()].flatMap((endings) => [...endings]);
    const sum = (wanted?: Ending): number =>
      counts.reduce(
        (total, [ending, count]) => total + (wanted === undefined || ending === wanted ? count : 0),
        0,
      );
    const { user, system } = process.cpuUsage();
    return {
      requests: sum(),
      requests_by_route: byRoute,
      requests_by_http_version: { ...this.#requestsByHttpVersion },
      throttled: sum(429),
      in_flight: this.#inFlight,
      max_in_flight: this.#maxInFlight,
      records_stored: this.#recordsStored,
      first_insert_at_ms: this.#firstInsertAtMs ?? null,
      last_insert_at_ms: this.#lastInsertAtMs ?? null,
      pending_commits: now.pendingCommits,
      connections_opened: this.#connectionsOpened,
      connections_open: now.connectionsOpen,
      cpu_ms: (user + system) / 1000,
      rss_bytes: process.memoryUsage.rss(),
    };
  }
}
