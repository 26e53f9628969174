import { availableParallelism } from 'node:os';
import { errorFacts } from '../../src/errors/supervise-error.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';
import type { StopSignal } from '../../src/report/exit-status.js';
import type { RunDirectory } from '../../src/run/run-directory.js';
import type { RateShare } from '../process/vault-process.js';
import { StartGate } from '../process/start-gate.js';
import type { StopSignals } from '../process/stop-signals.js';
import { Suspension } from '../process/suspension.js';
import type { RunView, VaultState } from '../view/run-view.js';
import type { RunLog } from './run-log.js';
import type { RunWatcher } from './run-watcher.js';
import { StatusFile } from './status-file.js';
import { VaultSupervision, type SuperviseVaultOptions } from './supervise-vault.js';

export interface SuperviseRunOptions {
  readonly jobs: readonly VaultJob[];
  /** Where `status.json` is kept; absent: nowhere. */
  readonly statusOf?: RunDirectory | undefined;
  readonly view: RunView;
  readonly log: RunLog;
  readonly heartbeatMs: number;
  readonly maxRestarts: number;
  /** How many vaults at the same time. */
  readonly maxParallelVaults: number;
  /** Rates that the running vaults share; absent: each has its own. */
  readonly sharedRates?: RateShare | undefined;
  readonly askForToken: SuperviseVaultOptions['askForToken'];
  /** What stops the run; the caller's, who has more to bring to its end than this. */
  readonly signals: StopSignals;
  readonly watchers?: readonly RunWatcher[] | undefined;
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
  const running = new Map<string, VaultSupervision>();
  const states = new Map<string, VaultState>(
    jobs.map(({ vault }) => [vault.name, { phase: 'waiting', restarts: 0 }]),
  );
  const outcomes: VaultOutcome[] = [];
  const killAll = (): void => {
    for (const vault of running.values()) vault.kill();
  };
  const shareRates = (): void => {
    if (options.sharedRates === undefined) return;
    const share = shareOf(options.sharedRates, running.size);
    for (const vault of running.values()) vault.setRates(share);
  };
  let overdue: NodeJS.Timeout | undefined;
  const stop = (): void => {
    log.logger.warn({ signal: signals.first }, 'stopping');
    view.notice('warn', `${signals.first ?? 'stop'}: finishing what is on its way; once more stops at once`);
    for (const vault of running.values()) vault.stop(drainMs);
    overdue = setTimeout(killAll, drainMs + drainGraceMs);
  };
  signals.stopping.addEventListener('abort', stop);
  signals.atOnce.addEventListener('abort', killAll);
  if (signals.stopping.aborted) stop();

  const suspension = new Suspension({ running: () => running.values(), leaveTerminal: () => view.suspend() });
  const { statusOf } = options;
  const status =
    statusOf &&
    new StatusFile({
      file: statusOf.statusFile,
      runId: statusOf.runId,
      read: () => new Map([...states].map(([name, state]) => [name, { state, pid: running.get(name)?.pid }])),
    });
  view.start(jobs.map(({ vault }) => vault.name));
  try {
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
        onState: (state) => {
          const entered = state.phase !== states.get(name)?.phase;
          states.set(name, state);
          if (entered) {
            log.logger.info({ vault: name, phase: state.phase, status: state.status }, 'phase');
            status?.write();
          }
          view.update(name, state);
          for (const watcher of options.watchers ?? []) watcher.update?.(name, state);
        },
        onInputs: (inputs) => {
          log.logger.info({ vault: name, ...inputs }, 'inputs');
          options.onInputs(name, inputs);
        },
        askForToken: options.askForToken,
        onCredentialAwaited: () => {
          for (const watcher of options.watchers ?? []) watcher.credentialWanted?.(name);
        },
        onNotice: (level, message) => {
          log.logger[level]({ vault: name }, message);
          view.notice(level, message, name);
        },
      });
      running.set(name, vault);
      shareRates();
      const outcome = await vault.outcome;
      running.delete(name);
      shareRates();
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
    signals.stopping.removeEventListener('abort', stop);
    signals.atOnce.removeEventListener('abort', killAll);
    view.finish();
    await status?.close();
  }
}

/** An equal share of a budget for each of so many vaults. */
function shareOf({ maxRequestsPerSecond, maxRecordsPerSecond }: RateShare, vaults: number): RateShare {
  return {
    ...(maxRequestsPerSecond === undefined ? {} : { maxRequestsPerSecond: maxRequestsPerSecond / vaults }),
    ...(maxRecordsPerSecond === undefined ? {} : { maxRecordsPerSecond: maxRecordsPerSecond / vaults }),
  };
}

function notStarted({ vault }: VaultJob): VaultOutcome {
  return { name: vault.name, id: vault.id, table: vault.table, status: 'not_started', restarts: 0 };
}
