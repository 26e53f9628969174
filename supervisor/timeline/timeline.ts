import { mergeSamples, type TimelineSample } from './timeline-sample.js';

/** How often a run is looked at while its timeline is short. */
export const finestMs = 2_000;
/** Vaults times samples: some 2 MiB of text. */
const mostCells = 8_000;
const mostSamples = 960;
const leastSamples = 16;

/**
 * Samples over the whole of a run, however long it is: when there are too many, neighbours become one, and from then on
 * a sample stands for twice the time. What was worst stays to be seen.
 */
export class Timeline {
  /** Samples that were taken for one that is kept. */
  #stride: number;
  #kept: TimelineSample[];
  #pending: TimelineSample | undefined;
  #pendingCount = 0;

  constructor(before: { readonly samples: readonly TimelineSample[]; readonly intervalMs: number }) {
    this.#kept = [...before.samples];
    this.#stride = Math.max(1, Math.round(before.intervalMs / finestMs));
  }

  get samples(): readonly TimelineSample[] {
    return this.#kept;
  }

  get intervalMs(): number {
    return this.#stride * finestMs;
  }

  /** What has come of it: nothing yet, one more sample, or fewer, longer ones. */
  add(sample: TimelineSample): 'waits' | 'added' | 'thinned' {
    this.#pending = this.#pending === undefined ? sample : mergeSamples(this.#pending, sample);
    this.#pendingCount += 1;
    return this.#pendingCount < this.#stride ? 'waits' : this.flush();
  }

  /** Keeps what waits, at the end of a run. */
  flush(): 'waits' | 'added' | 'thinned' {
    if (this.#pending === undefined) return 'waits';
    this.#kept.push(this.#pending);
    const { vaults } = this.#pending;
    this.#pending = undefined;
    this.#pendingCount = 0;
    const fitting = Math.floor(mostCells / Math.max(1, vaults.length));
    if (this.#kept.length <= Math.max(leastSamples, Math.min(mostSamples, fitting))) return 'added';
    this.#kept = thinned(this.#kept);
    this.#stride *= 2;
    return 'thinned';
  }
}

/** Half as many; the first one stays where the run began, and no two of different commands become one. */
function thinned(samples: readonly TimelineSample[]): TimelineSample[] {
  const fewer: TimelineSample[] = samples.slice(0, 1);
  let half: TimelineSample | undefined;
  for (const sample of samples.slice(1)) {
    if (half === undefined) half = sample;
    else if (half.session === sample.session) {
      fewer.push(mergeSamples(half, sample));
      half = undefined;
    } else {
      fewer.push(half);
      half = sample;
    }
  }
  if (half !== undefined) fewer.push(half);
  return fewer;
}
