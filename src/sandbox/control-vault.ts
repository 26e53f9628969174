import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseLiveOptions, SandboxOptionsError } from './options.js';
import { type RecordTable, valueText } from './record-table.js';
import { json, type Controlled } from './serve-control.js';
import { VaultRefusal } from './vault-reply.js';
import type { VaultService } from './vault-service.js';
import { digestTables } from './vault-store.js';

/** Fields per chunk of a listing. */
const LISTING_SLICE = 1000;

/** The vault as it is steered; its faults are its live options. */
export function controlVault(options: {
  readonly token: string;
  readonly service: VaultService;
  readonly connectionsOpen: () => number;
  readonly optionsChanged: () => void;
}): Controlled {
  const { token, service, connectionsOpen, optionsChanged } = options;
  return {
    token,
    stats: () =>
      service.traffic.snapshot({
        connectionsOpen: connectionsOpen(),
        pendingCommits: service.pendingCommits,
      }),
    faults: {
      get current() {
        return service.options;
      },
      replace: (faults) => {
        try {
          service.setOptions(parseLiveOptions(faults));
        } catch (error) {
          throw error instanceof SandboxOptionsError ? new VaultRefusal(400, String(error)) : error;
        }
        optionsChanged();
      },
    },
    answer: async ({ route, search, exchange }) => {
      const tables = [
        ...service.store.tables(search.get('vault') ?? undefined, search.get('table') ?? undefined),
      ];
      switch (route) {
        case 'GET /sandbox/records':
          // A listener that leaves early is no concern of anyone's.
          await pipeline(Readable.from(listing(tables)), exchange.begin('application/x-ndjson')).catch(
            () => undefined,
          );
          return 'served';
        case 'GET /sandbox/count':
          return json({ count: tables.reduce((sum, table) => sum + table.count, 0) });
        case 'GET /sandbox/duplicates':
          return json({ duplicates: countDuplicates(tables) });
        case 'GET /sandbox/digest':
          return json(await digestTables(tables));
        case 'POST /sandbox/expire-tokens':
          return json({ expired: service.access.expireIssued() });
        case 'POST /sandbox/reset':
          service.reset();
          optionsChanged();
          return json({});
        default:
          return undefined;
      }
    },
  };
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
