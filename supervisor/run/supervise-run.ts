import { availableParallelism } from 'node:os';
import { errorFacts } from '../../src/errors/supervise-error.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';
import type { StopSignal } from '../../src/report/exit-status.js';
import type { RunDirectory } from '../../src/run/run-directory.js';
import type { Rates } from '../../src/config/rates.js';
import type { RunControl } from '../../src/control/run-control.js';
import { StartGate } from '../process/start-gate.js';
import type { StopSignals } from '../process/stop-signals.js';
import { Suspension } from '../process/suspension.js';
import type { RunView } from '../view/run-view.js';
import type { RunLog } from './run-log.js';
import { Fleet } from './fleet.js';
import { broadcast, type RunObserver } from './run-observer.js';
import { Steering, type PaceSettings, type SteeringOptions } from './steering.js';
import { VaultSupervision, type SuperviseVaultOptions } from './supervise-vault.js';

export interface SuperviseRunOptions {
  readonly jobs: readonly VaultJob[];
  /** Absent: what is done leaves no run behind. */
  readonly directory?: RunDirectory | undefined;
  readonly view: RunView;
  readonly log: RunLog;
  readonly heartbeatMs: number;
  readonly maxRestarts: number;
  /** How many vaults at the same time. */
  readonly maxParallelVaults: number;
  /** Rates that the running vaults share; absent: each has its own. */
  readonly sharedRates?: Rates | undefined;
  /** Configured rates and windows; absent: only those of the jobs count. */
  readonly pace?: PaceSettings | undefined;
  /** From where the run is steered beside signals. */
  readonly control?: RunControl | undefined;
  /** An order was followed. */
  readonly onOrder?: SteeringOptions['onOrder'] | undefined;
  readonly askForToken: SuperviseVaultOptions['askForToken'];
  /** What stops the run; the caller's, who has more to bring to its end than this. */
  readonly signals: StopSignals;
  readonly canAskForToken?: SuperviseVaultOptions['canAskForToken'] | undefined;
  /** Beside the view and the log. */
  readonly observers?: readonly RunObserver[] | undefined;
  readonly onInputs: (vaultName: string, inputs: Parameters<SuperviseVaultOptions['onInputs']>[0]) => void;
}

export interface SupervisedRun {
  /** In the order of the jobs. */
  readonly outcomes: readonly VaultOutcome[];
  readonly interruptedBy: StopSignal | undefined;
}

/** How long requests on their way may take after the first signal. */
const drainMs = 30_000;
/** A child that has not ended so long after it was to have drained is killed. */
const drainGraceMs = 5_000;

/**
 * Runs all jobs, each in its own child process, and resolves when every child is reaped. The first signal asks every
 * child for an orderly end, the second one kills them. The view has been given back whatever happens.
 */
export async function superviseRun(options: SuperviseRunOptions): Promise<SupervisedRun> {
  const { jobs, view, log, signals } = options;
  const fleet = new Fleet(options.sharedRates);
  const observer = broadcast([log.observer, view, ...(options.observers ?? [])], (error) => {
    log.logger.warn({ error: errorFacts(error) }, 'an observer failed');
  });
  const outcomes: VaultOutcome[] = [];
  const killAll = (): void => fleet.kill();
  let overdue: NodeJS.Timeout | undefined;
  const stop = (): void => {
    observer.notice(
      'warn',
      `${signals.first ?? 'stop'}: finishing what is on its way; once more stops at once`,
    );
    fleet.stop(drainMs);
    overdue = setTimeout(killAll, drainMs + drainGraceMs);
  };
  signals.stopping.addEventListener('abort', stop);
  signals.atOnce.addEventListener('abort', killAll);
  if (signals.stopping.aborted) stop();

  const suspension = new Suspension({ running: () => fleet, leaveTerminal: () => view.suspend() });
  const steering =
    options.pace &&
    new Steering(fleet, {
      ...options.pace,
      control: options.control,
      onOrder: options.onOrder ?? (() => Promise.resolve()),
      onStop: () => signals.stop('SIGTERM'),
      onNotice: (level, text) => observer.notice(level, text),
    });
  try {
    await observer.begun({ vaults: jobs.map(({ vault }) => vault.name), directory: options.directory });
    await steering?.begin();
    const queue = [...jobs.entries()];
    const lane = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [at, job] = next;
        outcomes[at] = signals.stopping.aborted ? notStarted(job) : await superviseOne(job);
      }
    };
    // More children at once than there are cores would only keep each other from starting.
    const starts = new StartGate(availableParallelism());
    const superviseOne = async (job: VaultJob): Promise<VaultOutcome> => {
      const { name } = job.vault;
      const onStarted = await starts.enter();
      if (signals.stopping.aborted) {
        onStarted();
        return notStarted(job);
      }
      const vault = new VaultSupervision({
        job,
        heartbeatMs: options.heartbeatMs,
        maxRestarts: options.maxRestarts,
        stopping: signals.stopping,
        onStarted,
        onState: (state) => observer.changed(name, state),
        onInputs: (inputs) => {
          log.logger.info({ vault: name, ...inputs }, 'inputs');
          options.onInputs(name, inputs);
        },
        askForToken: options.askForToken,
        canAskForToken: options.canAskForToken ?? (() => false),
        onNotice: (level, message) => observer.notice(level, message, name),
      });
      fleet.join(name, vault);
      const outcome = await vault.outcome;
      fleet.leave(name);
      log.logger.info(
        { vault: name, status: outcome.status, error: outcome.error, restarts: outcome.restarts },
        'ended',
      );
      return outcome;
    };
    await Promise.all(Array.from({ length: Math.min(options.maxParallelVaults, jobs.length) }, lane));
    return { outcomes, interruptedBy: signals.first };
  } catch (error) {
    log.logger.error({ error: errorFacts(error) }, 'the supervisor failed');
    killAll();
    throw error;
  } finally {
    clearTimeout(overdue);
    suspension.close();
    await steering?.end();
    signals.stopping.removeEventListener('abort', stop);
    signals.atOnce.removeEventListener('abort', killAll);
    await observer.settled();
  }
}

function notStarted({ vault }: VaultJob): VaultOutcome {
  return { name: vault.name, id: vault.id, table: vault.table, status: 'not_started', restarts: 0 };
}
