import type { VaultState } from '../run/vault-state.js';
import type { RunEvent } from './run-event.js';

/** Why a vault does not go on although nothing is wrong with it, as events call it. */
const reasonOf = { credential: 'credential', go: 'asked' } as const;
type Wait = (typeof reasonOf)[keyof typeof reasonOf];

/** So long without a row settled, and nothing said to wait for, is a run that stands still. */
export const stalledMs = 300_000;

const lookMs = 10_000;

/** So long a pace has to be known before anything is concluded from it. */
const paceKnownMs = 60_000;

interface Watched {
  /** Milliseconds that its rows will still take at its present pace; undefined: nobody knows. */
  leftMs: number | undefined;
  wait: Wait | undefined;
  phase: VaultState['phase'];
  read: number;
  /** Of the last row that was settled, or of what made it wait. */
  movedMs: number;
  isStalled: boolean;
}

export interface RunWatchOptions {
  /** A monotonic clock; absent: that of this process. */
  readonly nowMs?: (() => number) | undefined;
  /** When the run is to be at its end. */
  readonly finishBy?: Date | undefined;
  readonly now?: (() => Date) | undefined;
  readonly tell: (event: RunEvent, vaults: readonly string[]) => void;
}

/**
 * What is worth telling of a run while it goes on: it waits for somebody (once for all vaults that wait for the same at
 * the same time) and goes on again, a vault's process is started again, a vault stands still and moves again.
 */
export class RunWatch {
  readonly #options: RunWatchOptions;
  readonly #nowMs: () => number;
  readonly #vaults = new Map<string, Watched>();
  /** Told of, and not over yet. */
  #told: Wait | undefined;
  #loadingSinceMs: number | undefined;
  #isBehind = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RunWatchOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  changed(vault: string, { phase, waitsFor, snapshot }: VaultState): void {
    const nowMs = this.#nowMs();
    const read = snapshot?.read ?? 0;
    const wait = waitsFor === undefined ? undefined : reasonOf[waitsFor];
    const before = this.#vaults.get(vault);
    const hasMoved = before === undefined || read > before.read || phase !== 'loading' || wait !== undefined;
    const movedMs = hasMoved ? nowMs : before.movedMs;
    if (before?.isStalled === true && hasMoved) this.#tell({ event: 'resumed', reason: 'stalled' }, [vault]);
    if (phase === 'loading') this.#loadingSinceMs ??= nowMs;
    this.#vaults.set(vault, {
      leftMs: phase === 'finished' ? 0 : leftMsOf(snapshot),
      wait,
      phase,
      read: Math.max(read, before?.read ?? 0),
      movedMs,
      isStalled: !hasMoved && before.isStalled,
    });
    if (phase === 'restarting' && before?.phase !== 'restarting')
      this.#tell({ event: 'restarting', reason: 'crashed' }, [vault]);
    this.#tellOfWaits(vault, wait);
  }

  /** Looks every 10 s from now on: only time tells that nothing happens. Ends with `close`. */
  begin(): void {
    this.#timer = setInterval(() => this.look(), lookMs);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  look(): void {
    const nowMs = this.#nowMs();
    for (const [vault, watched] of this.#vaults) {
      if (watched.isStalled || watched.phase !== 'loading' || watched.wait !== undefined) continue;
      if (nowMs - watched.movedMs < stalledMs) continue;
      watched.isStalled = true;
      this.#tell({ event: 'stalled', reason: 'no_progress' }, [vault]);
    }
    this.#lookAtFinish(nowMs);
  }

  /** When the run will be at its end at its present pace; undefined while nobody can say. */
  finishes(): Date | undefined {
    const left = [...this.#vaults.values()].map(({ leftMs }) => leftMs);
    const longest = Math.max(...left.map((ms) => ms ?? Infinity));
    return Number.isFinite(longest) ? new Date(this.#clockMs() + longest) : undefined;
  }

  #lookAtFinish(nowMs: number): void {
    const { finishBy } = this.#options;
    if (finishBy === undefined || nowMs - (this.#loadingSinceMs ?? nowMs) < paceKnownMs) return;
    const finishes = this.finishes();
    if (finishes === undefined) return;
    const wasBehind = this.#isBehind;
    this.#isBehind = finishes > finishBy;
    if (this.#isBehind && !wasBehind)
      this.#tell({ event: 'behind', reason: 'pace' }, [...this.#vaults.keys()]);
  }

  #clockMs(): number {
    return (this.#options.now?.() ?? new Date()).getTime();
  }

  #tellOfWaits(vault: string, wait: Wait | undefined): void {
    if (wait !== undefined && this.#told === undefined) {
      this.#told = wait;
      this.#tell({ event: 'paused', reason: wait }, [vault]);
      return;
    }
    const over = this.#told;
    if (over === undefined || [...this.#vaults.values()].some((watched) => watched.wait !== undefined))
      return;
    this.#told = undefined;
    // Whoever has ended does not go on.
    const going = [...this.#vaults].filter(([, { phase }]) => phase !== 'finished').map(([name]) => name);
    if (going.length > 0) this.#tell({ event: 'resumed', reason: over }, going);
  }

  #tell(event: RunEvent, vaults: readonly string[]): void {
    this.#options.tell(event, vaults);
  }
}

function leftMsOf(snapshot: VaultState['snapshot']): number | undefined {
  const { rows_total: rows, records_per_second: perSecond, read } = snapshot ?? {};
  if (typeof rows !== 'number' || read === undefined || perSecond === undefined || perSecond <= 0)
    return undefined;
  return ((rows - read) / perSecond) * 1000;
}
