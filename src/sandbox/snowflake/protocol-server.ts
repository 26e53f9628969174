import type { IncomingMessage, ServerResponse } from 'node:http';
import { Listener } from '../listener.js';
import { Timers } from '../timers.js';
import type { Account } from './account.js';
import { serveChunk } from './chunk-route.js';
import { BadRequest, readJson, sendJson } from './http-exchange.js';
import { answer, chunkPath, matchRoute, type RouteMatch } from './protocol-routes.js';

/**
 * The HTTP server in front of an account. It can go down and come back on the same port; the account does not notice.
 */
export class ProtocolServer {
  readonly #account: Account;
  readonly #listener: Listener;
  readonly #comeback = new Timers();

  constructor(account: Account) {
    const { host, port } = account.options;
    this.#account = account;
    this.#listener = Listener.overHttp1({
      ...{ host, port },
      onRequest: (request, response) => void this.#handle(request, response),
    });
    this.#listener.setKeepAliveTimeout(60_000);
  }

  get url(): string {
    return `http://${this.#account.options.host}:${this.#listener.port}`;
  }

  /** Listens; on the same port again when it has listened before. */
  async start(): Promise<void> {
    this.#comeback.clear();
    if (!this.#listener.isOpen) await this.#listener.open();
  }

  /** Cuts every connection and refuses new ones. */
  async stop(): Promise<void> {
    this.#comeback.clear();
    await this.#listener.close();
  }

  async downFor(durationMs: number): Promise<void> {
    await this.stop();
    this.#comeback.after(durationMs, () => void this.start());
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
        sendJson(response, error.status, {
          data: null,
          code: '390000',
          message: error.message,
          success: false,
        });
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
