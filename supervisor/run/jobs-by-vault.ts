import { NOTHING_YET, type VaultSnapshot, together } from '../../src/figures/snapshot.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';
import type { VaultState, VaultPhase } from './vault-state.js';
import { worstOf } from '../../src/status/statuses.js';

/** A job, and who is told of it. */
export interface DealtJob {
  readonly job: VaultJob;
  readonly onState: (state: VaultState) => void;
  readonly onOutcome: (outcome: VaultOutcome) => void;
}

interface Parts {
  readonly states: VaultState[];
  readonly outcomes: VaultOutcome[];
  /** How many jobs for it are not dealt yet, as far as that is known. */
  left: number;
}

/** More children than any machine bears. */
const mostAtOnce = 1_000;

/** Deals jobs one after another, and puts together what becomes of those for the same vault. */
export class JobsByVault {
  /** How many are worth being worked on at the same time. */
  readonly most: number;
  readonly #next: () => Promise<IteratorResult<VaultJob>>;
  readonly #areAllKnown: boolean;
  readonly #vaults = new Map<string, Parts>();
  readonly #onState: (name: string, state: VaultState) => void;
  #isExhausted = false;

  constructor(
    jobs: readonly VaultJob[] | AsyncIterable<VaultJob>,
    onState: (name: string, state: VaultState) => void,
  ) {
    this.#onState = onState;
    this.#areAllKnown = !(Symbol.asyncIterator in jobs);
    if (Symbol.asyncIterator in jobs) {
      const iterator = jobs[Symbol.asyncIterator]();
      this.#next = () => iterator.next();
      this.most = mostAtOnce;
    } else {
      for (const { vault } of jobs) this.#partsOf(vault.name).left += 1;
      const iterator = jobs[Symbol.iterator]();
      this.#next = () => Promise.resolve(iterator.next());
      this.most = jobs.length;
    }
  }

  /** Of the vaults that jobs are known for. */
  get names(): string[] {
    return [...this.#vaults.keys()];
  }

  /** One for each vault, in the order of their first jobs. */
  get outcomes(): VaultOutcome[] {
    return [...this.#vaults.values()].flatMap(({ outcomes: [first, ...others] }) =>
      first === undefined ? [] : [outcomeOfParts([first, ...others])],
    );
  }

  /** The next job; undefined when there is none, or when none is to be waited for any more. */
  async deal(stopping: AbortSignal): Promise<DealtJob | undefined> {
    if (this.#isExhausted || (stopping.aborted && !this.#areAllKnown)) return undefined;
    const next = await unlessAborted(this.#next(), this.#areAllKnown ? undefined : stopping);
    if (next === undefined || next.done === true) {
      this.#isExhausted = true;
      for (const name of this.#vaults.keys()) this.#tell(name);
      return undefined;
    }
    const job = next.value;
    const { name } = job.vault;
    const parts = this.#partsOf(name);
    parts.left = Math.max(0, parts.left - 1);
    const before = untouched(job);
    const at = parts.states.push({ phase: 'waiting', restarts: 0, snapshot: before }) - 1;
    return {
      job,
      onState: (state) => {
        const { snapshot = before } = state;
        const rowsTotal = snapshot?.rows_total ?? before?.rows_total ?? null;
        parts.states[at] = { ...state, snapshot: snapshot && { ...snapshot, rows_total: rowsTotal } };
        this.#tell(name);
      },
      onOutcome: (outcome) => {
        parts.outcomes[at] = outcome;
      },
    };
  }

  #tell(name: string): void {
    const { states, left } = this.#partsOf(name);
    if (states.length === 0) return;
    this.#onState(name, stateOfParts(states, this.#areAllKnown ? left > 0 : !this.#isExhausted));
  }

  #partsOf(name: string): Parts {
    const known = this.#vaults.get(name) ?? { states: [], outcomes: [], left: 0 };
    this.#vaults.set(name, known);
    return known;
  }
}

/** Of a shard it is known how many rows it has before anything is done for it. */
function untouched({ shard }: VaultJob): VaultSnapshot | undefined {
  if (shard === undefined) return undefined;
  const rows = shard.end - shard.start;
  return { ...NOTHING_YET, rows_total: rows, unsettled: rows };
}

async function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  if (signal === undefined) return promise;
  const aborted = new AbortController();
  const gaveUp = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true, signal: aborted.signal });
  });
  try {
    return await Promise.race([promise, gaveUp]);
  } finally {
    aborted.abort();
  }
}

/** Where a vault is whose parts are in several phases: where the one is that has most to do with it. */
const BY_WEIGHT: readonly VaultPhase[] = [
  'loading',
  'draining',
  'restarting',
  'checking',
  'waiting',
  'finished',
];

/** A vault whose rows several children work on, as one: where it stands. While `moreToCome` it is not finished. */
function stateOfParts(parts: readonly VaultState[], moreToCome: boolean): VaultState {
  const [only, second] = parts;
  if (only !== undefined && second === undefined && !moreToCome) return only;
  const heaviest = BY_WEIGHT.find((phase) => parts.some((part) => part.phase === phase)) ?? 'waiting';
  const phase = heaviest === 'finished' && moreToCome ? 'waiting' : heaviest;
  const shown = parts.find((part) => part.phase === heaviest);
  const snapshots = parts.flatMap(({ snapshot }) => snapshot ?? []);
  const sum = together(snapshots);
  return {
    ...shown,
    phase,
    restarts: parts.reduce((all, { restarts }) => all + restarts, 0),
    snapshot: snapshots.length === 0 ? undefined : moreToCome ? { ...sum, rows_total: null } : sum,
    status: phase === 'finished' ? worstOf(parts.flatMap(({ status }) => status ?? [])) : undefined,
    message: parts.find(({ message }) => message !== undefined)?.message,
    lastDeath: parts.findLast(({ lastDeath }) => lastDeath !== undefined)?.lastDeath,
    waitsFor: parts.find(({ waitsFor }) => waitsFor !== undefined)?.waitsFor,
  };
}

/** What such a vault came to. */
function outcomeOfParts(parts: readonly [VaultOutcome, ...VaultOutcome[]]): VaultOutcome {
  const [first, ...others] = parts;
  if (others.length === 0) return first;
  const snapshots = parts.flatMap(({ snapshot }) => snapshot ?? []);
  return {
    ...first,
    status: worstOf(parts.map(({ status }) => status)) ?? first.status,
    snapshot: snapshots.length === 0 ? undefined : together(snapshots),
    error: parts.find(({ error }) => error !== undefined)?.error,
    restarts: parts.reduce((all, { restarts }) => all + restarts, 0),
    durationMs: Math.max(...parts.map(({ durationMs = 0 }) => durationMs)),
    uploadedBefore: parts.reduce((all, { uploadedBefore = 0 }) => all + uploadedBefore, 0),
    errorLog: parts.find(({ errorLog }) => errorLog !== undefined)?.errorLog,
    findings: parts.find(({ findings }) => findings !== undefined)?.findings,
  };
}
