import { NOTHING_YET } from '../../src/report/nothing-yet.js';
import type { VaultSnapshot } from '../../src/protocol/snapshot.js';
import type { VaultState } from '../view/run-view.js';

/** A figure that each process of a vault counts from 0, added up over all of them. */
class AddedUp {
  #before = 0;
  #last = 0;

  get total(): number {
    return this.#before + this.#last;
  }

  take(value: number, isOfNewProcess: boolean): void {
    if (isOfNewProcess) {
      this.#before += this.#last;
      this.#last = 0;
    }
    // Snapshots of one process only grow; a counter must not go back whatever comes.
    this.#last = Math.max(this.#last, value);
  }
}

/** What a process counts from 0; times in milliseconds. */
function countedByProcess(at: VaultSnapshot) {
  const { latency, timing } = at;
  return {
    answered: latency.count - at.throttled,
    throttled: at.throttled,
    unanswered: at.requests - at.inFlight - latency.count,
    answeredMs: latency.averageMs * latency.count,
    retries: at.retries,
    batchesImmediate: at.batchesImmediate,
    batchesRetried: at.batchesRetried,
    batchesFailed: at.batchesFailed,
    resent: at.resent,
    cpuMs: at.cpuMs,
    ...timing,
  };
}
export type ProcessFigure = keyof ReturnType<typeof countedByProcess>;

/**
 * The figures of one vault, cumulative over the processes that this command starts for it. Record figures come from
 * the journal and are cumulative over resumes besides.
 */
export class VaultFigures {
  readonly name: string;
  #state: VaultState = { phase: 'waiting', restarts: 0 };
  #process = 0;
  readonly #added = new Map<ProcessFigure, AddedUp>();

  constructor(name: string) {
    this.name = name;
  }

  get phase(): VaultState['phase'] {
    return this.#state.phase;
  }

  get restarts(): number {
    return this.#state.restarts;
  }

  /** The last one received. */
  get snapshot(): VaultSnapshot {
    return this.#state.snapshot ?? NOTHING_YET;
  }

  /** A figure of processes, over all of them. */
  total(figure: ProcessFigure): number {
    return this.#added.get(figure)?.total ?? 0;
  }

  take(state: VaultState): void {
    this.#state = state;
    const { snapshot, snapshotProcess = 0 } = state;
    if (snapshot === undefined) return;
    const isOfNewProcess = snapshotProcess !== this.#process;
    this.#process = snapshotProcess;
    const counted = countedByProcess(snapshot);
    for (const figure of Object.keys(counted) as ProcessFigure[]) {
      const added = this.#added.get(figure) ?? new AddedUp();
      added.take(Math.max(0, counted[figure]), isOfNewProcess);
      this.#added.set(figure, added);
    }
  }
}
