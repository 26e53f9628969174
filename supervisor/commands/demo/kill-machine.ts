import type { RunObserver } from '../../observers/run-observer.js';
import type { RunView } from '../../view/run-view.js';
import type { DemoMachines } from './demo-machines.js';

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
