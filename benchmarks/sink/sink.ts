import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import type { AddressInfo } from 'node:net';

/**
 * A vault that stores nothing, as cheap as it can be: it answers each bulk insert with an id and the sent token for
 * every record. Prints its URL, and when each vault's first request came (ms since 1970). A line of its standard input
 * is the latency of the answers from then on, in ms; it ends when that input does.
 */
const OPENING = Buffer.from('"tokens":{');
/** It holds nothing, and counts nothing: what a load looks up before it begins is not there. */
const LOOKS = /\/(?:detokenize|query)$/;
const NOTHING = '{"error":{"http_code":404,"grpc_code":5,"message":"Tokens not found"}}';
const ID = '4d1f2f5c-6a0b-4c1d-9e57-3b1a7c0f88aa';

const seen = new Set<string | undefined>();
let latencyMs = 0;

const server = createServer((request, response) => {
  if (LOOKS.test(request.url ?? '')) {
    request.resume();
    response.writeHead(404, { 'content-type': 'application/json', 'x-request-id': ID }).end(NOTHING);
    return;
  }
  if (!seen.has(request.url)) {
    seen.add(request.url);
    process.stdout.write(`${Date.now()}\n`);
  }
  const startedMs = performance.now();
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const records: string[] = [];
    for (let at = body.indexOf(OPENING); at >= 0; at = body.indexOf(OPENING, at)) {
      const start = at + OPENING.length;
      at = body.indexOf('}', start);
      records.push(`{"skyflow_id":"${ID}","tokens":{${body.toString('latin1', start, at)}}}`);
    }
    const answer = `{"records":[${records.join(',')}]}`;
    const respond = (): void => {
      response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': ID });
      response.end(answer);
    };
    if (latencyMs === 0) respond();
    else setTimeout(respond, latencyMs - (performance.now() - startedMs));
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
createInterface(process.stdin)
  .on('line', (line) => (latencyMs = Number(line)))
  .on('close', () => process.exit(0));
