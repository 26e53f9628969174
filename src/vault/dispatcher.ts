import { setFlagsFromString } from 'node:v8';
import type { Dispatcher, Pool } from 'undici';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { assertAllowedHost } from '../outside/hosts.js';
import { type HttpVersion, createConnector } from './connector.js';
import { chooseProxy, type ProxySettings } from './proxy-choice.js';
import { X509Certificate } from 'node:crypto';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { readTrusted } from '../trust/open-trusted.js';

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

/** The keys of the configuration that say so. */
interface Configured {
  readonly skyflow: {
    readonly ca_file?: string | undefined;
    readonly allowed_hosts?: string | undefined;
    readonly account_id?: string | undefined;
  };
  readonly performance: {
    readonly http_version: HttpVersion;
    readonly connect_timeout_ms: number;
    readonly headers_timeout_ms?: number | undefined;
    readonly body_timeout_ms?: number | undefined;
  };
}

/** How the vaults of a configuration are connected to. */
export function connectionSettings(
  { skyflow, performance }: Configured,
  proxy: ProxySettings,
): ConnectionSettings {
  return {
    httpVersion: performance.http_version,
    caFile: skyflow.ca_file,
    allowedHosts: skyflow.allowed_hosts,
    accountId: skyflow.account_id,
    proxy,
    connectTimeoutMs: performance.connect_timeout_ms,
    headersTimeoutMs: performance.headers_timeout_ms,
    bodyTimeoutMs: performance.body_timeout_ms,
  };
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

/** Said wherever a context is made: `--tls-min-v1.0` lowers Node's own default. */
const minVersion = 'TLSv1.2';

/**
 * What TLS connections trust: Node's own roots, those of NODE_EXTRA_CA_CERTS, and those of `caFile` (PEM); TLS 1.2 at
 * least.
 * Throws a SuperviseError `config` when the file cannot be read or holds no certificate.
 */
async function createTrust(caFile: string | undefined): Promise<SecureContext> {
  // Without a CA of our own, Node's default store is in force; it knows NODE_EXTRA_CA_CERTS by itself.
  if (caFile === undefined) return createSecureContext({ minVersion });
  const ca = [...rootCertificates, await readCertificates(caFile, 'the CA file')];
  const extra = process.env['NODE_EXTRA_CA_CERTS'];
  if (extra !== undefined && extra !== '') ca.push(await readCertificates(extra, 'NODE_EXTRA_CA_CERTS'));
  return createSecureContext({ ca, minVersion });
}

const maxPemBytes = 16 << 20;

async function readCertificates(file: string, origin: string): Promise<string> {
  let pem: string;
  try {
    pem = (await readTrusted(file, maxPemBytes)).toString();
  } catch (error) {
    if (error instanceof SuperviseError) throw error;
    throw new SuperviseError(
      'config',
      `${origin} cannot be read: ${file} (${systemCode(error) ?? 'unreadable'})`,
      {
        hint: 'Name a readable PEM file.',
        cause: error,
      },
    );
  }
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch (error) {
    throw notCertificates(file, origin, error);
  }
  if (certificates.length === 0) throw notCertificates(file, origin);
  return certificates.join('\n');
}

function notCertificates(file: string, origin: string, cause?: unknown): SuperviseError {
  return new SuperviseError('config', `${origin} holds no readable certificate: ${file}`, {
    hint: 'It must be PEM: blocks that begin with -----BEGIN CERTIFICATE-----.',
    cause,
  });
}
