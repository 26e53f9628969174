import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Account } from './account.js';
import { serveChunk } from './chunk-route.js';
import { BadRequest, readJson, sendJson } from './http-exchange.js';
import { answer, chunkPath, matchRoute, type RouteMatch } from './protocol-routes.js';

/**
 * The HTTP server in front of an account. It can go down and come back on the same port; the account does not notice.
 */
export class ProtocolServer {
  readonly #account: Account;
  readonly #host: string;
  #port: number;
  #server: Server | undefined;
  #comeback: NodeJS.Timeout | undefined;

  constructor(account: Account) {
    this.#account = account;
    this.#host = account.options.host;
    this.#port = account.options.port;
  }

  get url(): string {
    return `http://${this.#host}:${this.#port}`;
  }

  /** Listens; on the same port again when it has listened before. */
  async start(): Promise<void> {
    clearTimeout(this.#comeback);
    if (this.#server !== undefined) return;
    const server = createServer((request, response) => {
      void this.#handle(request, response);
    });
    server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, this.#host, resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Cuts every connection and refuses new ones. */
  async stop(): Promise<void> {
    clearTimeout(this.#comeback);
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  async downFor(durationMs: number): Promise<void> {
    await this.stop();
    this.#comeback = setTimeout(() => void this.start(), durationMs);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const route = matchRoute(request.method ?? 'GET', url.pathname);
    this.#account.countRequest(route?.name ?? `unknown ${url.pathname}`);
    try {
      if (route === undefined) {
        sendJson(response, 404, { data: null, code: null, message: 'Not found.', success: false });
      } else {
        await this.#serve(route, url, request, response);
      }
    } catch (error) {
      if (response.headersSent || request.socket.destroyed) {
        request.socket.destroy();
      } else if (error instanceof BadRequest) {
        sendJson(response, 400, { data: null, code: '390000', message: error.message, success: false });
      } else {
        const message = error instanceof Error ? error.message : String(error);
        sendJson(response, 500, { data: null, code: '000603', message, success: false });
      }
    }
  }

  async #serve(
    route: RouteMatch,
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = await readJson(request);
    const fault = this.#account.faults.takeRequestFault(route.name);
    const fail = () => {
      if (fault?.answer === 'reset') request.socket.destroy();
      else if (fault !== undefined) sendJson(response, fault.answer, { message: 'A fault of the sandbox.' });
    };
    if (fault?.when === 'before') {
      fail();
      return;
    }
    if (route.name === 'chunk') {
      if (fault === undefined) await serveChunk(this.#account, chunkPath(route), url, request, response);
      else fail();
      return;
    }
    // Waiting for a query ends when the client has gone.
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const reply = await answer(this.#account, route, {
      url,
      body,
      authorization: request.headers.authorization,
      baseUrl: `http://${request.headers.host ?? new URL(this.url).host}`,
      signal: gone.signal,
    });
    if (fault === undefined) sendJson(response, 200, reply);
    else fail();
  }
}
