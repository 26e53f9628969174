import type { RunDirectory } from '../../src/run-record/run-directory.js';
import type { RunBegin, RunEnd, RunObserver } from '../run/run-observer.js';
import type { RunView } from '../view/run-view.js';
import type { VaultState } from '../run/vault-state.js';
import { eventEnvironment, type EventFacts } from './event-environment.js';
import { eventOfEnd } from './run-event.js';
import { RunWatch } from './run-watch.js';
import { runEventCommand } from './run-event-command.js';

const lookMs = 10_000;

/**
 * Runs the command of `--on-event` for what `RunWatch` sees while the run goes on, and at the command's end. One after
 * the other, in the order in which things happened. What goes wrong with it is a warning.
 */
export class EventObserver implements RunObserver {
  readonly #command: string;
  readonly #view: RunView;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #vaults = new Set<string>();
  readonly #watch: RunWatch;
  #timer: NodeJS.Timeout | undefined;
  #directory: RunDirectory | undefined;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly command: string;
    readonly view: RunView;
    readonly environment: NodeJS.ProcessEnv;
    readonly finishBy?: Date | undefined;
  }) {
    this.#watch = new RunWatch({
      nowMs: () => performance.now(),
      finishBy: options.finishBy,
      tell: (event, vaults) => void this.#tell({ event, vaults }),
    });
    this.#command = options.command;
    this.#view = options.view;
    this.#environment = options.environment;
  }

  begun({ directory }: RunBegin): void {
    this.#directory = directory;
    this.#timer = setInterval(() => this.#watch.look(), lookMs);
    this.#timer.unref();
  }

  changed(vault: string, state: VaultState): void {
    this.#vaults.add(vault);
    this.#watch.changed(vault, state);
  }

  settled(): void {
    clearInterval(this.#timer);
  }

  async ended(end: RunEnd): Promise<void> {
    const summary = 'summary' in end ? end.summary : undefined;
    await this.#tell({ event: eventOfEnd(end), vaults: [...this.#vaults], summary });
  }

  #tell(facts: Omit<EventFacts, 'runId' | 'runDirectory'>): Promise<void> {
    const directory = this.#directory;
    if (directory === undefined) return Promise.resolve();
    const where = { runId: directory.runId, runDirectory: directory.path };
    const environment = eventEnvironment({ ...facts, ...where }, this.#environment);
    this.#queue = this.#queue.then(async () => {
      const problem = await runEventCommand(this.#command, environment);
      if (problem === undefined) return;
      this.#view.notice('warn', `the command of --on-event (${facts.event.event}): ${problem}`);
    });
    return this.#queue;
  }
}
