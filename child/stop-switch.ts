import { setMaxListeners } from 'node:events';
import { SuperviseError } from '../src/errors/supervise-error.js';

/**
 * How a vault is brought to rest. `stopping`: nothing new is begun, what is on its way is waited for. `aborting`:
 * what is on its way is cut, after `drainMs` at the latest. The first reason to stop is the one that is reported.
 */
export class StopSwitch {
  readonly #stopping = new AbortController();
  readonly #aborting = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    // Every worker that waits listens to them; that is no leak.
    setMaxListeners(0, this.#stopping.signal, this.#aborting.signal);
  }

  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  get aborting(): AbortSignal {
    return this.#aborting.signal;
  }

  /** Why it stops; undefined while it does not. */
  get reason(): SuperviseError | undefined {
    const reason: unknown = this.#stopping.signal.reason;
    if (!this.#stopping.signal.aborted) return undefined;
    return reason instanceof SuperviseError
      ? reason
      : new SuperviseError('internal', String(reason), { cause: reason });
  }

  stop(reason: SuperviseError, drainMs: number): void {
    if (!this.#stopping.signal.aborted) this.#stopping.abort(reason);
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#aborting.abort(reason), drainMs);
  }

  /** Everything has come to rest. */
  close(): void {
    clearTimeout(this.#timer);
  }
}
