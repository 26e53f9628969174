import type { SharedStore } from '../../src/store/shared-store.js';
import { describePause } from '../run/steering.js';

export interface PauseNoticesOptions {
  readonly runs: Pick<SharedStore['runs'], 'paused'>;
  readonly onNotice: (level: 'info' | 'warn', text: string) => void;
}

const lookEveryMs = 5_000;

/** Says on the screen of a worker, which waits as long, that a run is paused, by whom and how it goes on; once, and when that is over. */
export class PauseNotices {
  readonly #options: PauseNoticesOptions;
  #told: ReadonlySet<string> = new Set();
  #nextMs = -Infinity;

  constructor(options: PauseNoticesOptions) {
    this.#options = options;
  }

  /** To be called as often as one likes. Never rejects: what cannot be asked is asked again. */
  async look(nowMs = performance.now()): Promise<void> {
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + lookEveryMs;
    const { runs, onNotice } = this.#options;
    const paused = await runs.paused().catch(() => undefined);
    if (paused === undefined) return;
    for (const { run, orders } of paused) {
      if (this.#told.has(run)) continue;
      onNotice('warn', `run ${run} is ${describePause(orders, run) ?? 'not to begin yet (--not-before)'}`);
    }
    const names = new Set(paused.map(({ run }) => run));
    for (const run of this.#told) if (!names.has(run)) onNotice('info', `run ${run} is not paused any more`);
    this.#told = names;
  }
}
