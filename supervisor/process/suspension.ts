import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is suspended with the supervisor. */
export interface Suspendable {
  readonly pid: number | undefined;
  /** Begins nothing more; resolves when nothing is on its way. */
  hold(): Promise<void>;
  freeze(): void;
  goOn(): void;
}

export interface SuspensionOptions {
  /** Those that run at the moment of asking. */
  readonly running: () => Iterable<Suspendable>;
  /** Gives the terminal back, and takes it again by what it returns. */
  readonly leaveTerminal: () => () => void;
}

/** What requests on their way may take: a person who presses Ctrl-Z waits for it. */
const holdMs = 2_000;

/**
 * Ctrl-Z and `fg` (SIGTSTP and SIGCONT), from construction to `close`. Nothing more is sent, requests on their way may
 * finish for 2 s, then the children are stopped, and then this process. Children are in sessions of their own, so that
 * neither the terminal nor the system would wake them if this process were killed while it is stopped: a small process
 * watches over that. Whoever is stopped in another way (SIGSTOP, a machine that sleeps) goes on without all this.
 */
export class Suspension {
  readonly #options: SuspensionOptions;
  readonly #suspend = (): void => void this.#stopAll();
  #isUnderWay = false;

  constructor(options: SuspensionOptions) {
    this.#options = options;
    process.on('SIGTSTP', this.#suspend);
  }

  close(): void {
    process.off('SIGTSTP', this.#suspend);
  }

  async #stopAll(): Promise<void> {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    const takeTerminal = this.#options.leaveTerminal();
    const patience = new AbortController();
    await Promise.race([
      Promise.all([...this.#options.running()].map((each) => each.hold())),
      sleep(holdMs, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
    patience.abort();
    const held = [...this.#options.running()];
    for (const each of held) each.freeze();
    const guard = wakeWhenAlone(held.flatMap(({ pid }) => (pid === undefined ? [] : [pid])));
    const goOn = (): void => {
      guard.kill('SIGKILL');
      for (const each of held) each.goOn();
      this.#isUnderWay = false;
      takeTerminal();
    };
    process.once('SIGCONT', goOn);
    process.kill(process.pid, 'SIGSTOP');
  }
}

/** Lets stopped processes go on when this one is gone; they end by themselves then. */
function wakeWhenAlone(pids: readonly number[]) {
  const script = 'while kill -0 "$0" 2>/dev/null; do sleep 1; done; kill -CONT "$@"';
  const guard = spawn('/bin/sh', ['-c', script, String(process.pid), ...pids.map(String)], {
    detached: true,
    stdio: 'ignore',
    env: { PATH: process.env['PATH'] ?? '' },
  });
  guard.on('error', () => undefined);
  guard.unref();
  return guard;
}
