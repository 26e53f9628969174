import type { RunObserver } from '../../observers/run-observer.js';
import type { RunView } from '../../view/run-view.js';
import type { DemoMachines } from './demo-machines.js';

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

/** Kills one machine of a load, with everything on it, once it works and a third of the rows is settled. */
export class KillMachine implements RunObserver {
  readonly #machines: Pick<DemoMachines, 'numberOf' | 'kill'>;
  readonly #view: RunView;
  readonly #vaults = new Map<string, { readonly read: number; readonly rows: number }>();
  #killed: string | undefined;

  constructor(machines: Pick<DemoMachines, 'numberOf' | 'kill'>, view: RunView) {
    this.#machines = machines;
    this.#view = view;
  }

  /** What was killed, for people; undefined until it is done. */
  get killed(): string | undefined {
    return this.#killed;
  }

  changed(...[vault, { snapshot }]: Parameters<Required<RunObserver>['changed']>): void {
    if (snapshot !== undefined && snapshot.rows_total !== null)
      this.#vaults.set(vault, { read: snapshot.read, rows: snapshot.rows_total });
  }

  machines(...[machines]: Parameters<Required<RunObserver>['machines']>): void {
    const vaults = [...this.#vaults.values()];
    const [read, rows] = [vaults.map((one) => one.read), vaults.map((one) => one.rows)].map(sum);
    if (this.#killed !== undefined || (read ?? 0) < (rows ?? Infinity) / 3) return;
    const busy = machines.find(
      ({ worker, working_on: on }) => on.length > 0 && this.#machines.numberOf(worker),
    );
    const number = busy && this.#machines.numberOf(busy.worker);
    if (busy === undefined || number === undefined) return;
    const on = busy.working_on.map(({ vault, shard }) => `part ${shard} of ${vault}`).join(', ');
    this.#killed = `machine ${number} (${busy.worker})`;
    this.#view.notice(
      'warn',
      `demo: killing machine ${number} with everything on it, in the middle of ${on}, to show what happens`,
    );
    this.#machines.kill(number);
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
