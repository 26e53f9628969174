import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { admitControl } from './control-access.js';
import { type Exchange, readBody } from './exchange.js';
import { isJsonObject, mergePatch } from './merge-options.js';
import { parseLiveOptions, SandboxOptionsError } from './options.js';
import { type RecordTable, valueText } from './record-table.js';
import { jsonReply, type Reply, refusalReply, VaultRefusal } from './vault-reply.js';
import type { VaultService } from './vault-service.js';
import { digestTables } from './vault-store.js';

export const CONTROL_ROOT = '/sandbox/';
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/u;
/** Fields per chunk of a listing. */
const LISTING_SLICE = 1000;

/** What the control routes steer. */
export interface Controlled {
  readonly token: string;
  readonly service: VaultService;
  readonly connectionsOpen: () => number;
  readonly optionsChanged: () => void;
}

/** Serves the control API (with its token, loopback only); never rejects. */
export async function serveControl(controlled: Controlled, exchange: Exchange): Promise<void> {
  const whole = (reply: Reply): void => exchange.deliver(reply, 'sandbox', { kind: 'whole', close: 'no' });
  try {
    const access = admitControl(exchange, controlled.token);
    if (access.kind === 'refused') throw new VaultRefusal(access.status, access.reason);
    const { pathname, searchParams } = new URL(`http://sandbox${access.target}`);
    if (!LOOPBACK.test(exchange.remoteAddress ?? '')) throw new VaultRefusal(403, 'Loopback only');
    const body = await readBody(exchange.body, 0);
    if (typeof body === 'string') return;
    const tables = [
      ...controlled.service.store.tables(
        searchParams.get('vault') ?? undefined,
        searchParams.get('table') ?? undefined,
      ),
    ];
    if (`${exchange.method} ${pathname}` === 'GET /sandbox/records') {
      // A listener that leaves early is no concern of anyone's.
      await pipeline(Readable.from(listing(tables)), exchange.begin('application/x-ndjson')).catch(
        () => undefined,
      );
      return;
    }
    whole(await control(controlled, `${exchange.method} ${pathname}`, body.text, tables));
  } catch (error) {
    const refusal =
      error instanceof VaultRefusal
        ? error
        : new VaultRefusal(error instanceof SandboxOptionsError ? 400 : 500, String(error));
    whole(refusalReply(refusal, { asText: false, errorFromClient: false }));
  }
}

async function control(
  { service, connectionsOpen, optionsChanged }: Controlled,
  request: string,
  body: string,
  tables: readonly RecordTable[],
): Promise<Reply> {
  switch (request) {
    case 'GET /sandbox/stats': {
      const { pendingCommits } = service;
      return json(service.traffic.snapshot({ connectionsOpen: connectionsOpen(), pendingCommits }));
    }
    case 'GET /sandbox/count':
      return json({ count: tables.reduce((sum, table) => sum + table.count, 0) });
    case 'GET /sandbox/duplicates':
      return json({ duplicates: countDuplicates(tables) });
    case 'GET /sandbox/digest':
      return json(await digestTables(tables));
    case 'GET /sandbox/faults':
      return json(service.options);
    case 'PATCH /sandbox/faults':
      service.setOptions(parseLiveOptions(mergePatch(service.options, patchFrom(body))));
      optionsChanged();
      return json(service.options);
    case 'POST /sandbox/expire-tokens':
      return json({ expired: service.access.expireIssued() });
    case 'POST /sandbox/reset':
      service.reset();
      optionsChanged();
      return json({});
    default:
      throw new VaultRefusal(404, `The sandbox has no ${request}`);
  }
}

function json(value: unknown): Reply {
  return jsonReply(JSON.stringify(value));
}

function patchFrom(body: string): Record<string, unknown> {
  try {
    const patch: unknown = JSON.parse(body);
    if (isJsonObject(patch)) return patch;
  } catch {
    // Falls through to the refusal.
  }
  throw new VaultRefusal(400, 'The patch is no JSON object');
}

/** How many fields repeat a (value, token) pair that is stored before them. */
function countDuplicates(tables: readonly RecordTable[]): number {
  const seen = new Set<string>();
  let fields = 0;
  for (const table of tables) {
    for (const { value, token } of table.fields()) {
      fields += 1;
      seen.add(`${valueText(value)}\0${token ?? ''}`);
    }
  }
  return fields - seen.size;
}

/** One JSON line per stored field, many lines per chunk. */
function* listing(tables: readonly RecordTable[]): Generator<string> {
  let lines = '';
  let count = 0;
  for (const table of tables) {
    for (const { column, value, token, row } of table.fields()) {
      lines += `${JSON.stringify({ value, token, column, skyflow_id: table.idOf(row) })}\n`;
      count += 1;
      if (count % LISTING_SLICE !== 0) continue;
      yield lines;
      lines = '';
    }
  }
  if (lines !== '') yield lines;
}
