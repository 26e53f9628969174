import type { OutsideText } from '../outside/outside-text.js';
import type { StillAllowed } from './post.js';
import type { RecordColumns, RecordFailure } from './record-columns.js';
import type { WireName } from './wires.js';

interface AnswerFacts {
  readonly status: number;
  /** `x-request-id` of the answer. */
  readonly requestId: string | undefined;
}

interface AnswerMessage {
  /** What it means, in words of ours: for everybody. */
  readonly message: string;
  /** The vault's own words: for the error log alone. */
  readonly said?: OutsideText | undefined;
  /** What is known of the effect of the whole request, by `EFFECT_TABLE`: `no`, nothing was inserted. */
  readonly applied: 'no' | 'unknown';
}

/** What one insert request came to. A closed union: whoever sends decides by `kind` and `applied` alone. */
export type InsertAnswer =
  /** Results record by record: what stands in none of the lists is uploaded under its own token. */
  | (AnswerFacts & {
      readonly kind: 'judged';
      /** Refused for their content; nothing of them was inserted. */
      readonly failures: readonly RecordFailure[];
      /** Indexes of records for which the answer has no entry or no id: they may be in the vault or not. */
      readonly doubtful: readonly number[];
      /** Indexes of records that the vault took and did not give their token back for: they may be under another one. */
      readonly mismatched: readonly number[];
      /** Where they are kept: the vault's ids, by index. */
      readonly ids?: ReadonlyMap<number, string> | undefined;
    })
  /** The whole request was refused for its content (400, 409, 422 and other 4xx). */
  | (AnswerFacts & AnswerMessage & { readonly kind: 'refused' })
  /** Too many records or bytes (413, or a complaint about size). */
  | (AnswerFacts & AnswerMessage & { readonly kind: 'too_large' })
  /** 429, 503, 529: the whole vault wants a rest. */
  | (AnswerFacts & AnswerMessage & { readonly kind: 'throttled'; readonly retryAfterMs: number | undefined })
  /** 401, after one renewal of the credential where the answer is the vault's own. */
  | (AnswerFacts & AnswerMessage & { readonly kind: 'unauthorized' })
  /** 403, 404 or a redirect: it will not get better by trying. */
  | (AnswerFacts & AnswerMessage & { readonly kind: 'denied' })
  /** Network error, timeout, 408, 425, 499, other 5xx, unreadable answer: worth another attempt. */
  | (AnswerMessage & {
      readonly kind: 'unavailable';
      readonly status: number | undefined;
      readonly requestId: string | undefined;
      readonly retryAfterMs: number | undefined;
      /** `ECONNRESET`, `UND_ERR_HEADERS_TIMEOUT`, … where there was no answer. */
      readonly networkCode: string | undefined;
      /** No connection, for a reason that lies in the settings: name, certificate, protocol, proxy credentials. */
      readonly lasting?: boolean | undefined;
    });

/** An answer that says something of each record. */
export type JudgedAnswer = Extract<InsertAnswer, { kind: 'judged' }>;

/** What the vault holds under each token asked for, in order. */
export type LookupAnswer =
  | {
      readonly kind: 'found';
      readonly held: readonly (string | undefined)[];
      /** False: what is held is not to be compared with anything; only that something is. */
      readonly showsValues: boolean;
    }
  /** The vault cannot be asked (not allowed, not known, no answer); `retryable` when asking again may help. */
  | {
      readonly kind: 'unanswered';
      readonly message: string;
      readonly status: number | undefined;
      readonly retryable: boolean;
      readonly retryAfterMs: number | undefined;
      /** No connection, for a reason that lies in the settings. */
      readonly lasting?: boolean | undefined;
    };

/** Records on their way, ready to be sent any number of times. */
export interface InsertRequest {
  readonly records: RecordColumns;
  readonly wire: WireName;
  readonly body: Buffer;
  /** No token needed an escape, so that the answer may be scanned for them. */
  readonly plainTokens: boolean;
  /** Milliseconds of building the payload text. */
  readonly payloadMs: number;
  /** Milliseconds of turning it into bytes. */
  readonly serializationMs: number;
}

/**
 * One vault and table, as seen by the delivery loop. Each call is one request and one answer: retrying, pacing,
 * dividing and looking up are the caller's. An aborted `signal` rejects with its reason, a request that is not allowed
 * any more when its first byte is due with `PermitExpired`; nothing else rejects but a defect.
 */
export interface VaultClient {
  /** Puts records into a request: a step of its own, so that it is known how large a request is before it is sent. */
  encode(records: RecordColumns, wire?: WireName): InsertRequest;
  insert(
    request: InsertRequest,
    options: { readonly signal: AbortSignal; readonly stillAllowed?: StillAllowed | undefined },
  ): Promise<{ readonly answer: InsertAnswer; readonly apiMs: number }>;
  /**
   * Asks by token (detokenize, plain text), or by `values` where that is configured, at most one request. Never puts a value in a URL. `valueCharacters`: how
   * much text the answer may hold by right.
   */
  lookup(
    tokens: readonly string[],
    options: {
      readonly signal: AbortSignal;
      readonly valueCharacters?: number;
      readonly values?: readonly string[];
      readonly stillAllowed?: StillAllowed | undefined;
    },
  ): Promise<LookupAnswer>;
  close(): Promise<void>;
}
