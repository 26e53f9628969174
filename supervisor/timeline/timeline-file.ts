import type { MachineState } from '../../src/store/machine-state.js';
import { writeFileAtomically } from '../../src/system/write-file.js';
import { openPrivate } from '../../src/trust/open-private.js';
import type { RunDirectory } from '../../src/run-record/run-directory.js';
import type { RunBegin, RunObserver } from '../observers/run-observer.js';
import type { VaultState } from '../run/vault-state.js';
import { finestMs, Timeline } from './timeline.js';
import { headLine, readTimeline } from './read-timeline.js';
import { Sampling, type TimelineSample } from './timeline-sample.js';

/**
 * `timeline.jsonl`: how a run went, a line for every few seconds, for pictures. A resume goes on with it. A run neither
 * waits for it nor ends because it cannot be written: then the next write tries to bring the whole of it.
 */
export class TimelineFile implements RunObserver {
  readonly #directory: RunDirectory;
  readonly #vaults = new Map<string, VaultState>();
  #timeline = new Timeline({ samples: [], intervalMs: finestMs });
  #sampling = new Sampling(1);
  #machines: readonly MachineState[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isWhole = false;

  constructor(directory: RunDirectory) {
    this.#directory = directory;
  }

  async begun({ vaults }: RunBegin): Promise<void> {
    for (const name of vaults) this.#vaults.set(name, { phase: 'waiting', restarts: 0 });
    const before = await readTimeline(this.#directory.timelineFile);
    this.#timeline = new Timeline(before);
    this.#sampling = new Sampling((before.samples.at(-1)?.session ?? 0) + 1);
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#look(), finestMs);
    this.#timer.unref();
    this.#look();
  }

  changed(vault: string, state: VaultState): void {
    this.#vaults.set(vault, state);
  }

  machines(machines: readonly MachineState[]): void {
    this.#machines = machines;
  }

  /** Keeps the last state; resolves when nothing is written any more. */
  async settled(): Promise<void> {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#look();
    this.#keep(this.#timeline.flush());
    await this.#writing;
  }

  #look(): void {
    this.#keep(this.#timeline.add(this.#sampling.sample(this.#vaults, new Date(), this.#machines)));
  }

  #keep(what: ReturnType<Timeline['add']>): void {
    if (what === 'waits') return;
    // As they are now, written when what came before them is.
    const { intervalMs } = this.#timeline;
    const samples = [...this.#timeline.samples];
    this.#writing = this.#writing.then(async () => {
      const isNext = this.#isWhole && what === 'added';
      try {
        await (isNext ? this.#append(samples.slice(-1)) : this.#replace(samples, intervalMs));
        this.#isWhole = true;
      } catch {
        this.#isWhole = false;
      }
    });
  }

  async #append(samples: readonly TimelineSample[]): Promise<void> {
    const handle = await openPrivate(this.#directory.timelineFile, 'a');
    try {
      await handle.appendFile(linesOf(samples));
    } finally {
      await handle.close();
    }
  }

  async #replace(samples: readonly TimelineSample[], intervalMs: number): Promise<void> {
    const head = headLine(this.#directory.runId, intervalMs);
    await writeFileAtomically(this.#directory.timelineFile, `${head}\n${linesOf(samples)}`);
  }
}

function linesOf(samples: readonly TimelineSample[]): string {
  return samples.map((sample) => `${JSON.stringify(sample)}\n`).join('');
}
