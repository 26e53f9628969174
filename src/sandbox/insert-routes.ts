import { spoilEntries } from './answer-faults.js';
import { hits, drawInteger, type Random } from './seeded-random.js';
import { storeRecord, type StoreMode, withOtherToken } from './insert-effect.js';
import { type ByotMode, byotOf, InsertRules, type SoundRecord } from './insert-rules.js';
import { isJsonObject } from './merge-options.js';
import { isOtherMethod, performMethod, type OtherMethod } from './record-methods.js';
import type { LiveOptions } from './options.js';
import type { RecordTable } from './record-table.js';
import { jsonReply, type Reply, VaultRefusal } from './vault-reply.js';
import type { VaultStore } from './vault-store.js';

/** What an insert needs around it. */
export interface InsertSurroundings {
  readonly options: LiveOptions;
  readonly random: Random;
  readonly store: VaultStore;
  /** Whether no text of the request needs escaping in JSON. */
  readonly isPlain: boolean;
  /** Whether faults hit this request. */
  readonly hasFaults: boolean;
  /** Called with the number of records that were stored. */
  readonly onStored: (count: number) => void;
  /** Has an effect later, unless the sandbox ends before. */
  readonly later: (delayMs: number, effect: () => void) => void;
}

/** `lost`: no answer, and an effect that comes late. */
export type InsertResult = Reply | 'lost';

/** The bulk wire: all records into one table, or none. */
export function insertBulk(
  around: InsertSurroundings,
  { vaultId, table: tableName }: { readonly vaultId: string; readonly table: string },
  body: unknown,
): InsertResult {
  const request = insertRequest(body, around.options);
  const mode = storeMode(request.body, around);
  if (request.body['homogeneous'] === true) {
    if (mode.upsert !== undefined) {
      throw new VaultRefusal(400, 'Invalid request. upsert and homogeneous exclude each other');
    }
    if (new Set(request.records.map(fieldNames)).size > 1) {
      throw new VaultRefusal(400, 'Invalid request. homogeneous needs the same fields in every record');
    }
  }
  const table = around.store.tableForInsert(vaultId, tableName, around.options);
  const checked = (): readonly SoundRecord[] => {
    const rules: InsertRules = new InsertRules(around.options, { name: tableName, table }, request.byot);
    return request.records.map((record) => {
      rules.check(record, mode);
      return record;
    });
  };
  const entries = haveEffect(around, checked, (record) => storeRecord(table, record, mode));
  return entries === 'lost' ? entries : jsonReply(`{"records":[${entries.join(',')}]}`);
}

/** One record of the record wire, sound or with its refusal. */
type Judged =
  | { readonly record: SoundRecord; readonly table: RecordTable; readonly mode: StoreMode }
  | { readonly other: Readonly<Record<string, unknown>> & { readonly method: OtherMethod } }
  | { readonly refusal: VaultRefusal };

/**
 * The record wire: each record on its own with continueOnError, else all or none, and then the entries of the
 * answer stand without a Status of their own, as Skyflow's own SDK reads them.
 */
export function insertRecordByRecord(
  around: InsertSurroundings,
  vaultId: string,
  body: unknown,
): InsertResult {
  const request = insertRequest(body, around.options);
  const isEachOnItsOwn = request.body['continueOnError'] === true;
  const status = (code: number): string => (around.options.statusAsString ? `"${code}"` : `${code}`);
  const checked = (): readonly Judged[] => {
    const rulesByTable = new Map<string, InsertRules>();
    return request.records.map((record): Judged => {
      if (isJsonObject(record) && isOtherMethod(record['method'])) {
        return { other: { ...record, method: record['method'] } };
      }
      try {
        return judged(around, vaultId, request.byot, record, rulesByTable);
      } catch (error) {
        if (!(error instanceof VaultRefusal) || !isEachOnItsOwn) throw error;
        return { refusal: error };
      }
    });
  };
  const refused = ({ status: code, message }: VaultRefusal): string =>
    `{"Status":${status(code)},"Body":${JSON.stringify({ error: message })}}`;
  const answered: string[] = [];
  const bodyOf = (entry: Exclude<Judged, { refusal: VaultRefusal }>): string =>
    'other' in entry
      ? performMethod(around, { vaultId, byot: request.byot, answered }, entry.other)
      : `{"records":[${storeRecord(entry.table, entry.record, entry.mode)}]}`;
  const entries = haveEffect(around, checked, (entry) => {
    if ('refusal' in entry) return refused(entry.refusal);
    try {
      const body = bodyOf(entry);
      answered.push(body);
      return isEachOnItsOwn ? `{"Status":${status(200)},"Body":${body}}` : body;
    } catch (error) {
      if (!(error instanceof VaultRefusal) || !isEachOnItsOwn) throw error;
      answered.push('');
      return refused(error);
    }
  });
  if (entries === 'lost') return entries;
  return jsonReply(`{"vaultID":${JSON.stringify(vaultId)},"responses":[${entries.join(',')}]}`);
}

function judged(
  around: InsertSurroundings,
  vaultId: string,
  byot: ByotMode,
  record: unknown,
  rulesByTable: Map<string, InsertRules>,
): Judged {
  if (!isJsonObject(record) || record['method'] !== 'POST' || typeof record['tableName'] !== 'string') {
    throw new VaultRefusal(400, 'Invalid request. Every record needs method POST and a tableName');
  }
  const tableName = record['tableName'];
  const mode = { ...storeMode(record, around), omitsTokens: true };
  const table = around.store.tableForInsert(vaultId, tableName, around.options);
  const rules: InsertRules =
    rulesByTable.get(tableName) ?? new InsertRules(around.options, { name: tableName, table }, byot);
  rulesByTable.set(tableName, rules);
  rules.check(record, mode);
  return { record, table, mode };
}

/** What can be stored: a record, one with what it needs around it, or a refusal. */
type Effective =
  | SoundRecord
  | { readonly record: SoundRecord }
  | { readonly other: object }
  | { readonly refusal: VaultRefusal };

/**
 * Checks and stores the records of one request, as far as the faults let it: all now, the first of them and a
 * 500, or all of them later. Returns the entries of the answer in request order.
 */
export function haveEffect<T extends Effective>(
  { options, random, hasFaults, onStored, later }: InsertSurroundings,
  check: () => readonly T[],
  store: (record: T) => string,
): readonly string[] | 'lost' {
  const records = check();
  const storeAll = (some: readonly T[]): readonly string[] => {
    const entries = some.map(store);
    onStored(some.reduce((count, record) => count + ('refusal' in record || 'other' in record ? 0 : 1), 0));
    return entries;
  };
  if (!hasFaults) return storeAll(records);
  if (hits(options.lateCommit, random)) {
    // Checked again then: what was sound at arrival may by now be in conflict with others.
    later(options.lateCommit.delayMs, () => storeAll(check()));
    return 'lost';
  }
  if (hits(options.partialInsert, random)) {
    storeAll(records.slice(0, records.length < 2 ? 1 : drawInteger(random, 1, records.length)));
    throw new VaultRefusal(500, 'Internal error after a part of the records');
  }
  if (options.keptTokens !== 'sent') {
    const entries = storeAll(records.map(underOtherToken));
    const answered = options.keptTokens === 'own' ? entries : entries.map(withoutTokens);
    return spoilEntries(answered, options, random);
  }
  const wrongAt = hits(options.wrongToken, random) ? drawInteger(random, 0, records.length) : -1;
  const kept =
    wrongAt < 0 ? records : records.map((record, at) => (at === wrongAt ? underOtherToken(record) : record));
  return spoilEntries(storeAll(kept), options, random);
}

function fieldNames(record: unknown): string {
  const fields = isJsonObject(record) && isJsonObject(record['fields']) ? record['fields'] : {};
  return JSON.stringify(Object.keys(fields).sort());
}

function withoutTokens(entry: string): string {
  return entry.replace(/"tokens":\{(?:[^{}]|\{[^{}]*\})*\}/u, '"tokens":null');
}

function underOtherToken<T extends Effective>(record: T): T {
  if ('fields' in record) return { ...record, ...withOtherToken(record) };
  return 'record' in record ? { ...record, record: withOtherToken(record.record) } : record;
}

function insertRequest(
  body: unknown,
  options: LiveOptions,
): { readonly body: Record<string, unknown>; readonly records: readonly unknown[]; readonly byot: ByotMode } {
  if (!isJsonObject(body) || !Array.isArray(body['records']) || body['records'].length === 0) {
    throw new VaultRefusal(400, 'Invalid request. Records are missing');
  }
  const records: readonly unknown[] = body['records'];
  if (options.maxBatchRecords > 0 && records.length > options.maxBatchRecords) {
    const message = `Request size exceeds the limit: at most ${options.maxBatchRecords} records are allowed`;
    throw new VaultRefusal(options.tooLargeStatus, message);
  }
  return { body, records, byot: byotOf(body['byot'], options) };
}

function storeMode(
  settings: Readonly<Record<string, unknown>>,
  { options, isPlain }: InsertSurroundings,
): StoreMode {
  const { upsert, tokenization } = settings;
  if (upsert !== undefined && upsert !== null && typeof upsert !== 'string') {
    throw new VaultRefusal(400, 'Invalid request. upsert must name a column');
  }
  return {
    upsert: typeof upsert === 'string' && upsert !== '' ? upsert : undefined,
    tokenization: tokenization === true,
    keepTokens: options.upsertToken === 'keep',
    isPlain,
  };
}
