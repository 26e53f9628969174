import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that puts all it was sent, the credential included, into its answer: as unkind as a proxy can be. */
export interface QuotingVault extends AsyncDisposable {
  readonly url: string;
}

export async function startQuotingVault(status: number): Promise<QuotingVault> {
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const message = `refused: ${request.headers.authorization ?? ''} sent ${body}`;
      response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req-1' });
      response.end(
        JSON.stringify({ error: { grpc_code: 3, http_code: status, message, http_status: message } }),
      );
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  request.setEncoding('utf8');
  for await (const chunk of request) body += String(chunk);
  return body;
}
