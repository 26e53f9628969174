import { createServer, type RequestListener, type Server } from 'node:http';
import {
  createSecureServer,
  Http2ServerRequest,
  Http2ServerResponse,
  type Http2SecureServer,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { type Exchange, http1Exchange, http2Exchange } from './exchange.js';
import type { ServerCertificate } from './self-signed-certificate.js';

/** Attempts to take a port again that was let go of, and the time between them. */
const REOPEN_ATTEMPTS = 50;
const REOPEN_DELAY_MS = 20;

/** A port that can be closed for a while: every connection is cut, and nothing listens until it opens again. */
export class Listener {
  readonly #server: Server | Http2SecureServer;
  readonly #host: string;
  readonly #sockets = new Set<Socket>();
  #port: number;

  private constructor(
    server: Server | Http2SecureServer,
    host: string,
    port: number,
    onConnection: () => void = () => undefined,
  ) {
    this.#server = server;
    this.#host = host;
    this.#port = port;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      onConnection();
    });
  }

  /** HTTP/1.1 in the clear; not open yet. */
  static overHttp1(settings: {
    readonly host: string;
    readonly port: number;
    readonly onRequest: RequestListener;
    readonly onConnection?: () => void;
  }): Listener {
    const { host, port, onRequest, onConnection } = settings;
    return new Listener(createServer(onRequest), host, port, onConnection);
  }

  /** HTTP/2 and HTTP/1.1 over TLS; not open yet. */
  static overTls(settings: {
    readonly host: string;
    readonly port: number;
    readonly certificate: ServerCertificate;
    readonly onExchange: (exchange: Exchange) => void;
    readonly onConnection: () => void;
  }): Listener {
    const { host, port, certificate, onExchange, onConnection } = settings;
    const tls = { key: certificate.keyPem, cert: certificate.certPem, allowHTTP1: true };
    const server = createSecureServer(tls, (request, response) => {
      if (request instanceof Http2ServerRequest || response instanceof Http2ServerResponse) {
        onExchange(http2Exchange(request.stream, request.headers));
      } else onExchange(http1Exchange(request, response));
    });
    return new Listener(server, host, port, onConnection);
  }

  get port(): number {
    return this.#port;
  }

  get isOpen(): boolean {
    return this.#server.listening;
  }

  get connectionsOpen(): number {
    return this.#sockets.size;
  }

  /** Listens; on the same port as before if it ever did. */
  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, this.#host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#port = addressOf(this.#server).port;
  }

  /** Opens again; waits for a port that somebody else has taken meanwhile. */
  async reopen(signal: AbortSignal): Promise<void> {
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await this.open();
        return;
      } catch (error) {
        if (attempt === REOPEN_ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, REOPEN_DELAY_MS));
      }
    }
  }

  /** Cuts every connection and stops listening; resolves when that is done. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  setKeepAliveTimeout(keepAliveTimeout: number): void {
    // Servers over TLS obey it for HTTP/1.1 too, though their type does not know it.
    Object.assign(this.#server, { keepAliveTimeout });
  }
}

function addressOf(server: Server | Http2SecureServer): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The sandbox listens on no port');
  return address;
}
