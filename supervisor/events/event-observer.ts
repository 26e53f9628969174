import type { RunDirectory } from '../../src/run/run-directory.js';
import type { RunBegin, RunEnd, RunObserver } from '../run/run-observer.js';
import type { RunView, VaultState } from '../view/run-view.js';
import { eventEnvironment, type EventFacts } from './event-environment.js';
import { eventOfEnd } from './run-event.js';
import { runEventCommand } from './run-event-command.js';

/**
 * Runs the command of `--on-event`: when a vault begins to wait for another credential (once for all that wait at the
 * same time), and at the command's end. One after the other, in the order in which things happened. What goes wrong
 * with it is a warning.
 */
export class EventObserver implements RunObserver {
  readonly #command: string;
  readonly #view: RunView;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #vaults = new Set<string>();
  readonly #waiting = new Set<string>();
  #directory: RunDirectory | undefined;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: { readonly command: string; readonly view: RunView; environment: NodeJS.ProcessEnv }) {
    this.#command = options.command;
    this.#view = options.view;
    this.#environment = options.environment;
  }

  begun({ directory }: RunBegin): void {
    this.#directory = directory;
  }

  changed(vault: string, { waitsFor }: VaultState): void {
    this.#vaults.add(vault);
    if (waitsFor !== 'credential') {
      this.#waiting.delete(vault);
      return;
    }
    const isFirst = this.#waiting.size === 0;
    this.#waiting.add(vault);
    if (isFirst) void this.#tell({ event: { event: 'paused', reason: 'credential' }, vaults: [vault] });
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
