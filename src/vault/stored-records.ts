import { answerText, describeForeignAnswer } from './answer-text.js';
import { authorisedPost, type AuthorisedAnswer } from './authorised-post.js';
import { classifyStatus, type StatusVerdict } from './classify-status.js';
import type { Credential } from './credential.js';
import { createDispatcher, type ConnectionSettings } from './dispatcher.js';
import { oneLine, readErrorEnvelope } from './error-envelope.js';
import { retryAfter } from './insert-answer.js';
import { asArray, asObject, parseJson } from './json-object.js';
import type { FlowSettings } from './flow/flow-settings.js';
import { createFlowWire } from './flow/flow-wire.js';
import { escapeText } from './json-text.js';
import { createScrubber } from './scrub.js';
import type { WireName } from './wires.js';

/** What asking for, or deleting, stored records came to. */
export type StoreAnswer<T> =
  | { readonly kind: 'done'; readonly value: T }
  | {
      readonly kind: 'refused';
      /** Undefined: no answer came. */
      readonly status: number | undefined;
      readonly message: string;
      /** What the status says of the request as a whole. */
      readonly verdict: StatusVerdict['kind'];
      readonly retryAfterMs: number | undefined;
    };

/** Values and tokens of one column, by record. */
export interface InsertColumn {
  readonly column: string;
  readonly values: readonly string[];
  readonly tokens: readonly string[];
}

interface Asked {
  readonly signal: AbortSignal;
}

/**
 * The records that one table of a vault holds, whoever put them there. Each call is one request; trying again is the
 * caller's. An aborted `signal` rejects with its reason.
 */
export interface StoredRecords {
  count(asked: Asked): Promise<StoreAnswer<number>>;
  /** The ids of a page, none beyond the end. At most 25: more fails on some vaults. */
  page(offset: number, asked: Asked): Promise<StoreAnswer<readonly string[]>>;
  /** Inserts records of one column, all or none, and says their ids: as many as were sent, or it is no answer. */
  insert(column: InsertColumn, asked: Asked): Promise<StoreAnswer<readonly string[]>>;
  /** Deletes these records, or all of them. */
  remove(ids: readonly string[] | 'all', asked: Asked): Promise<StoreAnswer<undefined>>;
  close(): Promise<void>;
}

export interface StoredRecordsOptions extends ConnectionSettings {
  readonly vaultUrl: string;
  readonly vaultId: string;
  readonly table: string;
  readonly credential: Credential;
  readonly wire: WireName;
  readonly flow?: FlowSettings | undefined;
  /** For `insert`. */
  readonly byot: 'DISABLE' | 'ENABLE' | 'ENABLE_STRICT';
  readonly connections: number;
  readonly requestTimeoutMs: number;
}

export const pageRecords = 25;

/** Opens the way to a table's records. Throws a SuperviseError `config` for unusable settings. */
export async function openStoredRecords(options: StoredRecordsOptions): Promise<StoredRecords> {
  const { vaultId, table, credential, requestTimeoutMs: timeoutMs } = options;
  const url = new URL(options.vaultUrl);
  const vaultPath = `${url.pathname.replace(/\/+$/, '')}/v1/vaults/${encodeURIComponent(vaultId)}`;
  const tablePath = `${vaultPath}/${encodeURIComponent(table)}`;
  const dispatcher = await createDispatcher(url, options, options.connections);
  const send = (
    request: { path: string; method?: 'GET' | 'DELETE'; body?: unknown },
    { signal }: Asked,
  ): Promise<AuthorisedAnswer> =>
    authorisedPost(dispatcher, credential, {
      path: request.path,
      method: request.method,
      body: request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body)),
      timeoutMs,
      signal,
    });
  if (options.wire === 'flow') {
    return flowRecords({
      ...options,
      basePath: url.pathname.replace(/\/+$/, ''),
      send,
      close: () => dispatcher.destroy(),
    });
  }
  return {
    async count(asked) {
      const query = `SELECT COUNT(*) FROM ${table}`;
      const answered = await send({ path: `${vaultPath}/query`, body: { query } }, asked);
      return readAnswer(answered, readCount);
    },
    async page(offset, asked) {
      const path = `${tablePath}?offset=${offset}&limit=${pageRecords}`;
      const answered = await send({ path, method: 'GET' }, asked);
      const { outcome } = answered;
      // An empty table is not found, and says so of its records.
      if (outcome.kind === 'answered' && outcome.status === 404 && saysEmpty(outcome.body.toString())) {
        return { kind: 'done', value: [] };
      }
      return readAnswer(answered, readIds);
    },
    async insert({ column, values, tokens }, asked) {
      const records = values.map((value, at) => ({
        fields: { [column]: value },
        tokens: { [column]: tokens[at] ?? '' },
      }));
      const body = { records, tokenization: true, byot: options.byot };
      const answered = await send({ path: tablePath, body }, asked);
      return readAnswer(answered, (found) => readInsertedIds(found, values.length));
    },
    async remove(ids, asked) {
      const body = { skyflow_ids: ids === 'all' ? ['*'] : ids };
      return readAnswer(await send({ path: tablePath, method: 'DELETE', body }, asked), () => ({
        value: undefined,
      }));
    },
    close: () => dispatcher.destroy(),
  };
}

type Send = (request: { path: string; body?: unknown }, asked: Asked) => Promise<AuthorisedAnswer>;

/** The same records of a Flow vault, whose routes name vault and table in the body. */
function flowRecords(
  options: StoredRecordsOptions & { readonly basePath: string; readonly send: Send; close(): Promise<void> },
): StoredRecords {
  const { basePath, vaultId: vaultID, table: tableName, send } = options;
  const ask = (route: string, body: object, asked: Asked): Promise<AuthorisedAnswer> =>
    send({ path: `${basePath}/v2/${route}`, body: { vaultID, ...body } }, asked);
  return {
    async count(asked) {
      return readAnswer(await ask('query', { query: `SELECT COUNT(*) FROM ${tableName}` }, asked), readCount);
    },
    async page(offset, asked) {
      const answered = await ask('records/get', { tableName, offset, limit: pageRecords }, asked);
      const { outcome } = answered;
      if (outcome.kind === 'answered' && outcome.status === 404 && saysEmpty(outcome.body.toString())) {
        return { kind: 'done', value: [] };
      }
      return readAnswer(answered, (body) => readFlowIds(body));
    },
    async insert({ column, values, tokens }, asked) {
      // Records, whichever way tokens take: they are counted by their ids.
      const flow = options.flow && { ...options.flow, byot: 'insert' as const };
      const wire = createFlowWire({ ...options, flow, table: tableName, column, upsert: false });
      const cells = { values: values.map(escapeText), tokens: tokens.map(escapeText) };
      const answered = await send({ path: wire.path, body: JSON.parse(wire.payload(cells)) }, asked);
      return readAnswer(answered, (body) => {
        const found = readFlowIds(body);
        return found?.value.length === values.length ? found : undefined;
      });
    },
    async remove(ids, asked) {
      if (ids === 'all') return refused('a Flow vault has no request for all of them', 400, 'refused');
      return readAnswer(await ask('records/delete', { tableName, skyflowIDs: ids }, asked), (body) => {
        const entries = asArray(asObject(body)?.['records']);
        const isGone = (entry: unknown): boolean => {
          const { error, httpCode } = asObject(entry) ?? { error: true };
          return error === undefined || error === null || error === '' || httpCode === 404;
        };
        return entries?.every(isGone) === true ? { value: undefined } : undefined;
      });
    },
    close: () => options.close(),
  };
}

function readFlowIds(body: unknown): { value: string[] } | undefined {
  const ids = asArray(asObject(body)?.['records'])?.map((record) => asObject(record)?.['skyflowID']);
  return ids?.every((id) => typeof id === 'string') === true ? { value: ids } : undefined;
}

function readAnswer<T>(
  { outcome, credentials }: AuthorisedAnswer,
  read: (body: unknown) => { value: T } | undefined,
): StoreAnswer<T> {
  switch (outcome.kind) {
    case 'lost':
      return refused(oneLine(outcome.message), undefined, 'unavailable');
    case 'no_credential':
      return refused(
        oneLine(outcome.error.message),
        undefined,
        outcome.error.code === 'unavailable' ? 'unavailable' : 'unauthorized',
      );
    case 'answered': {
      const { status, headers, body } = outcome;
      const text = answerText(body);
      if (status >= 200 && status < 300) {
        const found = read(parseJson(text));
        if (found !== undefined) return { kind: 'done', value: found.value };
        return refused(describeForeignAnswer(outcome), status, 'unavailable');
      }
      const { said, message } = readErrorEnvelope(text, createScrubber(credentials));
      const verdict = classifyStatus(status, said.forJudging());
      return refused(message, status, verdict.kind, retryAfter(headers));
    }
    default:
      return outcome satisfies never;
  }
}

function refused(
  message: string,
  status: number | undefined,
  verdict: StatusVerdict['kind'],
  retryAfterMs?: number,
): Extract<StoreAnswer<never>, { kind: 'refused' }> {
  return { kind: 'refused', status, message, verdict, retryAfterMs };
}

/** The one figure of the one record, whatever its column is called. */
function readCount(body: unknown): { value: number } | undefined {
  const [record] = asArray(asObject(body)?.['records']) ?? [];
  const row = asObject(record);
  const [figure] = Object.values(asObject(row?.['fields'] ?? row?.['data']) ?? {});
  const count = typeof figure === 'string' && /^\d+$/.test(figure) ? Number(figure) : figure;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0
    ? { value: count }
    : undefined;
}

function readIds(body: unknown): { value: string[] } | undefined {
  const records = asArray(asObject(body)?.['records']);
  if (records === undefined) return undefined;
  const ids = records.map((record) => asObject(asObject(record)?.['fields'])?.['skyflow_id']);
  return ids.every((id) => typeof id === 'string') ? { value: ids } : undefined;
}

function readInsertedIds(body: unknown, wanted: number): { value: string[] } | undefined {
  const records = asArray(asObject(body)?.['records']) ?? [];
  const ids = records.map((record) => asObject(record)?.['skyflow_id']);
  return ids.length === wanted && ids.every((id) => typeof id === 'string') ? { value: ids } : undefined;
}

/** `No records found`, and not `Vault … not found` or `Table … does not exist`. */
function saysEmpty(body: string): boolean {
  const words = readErrorEnvelope(body, (text) => text).said.forJudging();
  return /\brecords?\b/i.test(words) && !/\bvault\b|\btable\b|\bobject\b/i.test(words);
}
