import type { RunDirectory } from '../../src/run/run-directory.js';
import type { RunEnd, RunWatcher } from '../run/run-watcher.js';
import type { RunView, VaultState } from '../view/run-view.js';
import { eventEnvironment, type EventFacts } from './event-environment.js';
import { eventOfEnd } from './run-event.js';
import { runEventCommand } from './run-event-command.js';

/**
 * Runs the command of `--on-event`: when a vault begins to wait for another credential (once for all that wait at the
 * same time), and at the command's end. One after the other, in the order in which things happened. What goes wrong
 * with it is a warning.
 */
export class EventWatcher implements RunWatcher {
  readonly #command: string;
  readonly #view: RunView;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #uploaded = new Map<string, number>();
  /** Vaults that wait, with what they had uploaded by then: more means that they go on. */
  readonly #waiting = new Map<string, number>();
  #directory: RunDirectory | undefined;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: { readonly command: string; readonly view: RunView; environment: NodeJS.ProcessEnv }) {
    this.#command = options.command;
    this.#view = options.view;
    this.#environment = options.environment;
  }

  begun(directory: RunDirectory): void {
    this.#directory = directory;
  }

  update(vault: string, { snapshot, phase }: VaultState): void {
    const uploaded = snapshot?.uploaded ?? 0;
    this.#uploaded.set(vault, uploaded);
    if (phase === 'finished' || uploaded > (this.#waiting.get(vault) ?? Infinity))
      this.#waiting.delete(vault);
  }

  credentialWanted(vault: string): void {
    const isFirst = this.#waiting.size === 0;
    this.#waiting.set(vault, this.#uploaded.get(vault) ?? 0);
    if (isFirst) void this.#tell({ event: { event: 'paused', reason: 'credential' }, vaults: [vault] });
  }

  async ended(end: RunEnd): Promise<void> {
    const summary = 'summary' in end ? end.summary : undefined;
    await this.#tell({ event: eventOfEnd(end), vaults: [...this.#uploaded.keys()], summary });
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
