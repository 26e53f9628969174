import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Reply } from './vault-reply.js';

/** How an answer travels, or fails to. */
export type Delivery =
  | {
      readonly kind: 'whole';
      readonly close: 'no' | 'announced' | 'silent';
      /** What comes behind it, that nobody waits for: HTTP/1.1 alone can have it. */
      readonly then?:
        | { readonly kind: 'again' }
        | { readonly kind: 'unsolicited'; readonly status: number; readonly delayMs: number }
        | undefined;
    }
  | { readonly kind: 'dribble'; readonly chunkBytes: number; readonly intervalMs: number }
  /** Half of the body, then a reset, or an end in order. */
  | { readonly kind: 'half'; readonly then: 'reset' | 'end' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'hang' };

/** One request and its answer, over HTTP/1.1 or HTTP/2. */
export interface Exchange {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly authorization: string | undefined;
  /** `x-skyflow-account-id`. */
  readonly accountId: string | undefined;
  /** The client's own `x-request-id`. */
  readonly requestId: string | undefined;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly remoteAddress: string | undefined;
  readonly httpVersion: '1.1' | '2';
  /** The same object for all requests of one connection. */
  readonly connection: object;
  readonly body: Readable;
  deliver(reply: Reply, requestId: string, delivery: Delivery): void;
  /** Begins a 200 whose body is written bit by bit. */
  begin(contentType: string): Writable;
  onClose(listener: () => void): void;
}

/** A request body: whole, above the limit (0 is none), or never finished because the client left. */
export type Body = { readonly text: string } | 'too_large' | 'gone';

/** Reads a request body to its end. */
export function readBody(source: Readable, maxBytes: number): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    source.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (maxBytes === 0 || sizeBytes <= maxBytes) chunks.push(chunk);
    });
    source.on('end', () => {
      const isTooLarge = maxBytes > 0 && sizeBytes > maxBytes;
      resolve(isTooLarge ? 'too_large' : { text: Buffer.concat(chunks).toString() });
    });
    source.on('error', () => resolve('gone'));
    source.on('close', () => resolve('gone'));
  });
}

function headersOf(reply: Reply, body: Buffer, requestId: string): Record<string, string | number> {
  return {
    'content-type': reply.contentType,
    'content-length': body.length,
    'x-request-id': requestId,
    ...reply.headers,
  };
}

function halfOf(body: Buffer): Buffer {
  return body.subarray(0, Math.floor(body.length / 2));
}

/** Writes bit by bit until all is written or the other side has gone. */
function dribble(target: Writable, body: Buffer, chunkBytes: number, intervalMs: number): void {
  let written = 0;
  const timer = setInterval(() => {
    target.write(body.subarray(written, written + chunkBytes));
    written += chunkBytes;
    if (written < body.length) return;
    clearInterval(timer);
    target.end();
  }, intervalMs);
  target.on('close', () => clearInterval(timer));
}

/** An answer as bytes, for when HTTP knows of none. */
function rawAnswer(status: number, headers: Readonly<Record<string, string | number>>, body: Buffer): Buffer {
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Answer\r\n${head.join('')}\r\n`), body]);
}

function sendLater(
  socket: Socket,
  { status, delayMs }: { readonly status: number; readonly delayMs: number },
): void {
  const timer = setTimeout(() => {
    if (socket.writable)
      socket.end(rawAnswer(status, { 'content-length': 0, connection: 'close' }, Buffer.alloc(0)));
  }, delayMs);
  socket.on('close', () => clearTimeout(timer));
}

function resetSocket(socket: Socket): void {
  // A TLS socket cannot send a TCP reset itself; its connection ends without a closing alert instead.
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

/** Serves what comes over HTTP/1.1. */
export function eachExchange(
  serve: (exchange: Exchange) => void,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => serve(http1Exchange(request, response));
}

/** A request that came over HTTP/1.1. */
export function http1Exchange(request: IncomingMessage, response: ServerResponse): Exchange {
  const { socket } = request;
  return {
    method: request.method ?? '',
    target: request.url ?? '/',
    authorization: request.headers.authorization,
    accountId: [request.headers['x-skyflow-account-id']].flat()[0],
    requestId: [request.headers['x-request-id']].flat()[0],
    host: request.headers.host,
    origin: request.headers.origin,
    remoteAddress: socket.remoteAddress,
    httpVersion: '1.1',
    connection: socket,
    body: request,
    onClose: (listener) => response.on('close', listener),
    begin: (contentType) => response.writeHead(200, { 'content-type': contentType }),
    deliver(reply, requestId, delivery) {
      if (response.destroyed) return;
      const body = Buffer.from(reply.body);
      const headers = headersOf(reply, body, requestId);
      switch (delivery.kind) {
        case 'whole':
          if (delivery.close === 'announced') headers['connection'] = 'close';
          response.writeHead(reply.status, headers);
          response.end(body, () => {
            if (delivery.close === 'silent') socket.destroySoon();
            else if (delivery.then?.kind === 'again') socket.write(rawAnswer(reply.status, headers, body));
            else if (delivery.then !== undefined) sendLater(socket, delivery.then);
          });
          return;
        case 'dribble':
          response.writeHead(reply.status, headers);
          dribble(response, body, delivery.chunkBytes, delivery.intervalMs);
          return;
        case 'half':
          response.writeHead(reply.status, headers);
          response.write(halfOf(body), () => {
            if (delivery.then === 'reset') resetSocket(socket);
            else socket.destroySoon();
          });
          return;
        case 'reset':
          resetSocket(socket);
          return;
        case 'hang':
          return;
        default:
          return delivery satisfies never;
      }
    },
  };
}

/** A request that came over HTTP/2; a reset ends its stream, closing a connection is a GOAWAY. */
export function http2Exchange(
  stream: ServerHttp2Stream,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Exchange {
  const text = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  const { session } = stream;
  // A stream that is reset by either side reports an error; its effect is seen as 'close'.
  stream.on('error', () => undefined);
  return {
    method: text(':method') ?? '',
    target: text(':path') ?? '/',
    authorization: text('authorization'),
    accountId: text('x-skyflow-account-id'),
    requestId: text('x-request-id'),
    host: text(':authority') ?? text('host'),
    origin: text('origin'),
    remoteAddress: session?.socket.remoteAddress,
    httpVersion: '2',
    connection: session ?? stream,
    body: stream,
    onClose: (listener) => stream.on('close', listener),
    begin(contentType) {
      stream.respond({ ':status': 200, 'content-type': contentType });
      return stream;
    },
    deliver(reply, requestId, delivery) {
      if (stream.destroyed || stream.closed) return;
      const body = Buffer.from(reply.body);
      const respond = (): void => {
        stream.respond({ ':status': reply.status, ...headersOf(reply, body, requestId) });
      };
      switch (delivery.kind) {
        case 'whole':
          respond();
          stream.end(body);
          if (delivery.close === 'announced') session?.close();
          if (delivery.close === 'silent') stream.on('close', () => session?.destroy());
          return;
        case 'dribble':
          respond();
          dribble(stream, body, delivery.chunkBytes, delivery.intervalMs);
          return;
        case 'half':
          respond();
          stream.write(halfOf(body), () => {
            if (delivery.then === 'reset') stream.close(constants.NGHTTP2_INTERNAL_ERROR);
            else stream.end();
          });
          return;
        case 'reset':
          stream.close(constants.NGHTTP2_INTERNAL_ERROR);
          return;
        case 'hang':
          return;
        default:
          return delivery satisfies never;
      }
    },
  };
}
