import { answerText, describeForeignAnswer } from './answer-text.js';
import { authorisedPost, type AuthorisedAnswer } from './authorised-post.js';
import { classifyStatus, type StatusVerdict } from './http-statuses.js';
import { createDispatcher } from './dispatcher.js';
import { oneLine, readErrorEnvelope } from './error-envelope.js';
import { retryAfter } from './insert-answer.js';
import { asArray, asObject, parseJson } from './json.js';
import { createScrubber } from './scrub.js';
import type { VaultAccess } from './vault-access.js';
import type { Pairs, VaultRequest } from './vault-routes.js';
import { basePathOf } from './wire.js';
import { wires } from './wires.js';

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
  /** Inserts records, all or none, and says their ids: as many as were sent, or it is no answer. */
  insert(records: Pairs, asked: Asked): Promise<StoreAnswer<readonly string[]>>;
  /** Deletes these records, or all of them. */
  remove(ids: readonly string[] | 'all', asked: Asked): Promise<StoreAnswer<undefined>>;
  close(): Promise<void>;
}

export interface StoredRecordsOptions extends VaultAccess {
  /** For `insert`. */
  readonly byot: 'DISABLE' | 'ENABLE' | 'ENABLE_STRICT';
  readonly connections: number;
}

export const pageRecords = 25;

/** Opens the way to a table's records. Throws a SuperviseError `config` for unusable settings. */
export async function openStoredRecords(options: StoredRecordsOptions): Promise<StoredRecords> {
  const url = new URL(options.vaultUrl);
  const routes = wires[options.wire].routes({ ...options, basePath: basePathOf(url) });
  const dispatcher = await createDispatcher(url, options, options.connections);
  const send = ({ path, method, body }: VaultRequest, { signal }: Asked): Promise<AuthorisedAnswer> =>
    authorisedPost(dispatcher, options.credential, {
      ...{ path, method, timeoutMs: options.requestTimeoutMs, signal },
      body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
    });
  const readIds = (body: unknown): { value: string[] } | undefined => {
    const ids = asArray(asObject(body)?.['records'])?.map((record) => routes.idOf(record));
    return ids?.every((id) => typeof id === 'string') === true ? { value: ids } : undefined;
  };
  return {
    async count(asked) {
      return readAnswer(await send(routes.count(), asked), readCount);
    },
    async page(offset, asked) {
      const answered = await send(routes.page(offset, pageRecords), asked);
      const { outcome } = answered;
      // An empty table is not found, and says so of its records.
      if (outcome.kind === 'answered' && outcome.status === 404 && saysEmpty(outcome.body.toString())) {
        return { kind: 'done', value: [] };
      }
      return readAnswer(answered, readIds);
    },
    async insert(records, asked) {
      const answered = await send(routes.insert(records, options.byot), asked);
      return readAnswer(answered, (body) => {
        const found = readIds(body);
        return found?.value.length === records.values.length ? found : undefined;
      });
    },
    async remove(ids, asked) {
      const request = routes.remove(ids);
      if (request === undefined) return refused('the vault has no request for all of them', 400, 'refused');
      return readAnswer(await send(request, asked), (body) =>
        routes.isRemoved(body) ? { value: undefined } : undefined,
      );
    },
    close: () => dispatcher.destroy(),
  };
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

/** `No records found`, and not `Vault … not found` or `Table … does not exist`. */
function saysEmpty(body: string): boolean {
  const words = readErrorEnvelope(body, (text) => text).said.forJudging();
  return /\brecords?\b/i.test(words) && !/\bvault\b|\btable\b|\bobject\b/i.test(words);
}
