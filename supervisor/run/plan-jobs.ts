import type { Configuration, Origins, Settings, VaultSettings } from '../../src/config/configuration.js';
import { ratesOf, type Rates } from '../../src/rates/rates.js';
import { parsePaceWindows } from '../../src/rates/pace-windows.js';
import { findCredential } from '../../src/config/credential-setting.js';
import { configuredKeys } from '../secrets/configured-keys.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { LockFolders } from '../../src/journal/load-lock.js';
import { formerLockFolder, openStateFolder } from '../../src/trust/state-folder.js';
import {
  performanceSlice,
  skyflowSlice,
  type CredentialJob,
  type VaultJob,
} from '../../src/protocol/messages.js';
import type { Task } from '../../src/protocol/task.js';
import type { RunDirectory } from '../../src/run-record/run-directory.js';
import type { InputIdentity } from '../../src/source/input-identity.js';
import { planLogs, type RunOrigin } from '../../src/source/error-log/error-log-settings.js';
import { kindOf } from '../../src/source/source-kinds.js';
import { wireSettings } from '../../src/vault/choose-wire.js';
import type { TokenWishes } from '../../src/vault/credential/token-wishes.js';
import { proxies } from '../../src/vault/proxy-choice.js';
import { recordsWithin } from './estimate-time.js';
import type { PaceSettings } from './steering.js';
import type { RetriedLog } from '../../src/run-record/run-record.js';

export interface PlanRequest {
  readonly configuration: Configuration;
  readonly origins: Origins;
  readonly vaults: readonly VaultSettings[];
  readonly directory: RunDirectory;
  readonly startedAt: Date;
  readonly precount: boolean;
  readonly suffixUnixSeconds: number | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** `--check-conflicts`. */
  readonly checkConflicts?: boolean | undefined;
  /** What to do when the vault holds what is to be loaded; absent: a sample need not be looked up. */
  readonly alreadyLoadedHint?: ((vaultName: string) => string) | undefined;
  /** By vault: what its source has to be found to be, by the plan that was approved. */
  readonly plannedInputs?: ReadonlyMap<string, readonly InputIdentity[]> | undefined;
  /** By vault: the run that has loaded the same query to its end. */
  readonly queriesLoaded?: ReadonlyMap<string, string> | undefined;
  /** The source of a retry. */
  readonly errorLogs?: readonly RetriedLog[] | undefined;
  /** `--repair`: a damaged journal is put together again. */
  readonly repair?: boolean | undefined;
  /** What to do instead of loading. */
  readonly task?: Task | undefined;
  /** False: the task needs no source. */
  readonly readsSource?: boolean | undefined;
  /** By vault: where redacted records of a retry are read again. */
  readonly rowOrigins?: ReadonlyMap<string, readonly RunOrigin[]> | undefined;
}

/** One job per vault: everything its child will know. Secrets are in it; it goes over IPC and nowhere else. */
export function planJobs(request: PlanRequest): VaultJob[] {
  return request.vaults.map((vault) => planJob(vault, request));
}

function planJob(vault: VaultSettings, request: PlanRequest): VaultJob {
  const { configuration, origins, directory } = request;
  const { skyflow, performance } = configuration;
  const planned = request.plannedInputs?.get(vault.name) ?? [];
  const extent = request.errorLogs === undefined ? kindOf(configuration).extent(performance) : undefined;
  return {
    ...(request.task === undefined ? {} : { task: request.task }),
    runId: directory.runId,
    runDirectory: directory.path,
    startedAt: request.startedAt.toISOString(),
    ...lockFolders(request.environment),
    ...(request.repair === true ? { ledger: { repair: true } } : {}),
    vault: { name: vault.name, id: vault.id, table: vault.table, column: vault.column },
    source: planSource(vault, request),
    ...(planned.length === 0 ? {} : { plannedInputs: [...planned] }),
    ...planErrorLogPrivacy(configuration),
    skyflow: skyflowSlice.strip().parse(skyflow),
    performance: performanceSlice.strip().parse(performance),
    connection: {
      credential: planCredential(configuration),
      ...planLookupCredential(configuration),
      ...wireSettings(skyflow),
      proxy: proxies(request.environment),
    },
    delivery: {
      rates: ratesOf(performance),
      ...(extent === undefined ? {} : { extent }),
      ...planMostRecords(request),
      maxRecordsIsDefault: origins['performance.max_records'] === 'default',
      ...(request.alreadyLoadedHint === undefined
        ? {}
        : {
            alreadyLoadedHint: request.alreadyLoadedHint(vault.name),
            queryLoadedBy: request.queriesLoaded?.get(vault.name),
          }),
      ...(request.suffixUnixSeconds === undefined ? {} : { suffixUnixSeconds: request.suffixUnixSeconds }),
    },
  };
}

/** Of a source that does not last: what is got through before it is gone. */
export function planMostRecords({
  configuration,
  errorLogs,
  task,
  startedAt,
}: Pick<PlanRequest, 'errorLogs' | 'task' | 'startedAt'> & { readonly configuration: Settings }): Pick<
  VaultJob['delivery'],
  'mostRecords'
> {
  const { performance } = configuration;
  const lifetime = kindOf(configuration).lifetime?.(configuration);
  if (lifetime === undefined || errorLogs !== undefined || task !== undefined) return {};
  const mostRecords = recordsWithin(lifetime.ms, performance, startedAt);
  const { max_records: limit } = performance;
  return limit > 0 && limit <= mostRecords ? {} : { mostRecords };
}

function planSource(
  vault: VaultSettings,
  {
    precount,
    configuration,
    errorLogs,
    environment,
    readsSource = true,
    rowOrigins: origins,
    checkConflicts = false,
  }: PlanRequest,
): VaultJob['source'] {
  if (!readsSource) return { kind: 'none' };
  if (errorLogs !== undefined) {
    const { identityFile, redactKeyFile } = configuredKeys(configuration);
    const ownOrigins = origins?.get(vault.name);
    return {
      ...planLogs(errorLogs, vault.name),
      ...(identityFile === undefined ? {} : { identityFile }),
      ...(redactKeyFile === undefined ? {} : { redactKeyFile }),
      ...(ownOrigins === undefined ? {} : { origins: ownOrigins }),
    };
  }
  return kindOf(configuration).plan(vault, configuration, {
    precount,
    checkConflicts,
    proxy: proxies(environment),
  });
}

/** How failed records are to stand in the error logs. */
export function planErrorLogPrivacy({
  error_log: log,
}: Pick<Settings, 'error_log'>): Pick<VaultJob, 'errorLogPrivacy'> {
  if (log.encrypt_to !== undefined) {
    return { errorLogPrivacy: { kind: 'encrypted', recipient: log.encrypt_to } };
  }
  if (!log.redact) return {};
  const { redactKeyFile: keyFile } = configuredKeys({ error_log: log });
  return { errorLogPrivacy: { kind: 'redacted', ...(keyFile === undefined ? {} : { keyFile }) } };
}

/** What authorises requests to the vaults; secrets are in it. Throws `config` when nothing is configured. */
export function planCredential(settings: Pick<Settings, 'skyflow'>): CredentialJob {
  const credential = findCredential(settings);
  if (credential === undefined)
    throw new SuperviseError('config', 'no credential for the vault is configured');
  const { credentials_context: context, credentials_roles: roles } = settings.skyflow;
  switch (credential.kind) {
    case 'bearer_token':
      return { kind: 'token', token: credential.token };
    case 'api_key':
      return { kind: 'token', token: credential.key };
    case 'bearer_token_file':
      return { kind: 'token_file', file: credential.file };
    case 'credentials_file':
      return { kind: 'service_account_file', file: credential.file, ...tokenWishes(context, roles) };
    case 'credentials':
      return {
        kind: 'service_account',
        json: credential.json,
        ...tokenWishes(context, roles),
        ...(settings.skyflow.credentials_command === undefined ? {} : { renewable: 'skyflow.credentials' }),
      };
    default:
      return credential satisfies never;
  }
}

function tokenWishes(context: string | undefined, roles: string | undefined): { wishes?: TokenWishes } {
  if (context === undefined && roles === undefined) return {};
  return {
    wishes: {
      ...(context === undefined ? {} : { context }),
      ...(roles === undefined ? {} : { roles: roles.split(',').map((role) => role.trim()) }),
    },
  };
}

/** Where reading needs another credential than inserting. */
export function planLookupCredential({
  skyflow,
}: Pick<Settings, 'skyflow'>): Pick<VaultJob['connection'], 'lookupCredential'> {
  if (skyflow.lookup_bearer_token !== undefined) {
    const { lookup_bearer_token: token, lookup_bearer_token_command: command } = skyflow;
    const renewal = command === undefined ? {} : { renewable: 'skyflow.lookup_bearer_token' as const };
    return { lookupCredential: { kind: 'token', token, ...renewal } };
  }
  if (skyflow.lookup_credentials_file !== undefined) {
    const { lookup_credentials_context: context, lookup_credentials_roles: roles } = skyflow;
    const wishes = tokenWishes(context, roles);
    return {
      lookupCredential: { kind: 'service_account_file', file: skyflow.lookup_credentials_file, ...wishes },
    };
  }
  return {};
}

/** One folder per user and host: loads into one table of one vault exclude each other whatever their run directory. */
export function lockFolders(environment: NodeJS.ProcessEnv): LockFolders {
  return { stateFolder: openStateFolder(environment), formerLockFolder: formerLockFolder() };
}

/** What the configuration says of the processes of a run: when one is silent, how often it is started again, their pace. */
export function planProcesses({ performance }: Configuration): {
  readonly heartbeatMs: number;
  readonly maxRestarts: number;
  readonly sharedRates: Rates | undefined;
  readonly pace: PaceSettings;
} {
  return {
    pace: {
      rates: ratesOf(performance),
      windows: parsePaceWindows(performance.pace_windows ?? '') ?? [],
      timeZone: performance.pace_time_zone,
    },
    heartbeatMs: performance.heartbeat_ms,
    maxRestarts: performance.max_restarts,
    sharedRates: performance.share_limits ? ratesOf(performance) : undefined,
  };
}
