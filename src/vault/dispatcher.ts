import { setFlagsFromString } from 'node:v8';
import type { Dispatcher, Pool } from 'undici';
import { SuperviseError } from '../errors/supervise-error.js';
import { assertAllowedHost } from '../outside/hosts.js';
import { type HttpVersion, createConnector } from './connector.js';
import { chooseProxy, type ProxySettings } from './proxy-choice.js';
import { createTrust } from './trusted-roots.js';

/** How connections to an origin are made. */
export interface ConnectionSettings {
  readonly httpVersion: HttpVersion;
  /** PEM file of a private CA, trusted beside the default roots. */
  readonly caFile?: string | undefined;
  readonly proxy: ProxySettings;
  /** `skyflow.allowed_hosts`: nothing goes to another one. Absent: no limit. */
  readonly allowedHosts?: string | undefined;
  /** Sent with every request, for set-ups that ask for it. */
  readonly accountId?: string | undefined;
  readonly connectTimeoutMs: number;
  /** From the end of a request to the headers of its answer; absent: the limit of the whole request is enough. */
  readonly headersTimeoutMs?: number | undefined;
  /** Silence within the body of an answer; absent as above. */
  readonly bodyTimeoutMs?: number | undefined;
}

/** Shorter than the idle limit of the usual load balancers, so that it is mostly we who close. */
const IDLE_LIMIT_MS = 10_000;

/** One pool, for whoever needs no second. See `preparePools`. */
export async function createDispatcher(
  origin: URL,
  settings: ConnectionSettings,
  connections: number,
): Promise<Dispatcher> {
  return (await preparePools(origin, settings, connections))();
}

/**
 * Opens pools to one origin, all alike: of at most `connections` connections to one origin, one request at a time on each: with HTTP/1.1
 * nothing is pipelined, with HTTP/2 a lost connection makes one request doubtful. The limit of a
 * request as a whole is the caller's (`post`). Throws a SuperviseError `config` for settings that cannot work.
 */
export async function preparePools(
  origin: URL,
  settings: ConnectionSettings,
  connections: number,
): Promise<() => Dispatcher> {
  assertAllowedHost(origin.hostname, settings.allowedHosts, 'skyflow.allowed_hosts');
  if (settings.httpVersion === '2' && origin.protocol !== 'https:') {
    throw new SuperviseError(
      'config',
      `HTTP/2 needs an https URL, and ${origin.host} is configured with http`,
      {
        hint: 'Set performance.http_version to "1.1" or "auto".',
      },
    );
  }
  const connect = createConnector({
    trust: await createTrust(settings.caFile),
    proxy: chooseProxy(origin, settings.proxy),
    httpVersion: settings.httpVersion,
    connectTimeoutMs: settings.connectTimeoutMs,
  });
  const Pool = await loadPool();
  const { accountId } = settings;
  return () => {
    const pool = new Pool(origin.origin, {
      connect,
      connections,
      pipelining: 1,
      keepAliveTimeout: IDLE_LIMIT_MS,
      headersTimeout: settings.headersTimeoutMs ?? 0,
      bodyTimeout: settings.bodyTimeoutMs ?? 0,
    });
    return accountId === undefined ? pool : pool.compose(withAccount(accountId));
  };
}

function withAccount(accountId: string): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    // Ours are names and values by turns.
    const headers: unknown[] = Array.isArray(options.headers) ? options.headers : [];
    return dispatch(
      { ...options, headers: [...headers.map(String), 'x-skyflow-account-id', accountId] },
      handler,
    );
  };
}

/**
 * undici's pool alone. The package as a whole brings fetch, WebSocket, caches and mocks along, and takes twice as
 * long to load, in every child; where a release has its files elsewhere, it is the package as a whole.
 *
 * Its parser is WebAssembly, one function of 50 KB, which V8 finds hot after a few answers and then optimises: that takes
 * every child 150 ms of CPU and 18 MB, and saves microseconds per answer, which no measurement has shown. Told before
 * the parser is compiled, with the first connection, and after Node's own modules are loaded: under another flag V8 takes
 * nothing that was compiled before.
 */
async function loadPool(): Promise<typeof Pool> {
  try {
    return (await import('undici/lib/dispatcher/pool.js')).default;
  } catch {
    return (await import('undici')).Pool;
  } finally {
    setFlagsFromString('--wasm-tiering-budget=2000000000');
  }
}
