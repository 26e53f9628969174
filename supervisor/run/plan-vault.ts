import type { VaultJob } from '../../src/protocol/messages.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';
import type { SecretRenewal } from '../secrets/secret-renewal.js';
import type { StopSignals } from '../process/stop-signals.js';
import type { JobsRequest } from './run-jobs.js';
import type { broadcast } from '../observers/run-observer.js';
import { VaultSupervision } from './supervise-vault.js';

export interface PlanningParts {
  readonly options: JobsRequest & { readonly signals: StopSignals };
  readonly observer: ReturnType<typeof broadcast>;
  readonly secrets: SecretRenewal;
}

const drainMs = 30_000;

/** Has a child look a vault's source over before its rows are divided; the outcome's findings are its plan. */
export async function planByChild(
  { options, observer, secrets }: PlanningParts,
  job: VaultJob,
): Promise<VaultOutcome> {
  const { name } = job.vault;
  const vault = new VaultSupervision({
    heartbeatMs: options.heartbeatMs,
    maxRestarts: options.maxRestarts,
    job: { ...job, task: { kind: 'plan' } },
    stopping: options.signals.stopping,
    onStarted: () => undefined,
    askForToken: options.askForToken ?? (() => Promise.resolve(undefined)),
    renewSecret: (key, generation) => secrets.ask(key, generation),
    logins: secrets.logins,
    onState: ({ snapshot, restarts }) => observer.changed(name, { phase: 'checking', snapshot, restarts }),
    onInputs: (inputs) => options.onInputs?.(name, inputs),
    canAskForToken: options.canAskForToken ?? (() => false),
    onNotice: (level, message) => observer.notice(level, message, name),
  });
  const stop = (): void => vault.stop(drainMs);
  options.signals.stopping.addEventListener('abort', stop);
  const outcome = await vault.outcome;
  options.signals.stopping.removeEventListener('abort', stop);
  return outcome;
}
