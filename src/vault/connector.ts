import { once } from 'node:events';
import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import { isLoopbackAddress } from '../outside/hosts.js';
import { connectToHost, readAhead } from './connect-to-host.js';
import { openTunnel } from './proxy-tunnel.js';

export type HttpVersion = '1.1' | '2' | 'auto';

/** What a TLS handshake offers, by preference (RFC 7301). */
const PROTOCOLS: Readonly<Record<HttpVersion, string[]>> = {
  '1.1': ['http/1.1'],
  '2': ['h2'],
  auto: ['h2', 'http/1.1'],
};

export interface ConnectorOptions {
  readonly trust: SecureContext;
  readonly proxy: URL | undefined;
  readonly httpVersion: HttpVersion;
  /** For all of it: TCP, tunnel and handshake. */
  readonly connectTimeoutMs: number;
}

/**
 * Opens connections to one origin for undici, directly or through a proxy. Ours rather than undici's, since
 * its ProxyAgent connects anew without end when a proxy hangs up, and its connector cannot ask for HTTP/2 alone.
 * Whatever fails here fails before a byte of a request is written.
 */
export function createConnector(options: ConnectorOptions): buildConnector.connector {
  let session: Buffer | undefined;
  return (target, callback) => {
    const limit = new AbortController();
    const timer = setTimeout(
      () => limit.abort(new ConnectTimeout(options.connectTimeoutMs)),
      options.connectTimeoutMs,
    );
    const opened: Socket[] = [];
    open(target, options, session, opened, limit.signal)
      .then((socket) => {
        socket.on('session', (ticket: Buffer) => (session = ticket));
        return { socket };
      })
      .catch((error: unknown) => {
        for (const socket of opened) socket.destroy();
        return { error: limit.signal.aborted ? (limit.signal.reason as Error) : (error as Error) };
      })
      .then((result) => {
        clearTimeout(timer);
        if ('socket' in result) callback(null, result.socket);
        else callback(result.error, null);
      })
      .catch(() => {
        for (const socket of opened) socket.destroy();
      });
  };
}

class ConnectTimeout extends Error {
  override readonly name = 'ConnectTimeout';
  readonly code = 'ETIMEDOUT';

  constructor(limitMs: number) {
    super(`no connection within ${limitMs} ms`);
  }
}

/** Plain http goes to this machine only. */
class NotThisMachine extends Error {
  override readonly name = 'NotThisMachine';
  readonly code = 'HTTP_NOT_LOOPBACK';

  constructor(host: string, address: string | undefined) {
    super(
      `${host} is ${address ?? 'an unknown address'}, not this machine, and without TLS nothing is sent to others`,
    );
  }
}

class ProtocolRefusal extends Error {
  override readonly name = 'ProtocolRefusal';
  readonly code = 'HTTP2_NOT_OFFERED';
}

async function open(
  target: buildConnector.Options,
  { trust, proxy, httpVersion }: ConnectorOptions,
  session: Buffer | undefined,
  opened: Socket[],
  signal: AbortSignal,
): Promise<Socket> {
  const secure = target.protocol === 'https:';
  const port = target.port === '' ? (secure ? 443 : 80) : Number(target.port);
  const keep = <S extends Socket>(socket: S): S => {
    // Between our listeners and undici's, an error must find one; what it means is found by its consequences.
    socket.on('error', () => undefined).setNoDelay(true);
    opened.push(socket);
    return socket;
  };

  let socket: Socket;
  if (proxy === undefined) {
    socket = keep(await connectToHost({ host: target.hostname, port, signal }));
  } else {
    socket = await connectToProxy(proxy, trust, keep, signal);
    const host = isIP(target.hostname) === 6 ? `[${target.hostname}]` : target.hostname;
    await openTunnel(socket, proxy, `${host}:${port}`, signal);
  }
  if (!secure) {
    // By the address, since names mean what DNS or /etc/hosts say. A proxy for plain http is named by the user.
    if (proxy === undefined && !isLoopbackAddress(socket.remoteAddress ?? '')) {
      throw new NotThisMachine(target.hostname, socket.remoteAddress);
    }
    return socket;
  }

  const ALPNProtocols = PROTOCOLS[httpVersion];
  const tls = keep(startTls(socket, target.hostname, { secureContext: trust, session, ALPNProtocols }));
  await once(tls, 'secureConnect', { signal });
  if (httpVersion === '2' && tls.alpnProtocol !== 'h2') {
    throw new ProtocolRefusal(`${target.hostname} does not offer HTTP/2`);
  }
  return tls;
}

async function connectToProxy(
  proxy: URL,
  trust: SecureContext,
  keep: <S extends Socket>(socket: S) => S,
  signal: AbortSignal,
): Promise<Socket> {
  const secure = proxy.protocol === 'https:';
  const host = proxy.hostname.replace(/^\[|\]$/g, '');
  const port = proxy.port === '' ? (secure ? 443 : 80) : Number(proxy.port);
  const socket = keep(await connectToHost({ host, port, signal }));
  if (!secure) return socket;
  const tls = keep(
    startTls(socket, host, { secureContext: trust, session: undefined, ALPNProtocols: ['http/1.1'] }),
  );
  await once(tls, 'secureConnect', { signal });
  return tls;
}

function startTls(
  socket: Socket,
  host: string,
  options: { secureContext: SecureContext; session: Buffer | undefined; ALPNProtocols: string[] },
): TLSSocket {
  return connectTls({
    ...options,
    ...readAhead,
    socket,
    host,
    // An address is no server name (RFC 6066); the certificate is still checked against `host`.
    servername: isIP(host) === 0 ? host : '',
    // Said here, or NODE_TLS_REJECT_UNAUTHORIZED would decide.
    rejectUnauthorized: true,
  });
}
