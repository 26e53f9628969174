import { childEnvironment } from '../process/child-environment.js';
import type { RunBegin, RunObserver } from '../observers/run-observer.js';
import type { VaultState } from '../run/vault-state.js';
import type { RunView } from '../view/run-view.js';
import type { HeartbeatWish } from '../command-line/attendance-options.js';
import { beatUrl } from './beat-url.js';
import { runEventCommand } from './run-event-command.js';
import { RunWatch } from './run-watch.js';

const intervalMs = 60_000;

/**
 * Beats once a minute as long as the run goes on, by the command of `--heartbeat-command` or at the URL of `--heartbeat-url`, for a service that calls somebody when
 * it hears nothing: not while a vault stands still, waits for somebody or is paused. What goes wrong with it is a warning, once.
 */
export class Heartbeat implements RunObserver {
  readonly #to: HeartbeatWish;
  readonly #view: RunView;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #intervalMs: number;
  /** What keeps it silent. */
  readonly #silentFor = new Set<string>();
  readonly #watch: RunWatch;
  #timer: NodeJS.Timeout | undefined;
  #run = '';
  #hasWarned = false;
  #beating: Promise<void> | undefined;

  constructor(options: {
    readonly to: HeartbeatWish;
    readonly view: RunView;
    readonly environment: NodeJS.ProcessEnv;
    readonly intervalMs?: number;
    readonly nowMs?: () => number;
  }) {
    this.#to = options.to;
    this.#view = options.view;
    this.#environment = options.environment;
    this.#intervalMs = options.intervalMs ?? intervalMs;
    this.#watch = new RunWatch({
      nowMs: options.nowMs,
      tell: ({ event, reason }) => {
        if (event === 'paused' || event === 'stalled') this.#silentFor.add(event);
        if (event === 'resumed') this.#silentFor.delete(reason === 'stalled' ? 'stalled' : 'paused');
      },
    });
  }

  begun({ directory }: RunBegin): void {
    this.#run = directory?.runId ?? '';
    this.beat();
    this.#timer = setInterval(() => this.beat(), this.#intervalMs);
    this.#timer.unref();
  }

  changed(vault: string, state: VaultState): void {
    this.#watch.changed(vault, state);
  }

  async settled(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
  }

  /** One beat, unless there is a reason for silence or the one before still runs. */
  beat(): void {
    this.#watch.look();
    if (this.#silentFor.size > 0 || this.#beating !== undefined) return;
    this.#beating = this.#send().then((problem) => {
      this.#beating = undefined;
      if (problem === undefined || this.#hasWarned) return;
      this.#hasWarned = true;
      this.#view.notice(
        'warn',
        `${'url' in this.#to ? '--heartbeat-url' : 'the command of --heartbeat-command'}: ${problem}`,
      );
    });
  }

  #send(): Promise<string | undefined> {
    if ('url' in this.#to) return beatUrl(this.#to.url, this.#run);
    return runEventCommand(this.#to.command, {
      ...childEnvironment(this.#environment),
      SUPERVISE_EVENT: 'heartbeat',
      SUPERVISE_RUN_ID: this.#run,
    });
  }
}
