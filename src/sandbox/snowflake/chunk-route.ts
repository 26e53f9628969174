import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Account } from './account.js';
import type { ChunkFaultKind } from './faults.js';
import { chunkHeaders } from './replies.js';
import type { ChunkRange, StoredResult } from './result-store.js';

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
export async function serveChunk(
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
