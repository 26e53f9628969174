import { frameText } from '../body-frame.js';
import { escapeText } from '../json-text.js';
import { asArray, asObject } from '../json-object.js';
import { plainVerdict, type AskVault, type TableVerdict } from '../table-verdict.js';
import type { LookupKind, TablePlace, VaultRoutes } from '../vault-routes.js';
import { readFlowSettings } from './flow-settings.js';
import { createFlowWire } from './flow-wire.js';
import { readUniqueValues, uniqueValuesBody } from './unique-values.js';

/** The `/v2` of a Flow vault, whose requests name vault and table in the body. */
export function flowRoutes(place: TablePlace): VaultRoutes {
  const { vaultId: vaultID, table: tableName, column } = place;
  const flow = readFlowSettings(place.wireSettings);
  const at = (route: string, body: object) => ({
    path: `${place.basePath}/v2/${route}`,
    body: { vaultID, ...body },
  });
  const lookup = (tokens: readonly string[], kind: LookupKind) => {
    const redaction = kind === 'existence' ? 'redacted' : 'plain_text';
    const group = flow.token_group;
    const tokenGroupRedactions = group === undefined ? undefined : [{ tokenGroupName: group, redaction }];
    return at('tokens/detokenize', { tokens, tokenGroupRedactions });
  };
  return {
    lookup,
    byValue: {
      request: (values) => at('records/get', uniqueValuesBody(place, values)),
      read: (answer, records) => readUniqueValues(answer, records, column),
    },
    count: () => at('query', { query: `SELECT COUNT(*) FROM ${tableName}` }),
    page: (offset, limit) => at('records/get', { tableName, offset, limit }),
    insert: ({ values, tokens }) => {
      // Records, whichever way tokens take: they are counted by their ids.
      const options = { ...place, upsert: false, byot: 'ENABLE' as const };
      const wire = createFlowWire({ ...options, wireSettings: { ...flow, flow_byot: 'insert' } });
      const cells = { values: values.map(escapeText), tokens: tokens.map(escapeText) };
      return { path: wire.path, body: asObject(JSON.parse(frameText(wire.frame, cells))) ?? {} };
    },
    remove: (ids) => (ids === 'all' ? undefined : at('records/delete', { tableName, skyflowIDs: ids })),
    isRemoved: (answer) => asArray(asObject(answer)?.['records'])?.every(isGone) === true,
    idOf: (record) => asObject(record)?.['skyflowID'],
    recordOf: (token) => lookup([token], 'value'),
    // Tokens without a record have no id to be deleted by.
    ...(flow.flow_byot === 'tokenize' ? { forget: (tokens) => at('tokens/delete', { tokens }) } : {}),
    judgeTable: (ask) => judgeTable(ask, place),
  };
}

function isGone(entry: unknown): boolean {
  const { error, httpCode } = asObject(entry) ?? { error: true };
  return error === undefined || error === null || error === '' || httpCode === 404;
}

/** One record of the table, redacted. What a Flow vault answers to what is not there is known from SDKs alone. */
async function judgeTable(ask: AskVault, place: TablePlace): Promise<TableVerdict> {
  const read = await ask({
    path: `${place.basePath}/v2/records/get`,
    body: {
      vaultID: place.vaultId,
      tableName: place.table,
      columns: [place.column],
      columnRedactions: [{ columnName: place.column, redaction: 'redacted' }],
      limit: 1,
      offset: 0,
    },
  });
  const first = plainVerdict(read);
  if (first !== undefined) return first;
  // An empty table may not be found, as in other vaults, and says so of its records.
  if (read.status === 404 && /\brecords?\b/i.test(read.said?.forJudging() ?? '')) return { kind: 'there' };
  return read.status === 403 ? { kind: 'not_readable', answer: read } : { kind: 'unknown', answer: read };
}
