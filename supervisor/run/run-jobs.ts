import { availableParallelism } from 'node:os';
import { productVersion } from '../../src/product/product.js';
import { exitStatus, runStatus } from '../../src/status/exit-status.js';
import { errorFacts, type ErrorFacts } from '../../src/errors/supervise-error.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';
import type { StopSignal } from '../../src/status/statuses.js';
import type { MachineState } from '../../src/store/machine-state.js';
import type { RunDirectory } from '../../src/run-record/run-directory.js';
import type { Settings } from '../../src/config/configuration.js';
import type { Rates } from '../../src/rates/rates.js';
import type { RunControl } from '../../src/control/run-control.js';
import { StartGate } from '../process/start-gate.js';
import { StopSignals } from '../process/stop-signals.js';
import { Suspension } from '../process/suspension.js';
import { SecretRenewal } from '../secrets/secret-renewal.js';
import type { RunView } from '../view/run-view.js';
import { JobsByVault, type DealtJob } from './jobs-by-vault.js';
import { RunFailure } from './run-failure.js';
import { noRunLog, type RunLog } from '../observers/run-log.js';
import { Fleet } from './fleet.js';
import { broadcast, type RunObserver } from '../observers/run-observer.js';
import { Steering, type PaceSettings, type SteeringOptions } from './steering.js';
import { VaultSupervision, type SuperviseVaultOptions } from './supervise-vault.js';
import type { VaultState } from './vault-state.js';
import type { SharedTables } from '../cluster/shared-tables.js';

export interface JobsRequest {
  /**
   * In the order in which they begin. Several for one vault are parts of it: people see them as one vault. Jobs that come
   * one by one are taken when there is a place for one, and no more when the run is to stop.
   */
  readonly jobs: readonly VaultJob[] | AsyncIterable<VaultJob>;
  /** Their commands give secrets anew that are refused. */
  readonly settings: Settings;
  /** What a job becomes before it begins. */
  readonly prepare?: ((job: VaultJob) => VaultJob) | undefined;
  /** The vaults that jobs are to come for; absent where all jobs are there. */
  readonly vaultNames?: readonly string[] | undefined;
  /** Which of several jobs for a vault may begin; absent: all of them. */
  readonly gate?: JobGate | undefined;
  /** Who observes the run knows that it has begun. */
  readonly isBegun?: boolean | undefined;
  /** Absent: what is done leaves no run behind. */
  readonly directory?: RunDirectory | undefined;
  readonly view: RunView;
  /** Absent: nothing is recorded. */
  readonly log?: RunLog | undefined;
  readonly heartbeatMs: number;
  readonly maxRestarts: number;
  /** How many jobs at the same time; absent: all of them. */
  readonly maxParallelJobs?: number | undefined;
  /** Rates that the running vaults share; absent: each has its own. */
  readonly sharedRates?: Rates | undefined;
  /** Configured rates and windows; absent: only those of the jobs count. */
  readonly pace?: PaceSettings | undefined;
  /** When the run may begin and is to stop. */
  readonly schedule?: Pick<SteeringOptions, 'notBefore' | 'stopAt'> | undefined;
  /** From where the run is steered beside signals. */
  readonly control?: RunControl | undefined;
  /** An order was followed. */
  readonly onOrder?: SteeringOptions['onOrder'] | undefined;
  /** Absent: nobody is asked. */
  readonly askForToken?: SuperviseVaultOptions['askForToken'] | undefined;
  /** What stops the run; given by who has more to bring to its end than this. */
  readonly signals?: StopSignals | undefined;
  readonly canAskForToken?: SuperviseVaultOptions['canAskForToken'] | undefined;
  /** Beside the view and the log. */
  readonly observers?: readonly RunObserver[] | undefined;
  readonly onInputs?:
    ((vaultName: string, inputs: Parameters<SuperviseVaultOptions['onInputs']>[0]) => void) | undefined;
}

export interface JobsEnd {
  /** One for each vault, in the order of their first jobs. */
  readonly outcomes: readonly VaultOutcome[];
  readonly interruptedBy: StopSignal | undefined;
  /** Who has worked on them, where several machines have. */
  readonly machines?: readonly MachineState[] | undefined;
  /** What is to be said of an order to pause that still holds. */
  readonly pause?: string | undefined;
}

/** How a command ended that makes no run, as its document begins: for `--json`. */
export function endFacts({ outcomes, interruptedBy }: Pick<JobsEnd, 'outcomes' | 'interruptedBy'>) {
  const exitCode = exitStatus(
    outcomes.map(({ status }) => ({ status, failed: 0 })),
    interruptedBy,
  );
  return {
    format_version: 1,
    program_version: productVersion,
    status: runStatus(exitCode),
    exit_code: exitCode,
  };
}

/** How long requests on their way may take after the first signal. */
const drainMs = 30_000;
/** A child that has not ended so long after it was to have drained is killed. */
const drainGraceMs = 5_000;

/**
 * What every command that works on vaults has in common: runs all jobs, each in its own child process, and resolves when
 * every child is reaped. The first signal asks every child for an orderly end, the second one kills them. The view has been
 * given back whatever happens. Rejects with a RunFailure: children may have sent something.
 */
export async function runJobs(request: JobsRequest): Promise<JobsEnd> {
  const { jobs, view, log = noRunLog(), maxParallelJobs = Infinity } = request;
  using own = request.signals === undefined ? new StopSignals() : undefined;
  const signals = request.signals ?? own ?? new StopSignals();
  const fleet = new Fleet(request.sharedRates);
  const observer = broadcast([log.observer, view, ...(request.observers ?? [])], (error) => {
    log.logger.warn({ error: errorFacts(error) }, 'an observer failed');
  });
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
    request.pace &&
    new Steering(fleet, {
      ...request.pace,
      ...request.schedule,
      runId: request.directory?.runId,
      control: request.control,
      onOrder: request.onOrder ?? (() => Promise.resolve()),
      onStop: () => signals.stop('SIGTERM'),
      onNotice: (level, text) => observer.notice(level, text),
    });
  const secrets = new SecretRenewal(request.settings, (message) => observer.notice('warn', message));
  const { gate } = request;
  const vaults = new JobsByVault(jobs, (name, state) => {
    observer.changed(name, state);
    if (gate?.changed(name, state) !== undefined) fleet.stop(drainMs, name);
  });
  // More children at once than there are cores would only keep each other from starting.
  const starts = new StartGate(availableParallelism());
  await using tables = new JobTables(request.settings);
  const runOne = async ({ job: alone, onState }: DealtJob): Promise<VaultOutcome> => {
    const { name } = alone.vault;
    let job: VaultJob;
    try {
      job = await tables.join(alone);
    } catch (error) {
      return { ...notStarted(alone), error: errorFacts(error) };
    }
    const onStarted = await starts.enter();
    if (signals.stopping.aborted) {
      onStarted();
      return notStarted(job);
    }
    const vault = new VaultSupervision({
      job,
      heartbeatMs: request.heartbeatMs,
      maxRestarts: request.maxRestarts,
      stopping: signals.stopping,
      onStarted,
      onState,
      onInputs: (inputs) => {
        log.logger.info({ vault: name, ...inputs }, 'inputs');
        request.onInputs?.(name, inputs);
      },
      askForToken: request.askForToken ?? (() => Promise.resolve(undefined)),
      canAskForToken: request.canAskForToken ?? (() => false),
      renewSecret: (key, generation) => secrets.ask(key, generation),
      logins: secrets.logins,
      onNotice: (level, message) => observer.notice(level, message, name),
    });
    fleet.join(vault);
    const outcome = await vault.outcome;
    fleet.leave(vault);
    log.logger.info(
      { vault: name, status: outcome.status, error: outcome.error, restarts: outcome.restarts },
      'ended',
    );
    return outcome;
  };
  const lane = async (): Promise<void> => {
    for (;;) {
      const dealt = await vaults.deal(signals.stopping);
      if (dealt === undefined) return;
      const prepared = request.prepare?.(dealt.job) ?? dealt.job;
      const job = gate === undefined ? prepared : await gate.admit(prepared, signals.stopping);
      if (job === undefined || signals.stopping.aborted) {
        dealt.onOutcome(notStarted(prepared));
        continue;
      }
      const outcome = await runOne({ ...dealt, job });
      gate?.ended(job, outcome);
      dealt.onOutcome(outcome);
    }
  };
  try {
    if (request.isBegun !== true)
      await observer.begun({ vaults: request.vaultNames ?? vaults.names, directory: request.directory });
    await steering?.begin();
    await Promise.all(Array.from({ length: Math.min(maxParallelJobs, vaults.most) }, lane));
    return { outcomes: vaults.outcomes, interruptedBy: signals.first, pause: steering?.pause };
  } catch (error) {
    log.logger.error({ error: errorFacts(error) }, 'the supervisor failed');
    killAll();
    throw new RunFailure(error);
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

/** Decides which of several jobs for one vault may begin, and when all of them are to end. */
export interface JobGate {
  /** Waits until the job may begin, and resolves with what it begins as; undefined: it is not to begin any more. */
  admit(job: VaultJob, signal: AbortSignal): Promise<VaultJob | undefined>;
  ended(job: VaultJob, outcome: VaultOutcome): void;
  /** Where all of the vault's jobs together stand; comes back with why none of them is to go on, once. */
  changed(vault: string, state: VaultState): ErrorFacts | undefined;
}

/** The tables of jobs as others use them too, where a store is configured that would know; else nobody is asked. */
class JobTables implements AsyncDisposable {
  readonly #settings: Pick<Settings, 'store'>;
  #tables: Promise<SharedTables> | undefined;

  constructor(settings: Pick<Settings, 'store'>) {
    this.#settings = settings;
  }

  /** The job as it is done beside others. Throws where another run of the store has its table, or nobody could tell. */
  async join(job: VaultJob): Promise<VaultJob> {
    const { url, url_file: file, url_command: command } = this.#settings.store;
    if (url === undefined && file === undefined && command === undefined) return job;
    this.#tables ??= open(this.#settings);
    return (await this.#tables).join(job);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const tables = await this.#tables?.catch(() => undefined);
    await tables?.[Symbol.asyncDispose]();
  }
}

/** The driver of the database is loaded by nobody else. */
async function open(settings: Pick<Settings, 'store'>): Promise<SharedTables> {
  const { SharedTables: Tables } = await import('../cluster/shared-tables.js');
  return Tables.open(settings);
}
