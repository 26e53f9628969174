import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

const decompress = promisify(gunzip);
const maxBodyBytes = 256 * 1024 * 1024;

/** A request that this server cannot read, or that is for somebody else: answered with 400 or 403. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
  readonly status: 400 | 403;

  constructor(message: string, options?: ErrorOptions & { readonly status?: 403 }) {
    super(message, options);
    this.status = options?.status ?? 400;
  }
}

/** The body as JSON; undefined when there is none. Gunzips it where the driver compressed it. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBodyBytes) throw new BadRequest(`The body is larger than ${maxBodyBytes} bytes.`);
    parts.push(part);
  }
  const body = Buffer.concat(parts);
  if (body.length === 0) return undefined;
  try {
    const text = request.headers['content-encoding'] === 'gzip' ? await decompress(body) : body;
    return JSON.parse(text.toString('utf8')) as unknown;
  } catch (cause) {
    throw new BadRequest('The body is not JSON.', { cause });
  }
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}
