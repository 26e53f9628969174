import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { errorFacts, type ErrorFacts } from '../../src/errors/supervise-error.js';
import type { FromChild, VaultJob, VaultStatus } from '../../src/protocol/messages.js';
import { retry } from '../../src/back-off/retry.js';
import { formatCount, formatDuration } from '../../src/report/format-numbers.js';
import type { Findings } from '../../src/protocol/task.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';
import type { LoginGate } from '../secrets/login-gate.js';
import type { SecretRenewal } from '../secrets/secret-renewal.js';
import { VaultStanding } from './vault-standing.js';
import type { VaultState } from './vault-state.js';
import { withEvidence } from './earlier-figures.js';
import type { Rates } from '../../src/rates/rates.js';
import { VaultProcess, type ProcessEnd } from '../process/vault-process.js';
import { describeDeath, isMeantEnd, isWorthRestarting, stoppedAtOnce } from './process-death.js';

export interface SuperviseVaultOptions {
  readonly job: VaultJob;
  readonly heartbeatMs: number;
  readonly maxRestarts: number;
  /** Aborted when the run is to stop: no process is started any more. */
  readonly stopping: AbortSignal;
  /** The first process has loaded its program, or is gone already; may be called more than once. */
  readonly onStarted: () => void;
  readonly onState: (state: VaultState) => void;
  readonly onInputs: (inputs: Extract<FromChild, { type: 'inputs' }>) => void;
  /** Asks a person for another bearer token; undefined where nobody can be asked. */
  readonly askForToken: (vaultName: string, message: string) => Promise<string | undefined>;
  /** Gives a secret anew that a child's job held, or that it was given so many times, and that is refused. */
  readonly renewSecret: SecretRenewal['ask'];
  /** Lets one vault of the run log in to the source first. */
  readonly logins: LoginGate;
  /** Whether there is somebody to be asked. */
  readonly canAskForToken: () => boolean;
  readonly onNotice: (level: 'info' | 'warn', message: string) => void;
}

const restartBackOff = { firstDelayMs: 1_000, maxDelayMs: 30_000 };
const checkingDrainMs = 5_000;

/**
 * One vault from its first process to its outcome. A process that dies is started again from the journal, with
 * back-off, so many times in a row; progress resets the count. It never rejects, and the other vaults never notice.
 */
export class VaultSupervision {
  readonly outcome: Promise<VaultOutcome>;
  readonly #options: SuperviseVaultOptions;
  readonly #standing: VaultStanding;
  #process: VaultProcess | undefined;
  #uploadedBefore: number | undefined;
  #rates: Rates | undefined;
  /** Entered while the run lasts, instead of the job's. */
  #token: string | undefined;
  #isPaused = false;
  readonly #ownStop = new AbortController();
  /** The run is to stop, or this vault alone. */
  readonly #stopping: AbortSignal;

  constructor(options: SuperviseVaultOptions) {
    this.#options = options;
    this.#stopping = AbortSignal.any([options.stopping, this.#ownStop.signal]);
    this.#standing = new VaultStanding(options.job.task?.kind, options.onState);
    this.outcome = this.#run();
  }

  get name(): string {
    return this.#options.job.vault.name;
  }

  /** What its job says, as if it were alone. */
  get ownRates(): Rates {
    return this.#options.job.delivery.rates;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Asks for an orderly end. A process that has not begun to send has little to bring to its end: it is ended soon. */
  stop(drainMs: number): void {
    const process = this.#process;
    this.#ownStop.abort();
    process?.stop(drainMs);
    this.#standing.waitFor(drainMs, 'ending what is still on its way');
    if (process === undefined || this.#standing.phase !== 'checking') return;
    const overdue = setTimeout(() => process.kill(), checkingDrainMs);
    void process.ended.then(() => clearTimeout(overdue));
  }

  /** Resolves when nothing is on its way to the vault, until `goOn`. */
  async hold(): Promise<void> {
    await this.#process?.hold();
  }

  /** The process is stopped as it is, by the system. */
  freeze(): void {
    this.#process?.signal('SIGSTOP');
  }

  goOn(): void {
    this.#process?.signal('SIGCONT');
    if (!this.#isPaused) this.#process?.release();
  }

  /** As `hold`, for the process that runs and for those that are started later, until `unpause`. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    this.#standing.pause(true);
    await this.hold();
  }

  unpause(): void {
    this.#isPaused = false;
    this.#standing.pause(false);
    this.#process?.release();
  }

  /** For the process that runs and for those that are started later. */
  setRates(rates: Rates): void {
    if (isDeepStrictEqual(rates, this.#rates ?? this.ownRates)) return;
    this.#rates = rates;
    this.#process?.setRates(rates);
  }

  kill(): void {
    this.#process?.kill(stoppedAtOnce(this.#options.job));
  }

  async #run(): Promise<VaultOutcome> {
    const startedMs = performance.now();
    const { job, maxRestarts } = this.#options;
    const stopping = this.#stopping;
    let readBefore: number | undefined;
    let death = '';
    try {
      const end = await retry(() => this.#runOnce(), {
        ...restartBackOff,
        attempts: maxRestarts + 1,
        answered: (last) => {
          if (isMeantEnd(last, stopping) || stopping.aborted || !isWorthRestarting(last)) return undefined;
          // Wherever a person reads it, the vault's name stands in front of it already.
          death = describeDeath(job, last).message.replace(`vault ${this.name}: `, '');
          const read = this.#standing.snapshot?.read ?? 0;
          const isAfresh = readBefore !== undefined && read > readBefore;
          readBefore = read;
          return { isAfresh };
        },
        wait: (delayMs, failures) => this.#waitToRestart(death, delayMs, failures),
      });
      if (isMeantEnd(end, stopping)) {
        const { status, error, errorLog, snapshot, findings } = end.result;
        this.#standing.report(snapshot);
        return this.#end(startedMs, { status, error, errorLog, findings });
      }
      const reason = describeDeath(job, end);
      if (!stopping.aborted) return this.#end(startedMs, { status: 'incomplete', error: errorFacts(reason) });
      this.#options.onNotice('warn', reason.message);
    } catch (error) {
      if (!stopping.aborted) throw error;
    }
    return this.#end(startedMs, { status: 'interrupted', error: undefined });
  }

  async #runOnce(): Promise<ProcessEnd> {
    this.#process = this.#start();
    if (this.#isPaused) void this.#process.hold();
    const end = await this.#process.ended;
    this.#options.logins.left(this.#process);
    this.#process = undefined;
    this.#options.onStarted();
    return end;
  }

  /** Rejects when the run is to stop. */
  async #waitToRestart(death: string, delayMs: number, restartsInRow: number): Promise<void> {
    const { onNotice, maxRestarts } = this.#options;
    onNotice('warn', `${death}; starting again in ${delayMs / 1000} s (${restartsInRow} of ${maxRestarts})`);
    this.#standing.died(death);
    this.#standing.waitFor(delayMs, 'starting again');
    await sleep(delayMs, undefined, { signal: this.#stopping });
  }

  #start(): VaultProcess {
    const { heartbeatMs, onInputs, onNotice, logins } = this.#options;
    // What a process before said stands in the journal is there, or somebody has changed it.
    const { snapshot } = this.#standing;
    const known = { snapshot, hasBegun: (snapshot?.read ?? 0) > 0 };
    const job = withEvidence(withRates(withToken(this.#options.job, this.#token), this.#rates), known);
    const process = new VaultProcess({
      job,
      heartbeatMs,
      onMessage: (message) => {
        this.#options.onStarted(); // Whatever it is: one started ahead may have said hello to nobody.
        switch (message.type) {
          case 'hello':
            return;
          case 'phase':
            this.#standing.enter(message.phase);
            return;
          case 'inputs':
            this.#uploadedBefore ??= message.uploadedBefore;
            onInputs(message);
            return;
          case 'progress':
            this.#standing.report(message.snapshot);
            return;
          case 'unauthorized':
            void this.#answerUnauthorized(message.message);
            return;
          case 'secret_refused':
            void this.#renewSecret(message);
            return;
          case 'login_wanted':
            void logins.ask(process).then((leave) => process.answerLogin(leave));
            return;
          case 'login_ended':
            logins.ended(process, message);
            return;
          case 'credential_awaited':
            onNotice(
              'warn',
              `the vault refuses the credential: waiting ${formatDuration(message.waitMs)} for another one in its file`,
            );
            this.#standing.awaitCredential(true);
            return;
          case 'credential_settled':
            this.#standing.awaitCredential(false);
            return;
          case 'waiting': {
            const { waitMs, rows } = message;
            this.#standing.waitFor(waitMs, `asking the vault about ${formatCount(rows)} rows`);
            return;
          }
          case 'notice':
            onNotice(message.level, message.message);
            return;
          default:
            message satisfies never;
        }
      },
    });
    this.#standing.enter('checking', { pid: process.pid ?? null });
    return process;
  }

  async #answerUnauthorized(message: string): Promise<void> {
    const process = this.#process;
    if (this.#options.canAskForToken()) this.#standing.awaitCredential(true);
    const token = await this.#options.askForToken(this.#options.job.vault.name, message);
    process?.answerToken(token);
    // A restart must not begin with the token that has expired.
    if (token !== undefined) this.#token = token;
  }

  async #renewSecret({ key, generation }: Extract<FromChild, { type: 'secret_refused' }>): Promise<void> {
    const process = this.#process;
    process?.answerSecret(key, await this.#options.renewSecret(key, generation));
  }

  #end(
    startedMs: number,
    {
      status,
      error,
      errorLog,
      findings,
    }: {
      status: VaultStatus;
      error: ErrorFacts | undefined;
      errorLog?: string | undefined;
      findings?: Findings | undefined;
    },
  ): VaultOutcome {
    const { vault } = this.#options.job;
    this.#standing.enter('finished', { status, message: error?.message, pid: null });
    return {
      name: vault.name,
      id: vault.id,
      table: vault.table,
      status,
      snapshot: this.#standing.snapshot,
      error,
      restarts: this.#standing.restarts,
      durationMs: performance.now() - startedMs,
      uploadedBefore: this.#uploadedBefore,
      errorLog,
      findings,
    };
  }
}

function withToken(job: VaultJob, token: string | undefined): VaultJob {
  if (token === undefined) return job;
  return { ...job, connection: { ...job.connection, credential: { kind: 'token', token } } };
}

function withRates(job: VaultJob, rates: Rates | undefined): VaultJob {
  return rates === undefined ? job : { ...job, delivery: { ...job.delivery, rates } };
}
