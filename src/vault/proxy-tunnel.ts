import { once } from 'node:events';
import type { Socket } from 'node:net';

/** Longest answer of a proxy to CONNECT, in bytes. */
const LONGEST_HEAD = 16_384;

/** A proxy that did not open the tunnel. Nothing has gone to the vault then. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal';
  readonly code: 'PROXY_REFUSED' | 'PROXY_CREDENTIALS_REFUSED';

  constructor(message: string, code: ProxyRefusal['code'] = 'PROXY_REFUSED') {
    super(message);
    this.code = code;
  }
}

/**
 * Asks the HTTP proxy at the other end of `socket` for a tunnel to `authority` (`host:port`). Afterwards the
 * socket belongs to the target. Rejects with a ProxyRefusal, which never holds the credentials of the proxy.
 */
export async function openTunnel(
  socket: Socket,
  proxy: URL,
  authority: string,
  signal: AbortSignal,
): Promise<void> {
  const authorization = proxyAuthorization(proxy);
  const credentials = authorization === undefined ? '' : `proxy-authorization: ${authorization}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${credentials}\r\n`);
  const head = await readHead(socket, signal);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
  if (status?.startsWith('2') === true) return;
  const said = status === undefined ? 'did not answer in HTTP' : `answered ${status}`;
  const message = `the proxy ${proxy.host} ${said} when asked for a tunnel to ${authority}`;
  if (status !== '407') throw new ProxyRefusal(message);
  throw new ProxyRefusal(`${message} (it wants other credentials)`, 'PROXY_CREDENTIALS_REFUSED');
}

function proxyAuthorization(proxy: URL): string | undefined {
  if (proxy.username === '' && proxy.password === '') return undefined;
  const credentials = `${decode(proxy.username)}:${decode(proxy.password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

/** A percent sign that encodes nothing stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The head of the answer; bytes after it are put back. */
async function readHead(socket: Socket, signal: AbortSignal): Promise<string> {
  let head = Buffer.alloc(0);
  for (;;) {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) {
      if (socket.readableEnded || socket.destroyed) throw new ProxyRefusal('the proxy closed the connection');
      await Promise.race([once(socket, 'readable', { signal }), once(socket, 'close', { signal })]);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end >= 0) {
      const rest = head.subarray(end + 4);
      if (rest.length > 0) socket.unshift(rest);
      return head.toString('latin1', 0, end);
    }
    if (head.length > LONGEST_HEAD) throw new ProxyRefusal('the proxy did not answer in HTTP');
  }
}
