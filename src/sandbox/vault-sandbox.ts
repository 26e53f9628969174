import { writeFile } from 'node:fs/promises';
import { createControlToken, CONTROL_ROOT, serveControl } from './serve-control.js';
import { controlVault } from './control-vault.js';
import { eachExchange, type Exchange } from './exchange.js';
import { Listener } from './listener.js';
import { liveOptionsOf, parseSandboxOptions, type VaultSandboxOptions } from './options.js';
import { createServiceAccount, TOKEN_PATH, writePrivateFile } from './service-account.js';
import { Timers } from './timers.js';
import { VaultService } from './vault-service.js';

const LOOPBACK = '127.0.0.1';

/** A running vault sandbox. */
export interface VaultSandbox {
  /** Origin of the vault over HTTP/1.1, without a slash at the end. */
  readonly url: string;
  /** Origin of the vault over TLS (HTTP/2 and HTTP/1.1), when asked for. */
  readonly tlsUrl: string | undefined;
  /** The authority that the TLS certificate comes from, and where it was written. */
  readonly caPem: string | undefined;
  readonly caFile: string | undefined;
  /** Where the control API (`/sandbox/…`) is, with its token; always open. The vault's own ports serve it too, below the same path. */
  readonly controlUrl: string;
  /** Cuts every connection and resolves when nothing listens any more; late commits are dropped. */
  close(): Promise<void>;
}

/** Starts a vault sandbox in this process; throws a SandboxOptionsError when the options are wrong. */
export async function startVaultSandbox(input: VaultSandboxOptions = {}): Promise<VaultSandbox> {
  const options = parseSandboxOptions(input);
  const certificate = options.tls ? await newCertificate(options.hostNames) : undefined;
  const listeners: Listener[] = [];
  const reopening = new Timers();
  const ended = new AbortController();

  let arePortsClosed = false;
  const reopen = (): void => {
    arePortsClosed = false;
    for (const listener of listeners) void listener.reopen(ended.signal);
  };
  const closePorts = async (durationMs: number): Promise<void> => {
    if (arePortsClosed) return;
    arePortsClosed = true;
    await Promise.all(listeners.map((listener) => listener.close()));
    if (!ended.signal.aborted) reopening.after(durationMs, reopen);
  };
  const service = new VaultService({
    options: liveOptionsOf(options),
    seed: options.seed,
    keep: options.store,
    closePorts: (durationMs) => void closePorts(durationMs),
  });
  const token = createControlToken();
  const keepAlive = (): void =>
    listeners.forEach((listener) => listener.setKeepAliveTimeout(service.options.keepAliveTimeoutMs));
  const controlled = controlVault({
    token,
    service,
    connectionsOpen: () => listeners.reduce((sum, listener) => sum + listener.connectionsOpen, 0),
    optionsChanged: keepAlive,
  });
  const onControl = (exchange: Exchange): void => void serveControl(controlled, exchange);
  const onExchange = (exchange: Exchange): void => {
    const { target } = exchange;
    if (target.startsWith(CONTROL_ROOT) || target.startsWith(`/${token}${CONTROL_ROOT}`)) onControl(exchange);
    else void service.serve(exchange);
  };
  const onConnection = (): void => service.traffic.connected();

  const { host } = options;
  const plain = Listener.overHttp1({
    host,
    port: options.port,
    onRequest: eachExchange(onExchange),
    onConnection,
  });
  const secure =
    certificate && Listener.overTls({ host, port: options.tlsPort, certificate, onExchange, onConnection });
  const control = Listener.overHttp1({ host: LOOPBACK, port: 0, onRequest: eachExchange(onControl) });
  listeners.push(plain, ...(secure === undefined ? [] : [secure]));
  const closeAll = async (): Promise<void> => {
    ended.abort();
    reopening.clear();
    service.stop();
    await Promise.all([...listeners, control].map((listener) => listener.close()));
  };

  try {
    await Promise.all([...listeners, control].map((listener) => listener.open()));
    keepAlive();
    const url = originOf('http', host, plain.port);
    const tlsUrl = secure && originOf('https', host, secure.port);
    if (certificate !== undefined && options.caFile !== undefined) {
      await writeFile(options.caFile, certificate.caPem);
    }
    if (options.credentialsFile !== undefined) {
      const { account, credentials } = await createServiceAccount(
        `${tokenOrigin(tlsUrl, options.hostNames[0]) ?? url}${TOKEN_PATH}`,
      );
      await writePrivateFile(options.credentialsFile, credentials);
      service.addServiceAccount(account);
    }
    return {
      url,
      tlsUrl,
      caPem: certificate?.caPem,
      caFile: certificate && options.caFile,
      controlUrl: `${originOf('http', LOOPBACK, control.port)}/${token}`,
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** What makes certificates takes longer to load than the rest of the sandbox. */
async function newCertificate(hostNames: readonly string[]) {
  const { createServerCertificate } = await import('./self-signed-certificate.js');
  return createServerCertificate(hostNames);
}

/** By a name of the certificate, since some SDKs take tokens from names only, and from port 443 only. */
function tokenOrigin(tlsUrl: string | undefined, name = 'localhost'): string | undefined {
  if (tlsUrl === undefined) return undefined;
  const { port } = new URL(tlsUrl);
  return `https://${name}${port === '' ? '' : `:${port}`}`;
}

function originOf(scheme: 'http' | 'https', host: string, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
