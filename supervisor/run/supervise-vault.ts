import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { errorFacts, type ErrorFacts } from '../../src/errors/supervise-error.js';
import type { FromChild, VaultJob, VaultStatus } from '../../src/protocol/messages.js';
import { after, type VaultSnapshot } from '../../src/figures/snapshot.js';
import { formatCount, formatDuration } from '../../src/report/format-numbers.js';
import type { Findings } from '../../src/protocol/task.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';
import type { VaultState } from './vault-state.js';
import { withEvidence } from './earlier-figures.js';
import type { Rates } from '../../src/config/rates.js';
import { VaultProcess } from '../process/vault-process.js';
import { describeDeath, isWorthRestarting } from './process-death.js';

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
  /** Whether there is somebody to be asked. */
  readonly canAskForToken: () => boolean;
  readonly onNotice: (level: 'info' | 'warn', message: string) => void;
}

const firstBackOffMs = 1_000;
const maxBackOffMs = 30_000;
const checkingDrainMs = 5_000;

/**
 * One vault from its first process to its outcome. A process that dies is started again from the journal, with
 * back-off, so many times in a row; progress resets the count. It never rejects, and the other vaults never notice.
 */
export class VaultSupervision {
  readonly outcome: Promise<VaultOutcome>;
  readonly #options: SuperviseVaultOptions;
  #process: VaultProcess | undefined;
  #state: VaultState = { phase: 'waiting', restarts: 0 };
  #snapshot: VaultSnapshot | undefined;
  /** Of the processes before the present one. */
  #before: VaultSnapshot | undefined;
  #uploadedBefore: number | undefined;
  #restarts = 0;
  #rates: Rates | undefined;
  /** Entered while the run lasts, instead of the job's. */
  #token: string | undefined;
  #isCredentialAwaited = false;
  #isPaused = false;
  #wait: VaultState['wait'];
  #lastDeath: string | undefined;

  constructor(options: SuperviseVaultOptions) {
    this.#options = options;
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
    process?.stop(drainMs);
    this.#waitFor(drainMs, 'ending what is still on its way');
    if (process === undefined || this.#state.phase !== 'checking') return;
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
    this.#showAgain();
    await this.hold();
  }

  unpause(): void {
    this.#isPaused = false;
    this.#showAgain();
    this.#process?.release();
  }

  /** For the process that runs and for those that are started later. */
  setRates(rates: Rates): void {
    if (isDeepStrictEqual(rates, this.#rates ?? this.ownRates)) return;
    this.#rates = rates;
    this.#process?.setRates(rates);
  }

  kill(): void {
    this.#process?.kill();
  }

  async #run(): Promise<VaultOutcome> {
    const startedMs = performance.now();
    let restartsInRow = 0;
    let readAtStart = -1;
    for (;;) {
      this.#process = this.#start();
      if (this.#isPaused) void this.#process.hold();
      const end = await this.#process.ended;
      this.#process = undefined;
      this.#options.onStarted();
      const { stopping, maxRestarts } = this.#options;
      const isStopping = (): boolean => stopping.aborted;
      if (end.kind === 'result' && (isStopping() || end.result.status !== 'interrupted')) {
        const { status, error, errorLog, snapshot, findings } = end.result;
        this.#snapshot = this.#merge(snapshot);
        return this.#end(startedMs, { status, error, errorLog, findings });
      }
      const death = describeDeath(this.#options.job, end);
      // Wherever a person reads it, the vault's name stands in front of it already.
      const deathOfOne = death.message.replace(`vault ${this.#options.job.vault.name}: `, '');
      if (isStopping()) {
        this.#options.onNotice('warn', death.message);
        return this.#end(startedMs, { status: 'interrupted', error: undefined });
      }
      const read = this.#snapshot?.read ?? 0;
      restartsInRow = read > readAtStart && readAtStart >= 0 ? 0 : restartsInRow;
      readAtStart = read;
      if (restartsInRow >= maxRestarts || !isWorthRestarting(end)) {
        return this.#end(startedMs, { status: 'incomplete', error: errorFacts(death) });
      }
      restartsInRow += 1;
      this.#restarts += 1;
      this.#before = this.#snapshot;
      const delayMs = Math.min(maxBackOffMs, firstBackOffMs * 2 ** (restartsInRow - 1));
      this.#options.onNotice(
        'warn',
        `${deathOfOne}; starting again in ${delayMs / 1000} s (${restartsInRow} of ${maxRestarts})`,
      );
      this.#lastDeath = deathOfOne;
      this.#set({ phase: 'restarting', message: deathOfOne });
      this.#waitFor(delayMs, 'starting again');
      await sleep(delayMs, undefined, { signal: stopping }).catch(() => undefined);
      if (isStopping()) return this.#end(startedMs, { status: 'interrupted', error: undefined });
    }
  }

  #start(): VaultProcess {
    const { heartbeatMs, onInputs, onNotice } = this.#options;
    // What a process before said stands in the journal is there, or somebody has changed it.
    const known = { snapshot: this.#snapshot, hasBegun: (this.#snapshot?.read ?? 0) > 0 };
    const job = withEvidence(withRates(withToken(this.#options.job, this.#token), this.#rates), known);
    this.#set({ phase: 'checking' });
    return new VaultProcess({
      job,
      heartbeatMs,
      onMessage: (message) => {
        switch (message.type) {
          case 'hello':
            this.#options.onStarted();
            return;
          case 'phase':
            this.#set({ phase: message.phase });
            return;
          case 'inputs':
            this.#uploadedBefore ??= message.uploadedBefore;
            onInputs(message);
            return;
          case 'progress':
            this.#snapshot = this.#merge(message.snapshot);
            this.#set({ phase: this.#state.phase });
            return;
          case 'unauthorized':
            void this.#answerUnauthorized(message.message);
            return;
          case 'credential_awaited':
            onNotice(
              'warn',
              `the vault refuses the credential: waiting ${formatDuration(message.waitMs)} for another one in its file`,
            );
            this.#awaitCredential(true);
            return;
          case 'credential_settled':
            this.#awaitCredential(false);
            return;
          case 'waiting': {
            const { waitMs, rows } = message;
            this.#waitFor(waitMs, `asking the vault about ${formatCount(rows)} rows`);
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
  }

  async #answerUnauthorized(message: string): Promise<void> {
    const process = this.#process;
    if (this.#options.canAskForToken()) this.#awaitCredential(true);
    const token = await this.#options.askForToken(this.#options.job.vault.name, message);
    process?.answerToken(token);
    // A restart must not begin with the token that has expired.
    if (token !== undefined) this.#token = token;
  }

  /** For people: what comes next, and when. */
  #waitFor(waitMs: number, then: string): void {
    this.#wait = { untilMs: performance.now() + waitMs, then };
    this.#showAgain();
  }

  #showAgain(): void {
    const { phase, message } = this.#state;
    this.#set({ phase, ...(message === undefined ? {} : { message }) });
  }

  #awaitCredential(isAwaited: boolean): void {
    this.#isCredentialAwaited = isAwaited;
    this.#set({ phase: this.#state.phase });
  }

  #merge(now: VaultSnapshot): VaultSnapshot {
    return this.#before === undefined ? now : after(this.#before, now);
  }

  #set(change: { phase: VaultState['phase']; message?: string; status?: VaultStatus }): void {
    const { phase } = change;
    if (phase === 'finished' || phase === 'restarting') this.#isCredentialAwaited = false;
    this.#state = {
      ...change,
      pid: this.#process?.pid ?? null,
      wait: this.#wait,
      lastDeath: this.#lastDeath,
      waitsFor: this.#waitsFor(change.phase),
      task: this.#options.job.task?.kind,
      snapshot: this.#snapshot,
      restarts: this.#restarts,
    };
    this.#options.onState(this.#state);
  }

  #waitsFor(phase: VaultState['phase']): VaultState['waitsFor'] {
    if (this.#isCredentialAwaited) return 'credential';
    return this.#isPaused && phase !== 'finished' ? 'go' : undefined;
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
    this.#set({ phase: 'finished', status, ...(error === undefined ? {} : { message: error.message }) });
    return {
      name: vault.name,
      id: vault.id,
      table: vault.table,
      status,
      snapshot: this.#snapshot,
      error,
      restarts: this.#restarts,
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
