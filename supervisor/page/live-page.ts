import type { RunDirectory } from '../../src/run-record/run-directory.js';
import type { MachineState } from '../../src/store/machine-state.js';
import { renderMachines } from '../view/render-machines.js';
import type { RunBegin, RunEnd, RunObserver } from '../observers/run-observer.js';
import type { NoticeLevel, VaultState } from '../run/vault-state.js';
import { Sampling, type TimelineSample } from '../timeline/timeline-sample.js';
import { describeEnd, rowsOfRun } from './page-rows.js';
import type { PageState, PageUpdate } from './page-update.js';
import type { PageSource } from './page-updates.js';
import { TimelineTail } from './timeline-tail.js';

/** The last things said that a page shows. */
const mostNotices = 50;

/** What the page of the run shows that this command works on. */
export class LivePage implements RunObserver, PageSource {
  readonly #vaults = new Map<string, VaultState>();
  readonly #notices: PageState['notices'][number][] = [];
  #machines: readonly MachineState[] = [];
  readonly #sampling = new Sampling(1);
  #tail: TimelineTail | undefined;
  #directory: RunDirectory | undefined;
  #beganAt = new Date();
  #ended: PageState['ended'] = null;

  begun({ vaults, directory }: RunBegin): void {
    for (const name of vaults) this.#vaults.set(name, { phase: 'waiting', restarts: 0 });
    this.#beganAt = new Date();
    this.#directory = directory;
    this.#tail = directory && new TimelineTail(directory.timelineFile);
  }

  changed(vault: string, state: VaultState): void {
    this.#vaults.set(vault, state);
  }

  machines(machines: readonly MachineState[]): void {
    this.#machines = machines;
  }

  notice(level: NoticeLevel, text: string, vault?: string): void {
    const said = vault === undefined ? text : `${vault}: ${text}`;
    this.#notices.push({ at: new Date().toISOString(), level, text: said });
    if (this.#notices.length > mostNotices) this.#notices.shift();
  }

  ended(end: RunEnd): void {
    this.#ended = describeEnd('failure' in end ? end.failure.message : end.summary, new Date());
  }

  read(): Promise<{ readonly state: PageState; readonly now: TimelineSample }> {
    const state = {
      run_id: this.#directory?.runId ?? '',
      began_at: this.#beganAt.toISOString(),
      ended: this.#ended,
      ...rowsOfRun(this.#vaults, performance.now()),
      machines: renderMachines(this.#machines),
      notices: [...this.#notices],
    };
    return Promise.resolve({ state, now: this.#sampling.sample(this.#vaults, new Date(), this.#machines) });
  }

  history(known: { readonly generation: number; readonly count: number }): Promise<PageUpdate['history']> {
    return this.#tail?.since(known) ?? Promise.resolve({ generation: 0, from: 0, samples: [] });
  }
}
