import type { RunObserver } from '../../observers/run-observer.js';
import type { RunView } from '../../view/run-view.js';

export interface KillMidwayOptions {
  readonly vault: string;
  /** Records of one request: what is on its way counts as begun. */
  readonly batchSize: number;
  readonly view: RunView;
}

/**
 * Kills one process of the load as the system would when memory runs out, once and in the middle, so that a person sees
 * what comes of it. The process is a child of this one, known by its pid, and at work while it is killed.
 */
export class KillMidway implements RunObserver {
  readonly #options: KillMidwayOptions;
  #killed: string | undefined;

  constructor(options: KillMidwayOptions) {
    this.#options = options;
  }

  /** What was killed, for people; undefined until it is done, and for good where the load was over before. */
  get killed(): string | undefined {
    return this.#killed;
  }

  changed(...[vault, { phase, pid, snapshot }]: Parameters<Required<RunObserver>['changed']>): void {
    if (this.#killed !== undefined || vault !== this.#options.vault || phase !== 'loading') return;
    if (typeof pid !== 'number' || snapshot === undefined || snapshot.rows_total === null) return;
    const { read, in_flight: inFlight, rows_total: rowsTotal } = snapshot;
    // A process with nothing on its way would lose nothing: the interesting rows are those whose answer never comes.
    if (inFlight === 0 || read + inFlight * this.#options.batchSize < rowsTotal / 2) return;
    this.#killed = `process ${pid} of ${vault}`;
    this.#options.view.notice(
      'warn',
      `demo: killing process ${pid} of vault ${vault} with -9, to show what happens`,
    );
    process.kill(pid, 'SIGKILL');
  }
}
