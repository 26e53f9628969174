import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * A vault that stores nothing, as cheap as it can be, so that the machine is left to what is measured: it reads just so much
 * of HTTP as undici writes, and answers each bulk insert with an id and the sent token for every record. Prints its URL, and
 * when each vault's first request came (ms since 1970). A line of its standard input is the latency of the answers from then
 * on, in ms; it ends when that input does.
 */
const ID = '4d1f2f5c-6a0b-4c1d-9e57-3b1a7c0f88aa';
const OPENING = '"tokens":{';
const RECORD = `{"skyflow_id":"${ID}",${OPENING}`;
/** It holds nothing, and counts nothing: what a load looks up before it begins is not there. */
const LOOKS = /\/(?:detokenize|query) /;
const NOTHING = '{"error":{"http_code":404,"grpc_code":5,"message":"Tokens not found"}}';
const END_OF_HEAD = '\r\n\r\n';

const seen = new Set<string>();
let latencyMs = 0;

const server = createServer({ noDelay: true, highWaterMark: 65_536 }, (socket) => {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let neededBytes = 0;
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes < neededBytes) return;
    let bytes = held.length === 1 ? chunk : Buffer.concat(held);
    for (;;) {
      const headEnd = bytes.indexOf(END_OF_HEAD);
      if (headEnd < 0) break;
      const head = bytes.toString('latin1', 0, headEnd);
      const bodyStart = headEnd + END_OF_HEAD.length;
      neededBytes = bodyStart + Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      if (bytes.length < neededBytes) break;
      respond(socket, head.slice(0, head.indexOf('\r')), bytes.toString('latin1', bodyStart, neededBytes));
      bytes = bytes.subarray(neededBytes);
      neededBytes = 0;
    }
    held = bytes.length === 0 ? [] : [bytes];
    heldBytes = bytes.length;
  });
});

function respond(socket: Socket, request: string, body: string): void {
  if (LOOKS.test(request)) {
    write(socket, '404 Not Found', NOTHING);
    return;
  }
  if (!seen.has(request)) {
    seen.add(request);
    process.stdout.write(`${Date.now()}\n`);
  }
  const startedMs = performance.now();
  let records = '';
  for (let at = body.indexOf(OPENING); at >= 0; at = body.indexOf(OPENING, at)) {
    const start = at + OPENING.length;
    at = body.indexOf('}', start);
    records += `${records === '' ? '' : ','}${RECORD}${body.slice(start, at)}}}`;
  }
  const answer = `{"records":[${records}]}`;
  if (latencyMs === 0) write(socket, '200 OK', answer);
  else setTimeout(() => write(socket, '200 OK', answer), latencyMs - (performance.now() - startedMs));
}

/** Characters are bytes here: they are given back as they were read. */
function write(socket: Socket, status: string, body: string): void {
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\nx-request-id: ${ID}\r\ncontent-length: ${body.length}`;
  socket.write(head + END_OF_HEAD + body, 'latin1');
}

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
createInterface(process.stdin)
  .on('line', (line) => (latencyMs = Number(line)))
  .on('close', () => process.exit(0));
