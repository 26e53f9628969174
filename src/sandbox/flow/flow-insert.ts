import { storeRow, type StoreMode } from '../insert-effect.js';
import { InsertRules, type SoundRecord } from '../insert-rules.js';
import { haveEffect, type InsertResult, type InsertSurroundings } from '../insert-routes.js';
import { isJsonObject } from '../merge-options.js';
import type { LiveOptions } from '../options.js';
import type { RecordTable } from '../record-table.js';
import { jsonReply, VaultRefusal } from '../vault-reply.js';
import { flowBody, listOf, partialStatus, refusedEntry, textOf, type JsonObject } from './flow-request.js';
import { tokensOf } from './token-groups.js';

/** A record that will be stored, or its refusal. */
type Judged =
  | {
      readonly record: SoundRecord;
      readonly table: RecordTable;
      readonly tableName: string;
      readonly mode: StoreMode;
      /** The group that its tokens were brought along for. */
      readonly group: string;
    }
  | { readonly refusal: VaultRefusal; readonly tableName: string };

interface Upsert {
  readonly column: string | undefined;
  readonly replaces: boolean;
}

/** `/v2/records/insert`: each record on its own, always; also upsert, into one table or several. */
export function insertFlow(around: InsertSurroundings, given: unknown): InsertResult {
  const { options } = around;
  const { vaultId, body } = flowBody(given);
  const records = listOf(body['records'], 'Records');
  if (options.maxBatchRecords > 0 && records.length > options.maxBatchRecords) {
    const message = `Request size exceeds the limit: at most ${options.maxBatchRecords} records are allowed`;
    throw new VaultRefusal(options.tooLargeStatus, message);
  }
  const common = placeOf(body, records);
  // Vault and common table are looked for before any record is.
  around.store.requireVault(vaultId, options);
  if (common.tableName !== undefined) around.store.tableForInsert(vaultId, common.tableName, options);
  const checked = (): readonly Judged[] => {
    const rules = new Map<string, InsertRules>();
    return records.map((record) => {
      const tableName = nameOf(record, common.tableName);
      try {
        return judge(around, { vaultId, tableName, record, upsert: common.upsert, rules });
      } catch (error) {
        if (!(error instanceof VaultRefusal)) throw error;
        return { refusal: error, tableName };
      }
    });
  };
  const shown: JsonObject[] = [];
  const entries = haveEffect(around, checked, (judged) => {
    const entry =
      'refusal' in judged
        ? { skyflowID: null, ...refusedEntry(judged.refusal, options), tableName: judged.tableName }
        : storedEntry(judged, options);
    shown.push(entry);
    return JSON.stringify(entry);
  });
  if (entries === 'lost') return entries;
  return jsonReply(`{"records":[${entries.join(',')}]}`, partialStatus(shown, options));
}

/** Table and upsert stand at the top or in every record, both in the same place. */
function placeOf(
  body: JsonObject,
  records: readonly unknown[],
): { readonly tableName: string | undefined; readonly upsert: unknown } {
  const tableName = body['tableName'];
  const inRecords = records.some((record) => isJsonObject(record) && record['tableName'] !== undefined);
  if (inRecords === (tableName !== undefined)) {
    throw new VaultRefusal(400, 'Invalid request. tableName stands either at the top or in every record');
  }
  return {
    tableName: tableName === undefined ? undefined : textOf(tableName, 'tableName'),
    upsert: body['upsert'],
  };
}

function nameOf(record: unknown, common: string | undefined): string {
  if (common !== undefined) return common;
  return textOf(isJsonObject(record) ? record['tableName'] : undefined, 'tableName');
}

function judge(
  around: InsertSurroundings,
  asked: {
    readonly vaultId: string;
    readonly tableName: string;
    readonly record: unknown;
    readonly upsert: unknown;
    readonly rules: Map<string, InsertRules>;
  },
): Judged {
  const { options, store } = around;
  const { vaultId, tableName, record, rules: rulesByTable } = asked;
  if (!isJsonObject(record) || !isJsonObject(record['data'])) {
    throw new VaultRefusal(400, 'Invalid request. Every record needs data');
  }
  const upsert = readUpsert(asked.upsert ?? record['upsert']);
  const table = store.tableForInsert(vaultId, tableName, options);
  const { tokens, group } = broughtTokens(record['tokens'], options);
  const rules: InsertRules =
    rulesByTable.get(tableName) ?? new InsertRules(options, { name: tableName, table }, 'ENABLE');
  rulesByTable.set(tableName, rules);
  const sound: unknown = { fields: record['data'], tokens };
  rules.check(sound, { upsert: upsert.column });
  const mode: StoreMode = {
    upsert: upsert.column,
    tokenization: true,
    keepTokens: options.upsertToken === 'keep',
    replaces: upsert.replaces,
  };
  return { record: sound, table, tableName, mode, group };
}

/** Tokens by column in the form that this vault takes, and the token group that they name. */
export function broughtTokens(
  given: unknown,
  { flow }: LiveOptions,
): { readonly tokens: Readonly<Record<string, string>> | undefined; readonly group: string } {
  const usual = flow.tokenGroups[0] ?? '';
  if (given === undefined || given === null) return { tokens: undefined, group: usual };
  if (!isJsonObject(given)) throw new VaultRefusal(400, 'Invalid request. Tokens must be an object');
  if (flow.tokens === 'refuse') throw new VaultRefusal(400, 'Invalid request. Unknown field: tokens');
  if (flow.tokens === 'ignore') return { tokens: undefined, group: usual };
  let group = usual;
  const tokens: Record<string, string> = {};
  for (const [column, cell] of Object.entries(given)) {
    if (typeof cell === 'string' && flow.tokens !== 'list') {
      tokens[column] = cell;
      continue;
    }
    const listed: unknown =
      Array.isArray(cell) && cell.length === 1 ? (cell as readonly unknown[])[0] : undefined;
    if (flow.tokens === 'value' || !isJsonObject(listed)) {
      throw new VaultRefusal(400, `Invalid request. The token for ${column} has another form`);
    }
    tokens[column] = textOf(listed['token'], 'A token');
    group = groupNamed(listed['tokenGroupName'], flow.tokenGroups);
  }
  return { tokens, group };
}

/** The group that is meant; with several it must be said. */
export function groupNamed(name: unknown, groups: readonly string[]): string {
  const [first = '', ...others] = groups;
  if (name === undefined && others.length === 0) return first;
  if (typeof name === 'string' && groups.includes(name)) return name;
  throw new VaultRefusal(400, 'Invalid request. tokenGroupName names no token group of the column');
}

function readUpsert(given: unknown): Upsert {
  if (given === undefined || given === null) return { column: undefined, replaces: false };
  const columns = isJsonObject(given) ? given['uniqueColumns'] : undefined;
  const type = isJsonObject(given) ? (given['updateType'] ?? 'UPDATE') : undefined;
  if (type !== 'UPDATE' && type !== 'REPLACE') {
    throw new VaultRefusal(400, 'Invalid request. updateType must be UPDATE or REPLACE');
  }
  const [column, ...others] = listOf(columns, 'uniqueColumns');
  if (others.length > 0) throw new VaultRefusal(400, 'not emulated: an upsert by several unique columns');
  return { column: textOf(column, 'uniqueColumns'), replaces: type === 'REPLACE' };
}

function storedEntry(judged: Exclude<Judged, { refusal: VaultRefusal }>, options: LiveOptions): JsonObject {
  const { record, table, tableName, mode, group } = judged;
  const { flow } = options;
  const { row } = storeRow(table, record, mode);
  if (record.tokens !== undefined) table.tokenGroup = group;
  return recordEntry(
    table,
    { row, tableName, columns: Object.keys(record.fields), showsData: flow.answersData },
    options,
  );
}

/** A stored record as answers have it. */
export function recordEntry(
  table: RecordTable,
  shown: {
    readonly row: number;
    readonly tableName: string;
    readonly columns: readonly string[];
    readonly showsData: boolean;
    readonly dataOf?: (column: string, value: unknown) => unknown;
  },
  { flow }: LiveOptions,
): JsonObject {
  const {
    row,
    tableName,
    columns,
    showsData,
    dataOf = (_column: string, value: unknown): unknown => value,
  } = shown;
  const own = table.tokenGroup ?? flow.tokenGroups[0] ?? '';
  const tokens: Record<string, unknown> = {};
  const data: Record<string, unknown> = {};
  for (const column of columns) {
    const stored = table.tokenAt(row, column);
    if (stored !== undefined) tokens[column] = tokensOf(stored, own, flow.tokenGroups);
    const value = table.valueAt(row, column);
    if (showsData && value !== undefined) data[column] = dataOf(column, value);
  }
  return {
    skyflowID: table.idOf(row),
    tokens,
    ...(showsData ? { data } : {}),
    tableName,
    [flow.codeKey]: 200,
    error: null,
  };
}
