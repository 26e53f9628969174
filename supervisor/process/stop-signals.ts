import { SuperviseError } from '../../src/errors/supervise-error.js';
import { SIGNAL_EXIT, type StopSignal } from '../../src/status/statuses.js';

export const stopSignals: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Unlike an exit it waits for no thread that hangs; what is done at an exit, such as showing the cursor, is done before. */
export function endBySignal(signal: StopSignal): void {
  process.emit('exit', SIGNAL_EXIT[signal]);
  process.kill(process.pid, signal);
}

/**
 * The signals that stop a run, from construction to `close`. The first one is a request for an orderly end, a second
 * one of any kind means at once, a third one ends the process as it is. They are ours alone: a library of conf's, which
 * the bundles leave out, sends each signal to the process a second time, so listeners that others have installed are taken
 * away for good. A signal to be ignored is ignored beyond `close`, to the end of the process. Of several at once the newest
 * answers; it begins with what the one before it has received, and that one answers again when it has closed.
 */
export class StopSignals implements Disposable {
  static #answering: StopSignals | undefined;
  readonly #before = StopSignals.#answering;
  readonly #stopping = new AbortController();
  readonly #atOnce = new AbortController();
  #first: StopSignal | undefined;
  readonly #handlers = stopSignals.map((signal) => [signal, () => this.#receive(signal)] as const);

  constructor(options: { readonly ignored?: readonly StopSignal[] } = {}) {
    for (const [signal, handle] of this.#handlers) {
      process.removeAllListeners(signal);
      process.on(signal, options.ignored?.includes(signal) === true ? () => undefined : handle);
    }
    StopSignals.#answering = this;
    const received = this.#before?.first;
    if (received !== undefined && options.ignored?.includes(received) !== true) this.#receive(received);
  }

  /** Aborted by the first signal. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Aborted by the second. */
  get atOnce(): AbortSignal {
    return this.#atOnce.signal;
  }

  get first(): StopSignal | undefined {
    return this.#first;
  }

  /** The same as if this signal had come, once: who has asked already is not taken for one who asks again. */
  stop(signal: StopSignal): void {
    if (this.#first === undefined) this.#receive(signal);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  close(): void {
    for (const [signal, handle] of this.#handlers) process.off(signal, handle);
    if (StopSignals.#answering !== this) return;
    StopSignals.#answering = this.#before;
    if (this.#before === undefined) return;
    for (const [signal, handle] of this.#before.#handlers) process.on(signal, handle);
  }

  #receive(signal: StopSignal): void {
    if (this.#atOnce.signal.aborted) {
      StopSignals.#closeAll();
      endBySignal(signal);
    } else if (this.#first !== undefined) {
      this.#atOnce.abort(new SuperviseError('interrupted', `stopped at once by ${signal}`));
    } else {
      this.#first = signal;
      this.#stopping.abort();
    }
  }

  static #closeAll(): void {
    while (StopSignals.#answering !== undefined) StopSignals.#answering.close();
  }
}
