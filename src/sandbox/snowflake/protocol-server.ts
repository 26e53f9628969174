import type { IncomingMessage, ServerResponse } from 'node:http';
import { Listener } from '../listener.js';
import { Timers } from '../timers.js';
import type { Account } from './account.js';
import { BadRequest, readJson, sendJson } from './http-exchange.js';
import { answer, chunkPath, matchRoute, type RouteMatch } from './protocol-routes.js';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ChunkFaultKind } from './faults.js';
import { chunkHeaders } from './replies.js';
import type { ChunkRange, StoredResult } from './result-store.js';

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

const compress = promisify(gzip);
const keyHeader = 'x-amz-server-side-encryption-customer-key';

/** Errors come as the storage service words them, not as the account does. */
function sendStorageError(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`);
}

/** A chunk loses rows at its end, yet is well formed: half of them, and at least one. */
function shortened({ start, rowCount }: ChunkRange): ChunkRange {
  return { start, rowCount: Math.floor(rowCount / 2) };
}

async function bodyOf(
  account: Account,
  result: StoredResult,
  range: ChunkRange,
  fault: ChunkFaultKind | undefined,
): Promise<Buffer> {
  if (fault === 'empty') return Buffer.alloc(0);
  const rows = await account.results.read(result, fault === 'short' ? shortened(range) : range);
  // Cut inside the last row, so that what is left is JSON for no parser.
  return fault === 'truncated' ? rows.subarray(0, rows.length - 2) : rows;
}

/** Serves one chunk of a result, gzipped; whoever has its URL may fetch it, until the URL expires. */
async function serveChunk(
  account: Account,
  { queryId, chunk }: { readonly queryId: string; readonly chunk: number },
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const fault = account.faults.takeChunkFault(chunk);
  const { chunkLatencyMs } = account.faults.current;
  if (chunkLatencyMs > 0) await delay(chunkLatencyMs);
  if (fault === 'forbidden' || !account.results.isSigned(queryId, chunk, url.searchParams)) {
    sendStorageError(response, 403, 'AccessDenied');
    return;
  }
  if (request.headers[keyHeader] !== chunkHeaders[keyHeader]) {
    sendStorageError(response, 400, 'InvalidRequest');
    return;
  }
  const state = account.queries.find(queryId)?.state;
  const result =
    state?.kind === 'SUCCESS' && state.result.expiresAtMs > Date.now() ? state.result : undefined;
  const range = result === undefined ? undefined : account.results.chunks(result)[chunk];
  if (result === undefined || range === undefined) {
    sendStorageError(response, 404, 'NoSuchKey');
    return;
  }
  const body = await compress(await bodyOf(account, result, range, fault), { level: 1 });
  account.chunksServed += 1;
  response.writeHead(200, {
    'content-type': 'binary/octet-stream',
    'content-encoding': 'gzip',
    'content-length': body.length,
  });
  if (fault === 'reset') {
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => request.socket.destroy());
  } else {
    response.end(body);
  }
}
