import type { Settings } from '../../../src/config/configuration.js';
import { connectionSettings, type ConnectionSettings } from '../../../src/vault/dispatcher.js';
import { proxies } from '../../../src/vault/proxy-choice.js';

/** A check waits less long than a load: who asks is sitting there. */
const longestWaitMs = 15_000;

/** The limits of one request of a check, in milliseconds. */
export function patienceOf({ performance }: Settings): {
  readonly requestTimeoutMs: number;
  readonly connectTimeoutMs: number;
} {
  return {
    requestTimeoutMs: Math.min(performance.request_timeout_ms, longestWaitMs),
    connectTimeoutMs: Math.min(performance.connect_timeout_ms, longestWaitMs),
  };
}

/** How the vaults are connected to: as a load does it. */
export function vaultConnection(settings: Settings, environment: NodeJS.ProcessEnv): ConnectionSettings {
  return {
    ...connectionSettings(settings, proxies(environment)),
    connectTimeoutMs: patienceOf(settings).connectTimeoutMs,
  };
}
