import type { ErrorFacts } from '../src/errors/supervise-error.js';
import type { FromChild, VaultJob, VaultStatus } from '../src/protocol/messages.js';
import type { Findings } from '../src/protocol/task.js';
import type { DeliveryMetrics } from '../src/figures/delivery-metrics.js';
import type { RecordAccounts } from './load/record-accounts.js';
import type { Rates } from '../src/rates/rates.js';
import type { SharedLogin } from '../src/source/source-kind.js';
import type { SecretRequests } from './parent-requests.js';
import type { StopSwitch } from './stop-switch.js';

/** How a vault ended in this process, whatever was to be done with it. */
export interface TaskResult {
  readonly status: VaultStatus;
  readonly errorLog: string | undefined;
  readonly error: ErrorFacts | undefined;
  /** What a task other than loading found. */
  readonly findings?: Findings | undefined;
}

/** What can be said to a vault while it loads. */
export interface VaultControls {
  /** The answer to `unauthorized`. */
  answerToken(token: string | undefined): void;
  setRates(rates: Rates): void;
  /** Begins no request until `release`; resolves when none is on its way. */
  hold(): Promise<void>;
  release(): void;
}

/** What every task of a child is given. */
export interface TaskOptions {
  readonly job: VaultJob;
  readonly stop: StopSwitch;
  readonly metrics: DeliveryMetrics;
  /** A secret that is refused, anew; undefined where there is no other one. */
  readonly renewSecret: SecretRequests['ask'];
  /** Logins to the source, in turn with those of the other vaults. */
  readonly login: SharedLogin;
  readonly send: (message: FromChild) => Promise<void>;
  /** Called when there are record figures to report. */
  readonly onAccounts: (accounts: Pick<RecordAccounts, 'figures'>) => void;
  /** Called before the first request: what the supervisor says while the vault loads goes there. */
  readonly onControls: (controls: VaultControls) => void;
}
