import type { RunDirectory } from '../../src/run-record/run-directory.js';
import type { RunBegin, RunEnd, RunObserver } from '../observers/run-observer.js';
import type { RunView } from '../view/run-view.js';
import type { VaultState } from '../run/vault-state.js';
import { type RunEvent, eventOfEnd } from './run-event.js';
import { RunWatch } from './run-watch.js';
import { runEventCommand } from './run-event-command.js';
import type { RunSummary } from '../../src/report/summary-format.js';
import { childEnvironment } from '../process/child-environment.js';

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
  #directory: RunDirectory | undefined;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly command: string;
    readonly view: RunView;
    readonly environment: NodeJS.ProcessEnv;
    readonly finishBy?: Date | undefined;
  }) {
    this.#watch = new RunWatch({
      finishBy: options.finishBy,
      tell: (event, vaults) => void this.#tell({ event, vaults }),
    });
    this.#command = options.command;
    this.#view = options.view;
    this.#environment = options.environment;
  }

  begun({ directory }: RunBegin): void {
    this.#directory = directory;
    this.#watch.begin();
  }

  changed(vault: string, state: VaultState): void {
    this.#vaults.add(vault);
    this.#watch.changed(vault, state);
  }

  settled(): void {
    this.#watch.close();
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

/** What is known of a run when an event happens. Names and counts: no values, no secrets, no text from outside. */
interface EventFacts {
  readonly event: RunEvent;
  readonly runId: string;
  readonly runDirectory: string;
  /** While the run goes on: the vault that waits. */
  readonly vaults: readonly string[];
  /** At the end of the command. */
  readonly summary?: RunSummary | undefined;
}

/** The whole environment of an event's command. */
function eventEnvironment(facts: EventFacts, own: NodeJS.ProcessEnv): Record<string, string> {
  const { event, runId, runDirectory, vaults, summary } = facts;
  const told: Record<string, string | number> = {
    SUPERVISE_EVENT: event.event,
    SUPERVISE_REASON: event.reason,
    SUPERVISE_RUN_ID: runId,
    SUPERVISE_RUN_DIRECTORY: runDirectory,
    SUPERVISE_VAULTS: vaults.join(','),
  };
  if (summary !== undefined) {
    const { totals } = summary;
    Object.assign(told, {
      SUPERVISE_STATUS: summary.status,
      SUPERVISE_EXIT_CODE: summary.exit_code,
      SUPERVISE_READ: totals.read,
      SUPERVISE_UPLOADED: totals.uploaded,
      SUPERVISE_FAILED: totals.failed,
      SUPERVISE_SKIPPED: totals.skipped,
      SUPERVISE_UNSETTLED: totals.unsettled,
    });
  }
  const texts = Object.entries(told).map(([name, value]) => [name, String(value)] as const);
  return { ...childEnvironment(own), ...Object.fromEntries(texts) };
}
