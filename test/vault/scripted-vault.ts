import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { createVaultClient, type VaultClientOptions } from '../../src/vault/create-vault-client.js';
import { StaticCredential } from '../../src/vault/credential/credential.js';
import type { InsertAnswer, VaultClient } from '../../src/vault/vault-client.js';

export const REQUEST_ID = '5d5d7e21-c789-9fcc-ba31-2a279d3a28ef';
export const BEARER = 'bearer-secret-0123456789';

/** A server on loopback that ends with the test. */
export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

/** Listens on a free port of 127.0.0.1; disposing closes it with all its connections. */
export async function listen(server: Server, protocol = 'http'): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${protocol}://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A vault that answers each request by a script; requests are numbered from 0. */
export function httpVault(
  script: (request: SeenRequest, response: ServerResponse, number: number) => void,
): Promise<ScriptedServer> {
  return listen(createServer(scripted(script)));
}

/** A script as a request listener, for a server made elsewhere. */
export function scripted(
  script: (request: SeenRequest, response: ServerResponse, number: number) => void,
): RequestListener {
  let count = 0;
  return (request, response) => {
    const number = count;
    count += 1;
    void text(request).then(
      (body) => script({ path: request.url ?? '', headers: request.headers, body }, response, number),
      () => undefined,
    );
  };
}

/** A server that speaks bytes: `script` gets each connection with its number from 0. */
export function tcpServer(script: (socket: Socket, number: number) => void): Promise<ScriptedServer> {
  let count = 0;
  return listen(
    createTcpServer((socket) => {
      script(socket, count);
      count += 1;
    }),
  );
}

/** The answer of a vault that takes everything it is sent on the bulk wire. */
export function acceptAll({ body }: SeenRequest, response: ServerResponse): void {
  const { records } = JSON.parse(body) as { records: { tokens: Record<string, string> }[] };
  const taken = records.map(({ tokens }, index) => ({ skyflow_id: `id-${index}`, tokens }));
  response.setHeader('x-request-id', REQUEST_ID).end(JSON.stringify({ records: taken }));
}

/** The vault's own error envelope. */
export function envelope(status: number, message: string, grpcCode = 3): string {
  return JSON.stringify({ error: { grpc_code: grpcCode, http_code: status, message, details: [] } });
}

/** A client for one vault with settings that suit tests. */
export function clientFor(url: string, options: Partial<VaultClientOptions> = {}): Promise<VaultClient> {
  return createVaultClient({
    vaultUrl: url,
    vaultId: 'v1',
    table: 'people',
    column: 'name',
    byot: 'ENABLE',
    upsert: false,
    wire: 'bulk',
    connections: 4,
    httpVersion: '1.1',
    proxy: {},
    requestTimeoutMs: 20_000,
    connectTimeoutMs: 10_000,
    credential: new StaticCredential(BEARER),
    ...options,
  });
}

export const RECORDS = {
  values: ['Ada Lovelace', 'Grace "Amazing" Hopper'],
  tokens: ['tok_name_ada', 'tok_name_grace'],
};

/** A signal that is never aborted. */
export const quiet = (): AbortSignal => new AbortController().signal;

/** A promise with its key: something to wait for. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** What a client without further settings gets for two records. */
export async function insertAt(url: string, timeoutMs = 20_000): Promise<InsertAnswer> {
  const client = await clientFor(url, { requestTimeoutMs: timeoutMs });
  try {
    return (await client.insert(client.encode(RECORDS), { signal: quiet() })).answer;
  } finally {
    await client.close();
  }
}
