const exitStatuses = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Stop = keyof typeof exitStatuses;
const signals = Object.keys(exitStatuses) as Stop[];

/**
 * The signals that stop a benchmark, from construction to `close`. They come to this process alone, which passes
 * each on to what it runs: loads are started in a process group of their own, so that Ctrl-C is not counted twice.
 */
export class StopRequests {
  readonly #stopping = new AbortController();
  readonly #receivers = new Set<(signal: Stop) => void>();
  readonly #handlers = signals.map((signal) => [signal, () => this.#receive(signal)] as const);
  #first: Stop | undefined;

  constructor() {
    for (const [signal, handle] of this.#handlers) {
      // A library of conf's sends each signal to the process a second time.
      process.removeAllListeners(signal);
      process.on(signal, handle);
    }
  }

  /** Aborted by the first signal. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** The exit status of a script that was stopped; undefined while nothing has stopped it. */
  get exitStatus(): number | undefined {
    return this.#first === undefined ? undefined : exitStatuses[this.#first];
  }

  /** Hands every signal to `receive` until the returned function is called. */
  passOn(receive: (signal: Stop) => void): () => void {
    this.#receivers.add(receive);
    return () => this.#receivers.delete(receive);
  }

  close(): void {
    for (const [signal, handle] of this.#handlers) process.off(signal, handle);
  }

  #receive(signal: Stop): void {
    this.#first ??= signal;
    this.#stopping.abort();
    for (const receive of this.#receivers) receive(signal);
  }
}
