import { frameText } from '../body-frame.js';
import { asArray, asObject, parseJson, escapeText } from '../json.js';
import { plainVerdict, type AskVault, type TableVerdict } from '../table-verdict.js';
import type { LookupKind, TablePlace, VaultRoutes, HeldValues, Pairs } from '../vault-routes.js';
import { readFlowSettings } from './flow-settings.js';
import { createFlowWire, readStatus } from './flow-wire.js';
import { readVaultError } from '../judge-answer.js';

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

/** What asks for the records of these values of a unique column, in plain text. */
function uniqueValuesBody(
  { table, column }: Pick<TablePlace, 'table' | 'column'>,
  values: readonly string[],
) {
  return {
    tableName: table,
    uniqueValues: values.map((value) => ({ data: { [column]: value } })),
    columns: [column],
    columnRedactions: [{ columnName: column, redaction: 'plain_text' }],
  };
}

/**
 * What the vault holds under each token, told by the records of their values: a value under another token is not held under
 * the one that was asked for. `open`: of so many the answer says nothing. Undefined for what is no answer.
 */
export function readUniqueValues(
  text: string,
  { values, tokens }: Pairs,
  column: string,
): HeldValues | undefined {
  const entries = asArray(asObject(parseJson(text))?.['records']);
  if (entries === undefined) return undefined;
  const tokensOf = new Map<string, Set<string>>();
  let unclear = 0;
  for (const item of entries) {
    const entry = asObject(item);
    const value = asObject(entry?.['data'])?.[column];
    const held = asArray(asObject(entry?.['tokens'])?.[column]);
    if (readVaultError(entry) !== undefined) {
      if (readStatus(entry ?? {}) !== 404) unclear += 1;
    } else if (typeof value !== 'string' || held === undefined) unclear += 1;
    else {
      const known = tokensOf.get(value) ?? new Set<string>();
      tokensOf.set(value, known);
      for (const one of held) known.add(String(asObject(one)?.['token']));
    }
  }
  const found = values.map((value, at) => tokensOf.get(value)?.has(tokens[at] ?? '') === true);
  return {
    values: values.map((value, at) => (found[at] === true ? value : undefined)),
    // An entry that cannot be read may be that of any of them that was not found.
    open: unclear === 0 ? 0 : found.filter((isFound) => !isFound).length,
  };
}
