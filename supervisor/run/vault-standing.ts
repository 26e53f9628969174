import { after, type VaultSnapshot } from '../../src/figures/snapshot.js';
import type { VaultState } from './vault-state.js';

/** Where a vault stands over all its processes; every change is told, as a whole. */
export class VaultStanding {
  readonly #tell: (state: VaultState) => void;
  #state: VaultState;
  /** Of the processes before the present one. */
  #before: VaultSnapshot | undefined;
  #isCredentialAwaited = false;
  #isPaused = false;

  constructor(task: VaultState['task'], tell: (state: VaultState) => void) {
    this.#tell = tell;
    this.#state = { task, phase: 'waiting', restarts: 0 };
  }

  get phase(): VaultState['phase'] {
    return this.#state.phase;
  }

  get snapshot(): VaultSnapshot | undefined {
    return this.#state.snapshot;
  }

  get restarts(): number {
    return this.#state.restarts;
  }

  /** What was the matter before is over. */
  enter(phase: VaultState['phase'], more: Pick<VaultState, 'message' | 'status' | 'pid'> = {}): void {
    if (phase === 'finished' || phase === 'restarting') this.#isCredentialAwaited = false;
    const { pid = this.#state.pid ?? null, message, status } = more;
    this.#set({ phase, pid, message, status });
  }

  /** The present process says where it is. */
  report(now: VaultSnapshot): void {
    this.#set({ snapshot: this.#before === undefined ? now : after(this.#before, now), message: undefined });
  }

  /** The present process has ended so, and another one is to be started. */
  died(death: string): void {
    this.#before = this.#state.snapshot;
    this.#set({ restarts: this.#state.restarts + 1, lastDeath: death });
    this.enter('restarting', { message: death, pid: null });
  }

  /** For people: what comes next, and when. */
  waitFor(waitMs: number, then: string): void {
    this.#set({ wait: { untilMs: performance.now() + waitMs, then } });
  }

  awaitCredential(isAwaited: boolean): void {
    this.#isCredentialAwaited = isAwaited;
    this.#set({ message: undefined });
  }

  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#set({});
  }

  #set(change: Partial<VaultState>): void {
    const state = { ...this.#state, ...change };
    const isOver = state.phase === 'finished';
    const waitsFor = this.#isCredentialAwaited ? 'credential' : this.#isPaused && !isOver ? 'go' : undefined;
    this.#state = { ...state, waitsFor };
    this.#tell(this.#state);
  }
}
