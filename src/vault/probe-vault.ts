import { randomUUID } from 'node:crypto';
import type { Dispatcher } from 'undici';
import { answerText, describeForeignAnswer, isWebPage, unaskedEncoding } from './answer-text.js';
import { authorisedPost, type AuthorisedAnswer } from './authorised-post.js';
import type { Credential } from './credential.js';
import { createDispatcher, type ConnectionSettings } from './dispatcher.js';
import { isLastingFailure } from './describe-network-error.js';
import { readRequestId } from '../outside/known-forms.js';
import { oneLine, readErrorEnvelope } from './error-envelope.js';
import { asArray, asObject, parseJson } from './json-object.js';
import type { FlowSettings } from './flow/flow-settings.js';
import { lookupRequests, readLookupAnswer } from './lookup.js';
import type { OutsideText } from '../outside/outside-text.js';
import type { AnswerHeaders } from './post.js';
import { createScrubber } from './scrub.js';
import type { LookupAnswer } from './vault-client.js';
import type { WireName } from './wires.js';

export interface VaultProbeOptions extends ConnectionSettings {
  readonly vaultUrl: string;
  readonly vaultId: string;
  readonly table: string;
  readonly column: string;
  readonly wire: WireName;
  readonly flow?: FlowSettings | undefined;
  readonly requestTimeoutMs: number;
  readonly credential: Credential;
  readonly lookupCredential?: Credential | undefined;
}

/** What one question to the vault came to; `status` is absent when nobody answered. */
export interface ProbeAnswer {
  readonly status: number | undefined;
  /** What the answer means, in words of ours. */
  readonly message: string;
  /** The answer is of a form that no vault has: a web page, a redirect, a 2xx without records. */
  readonly isForeign?: boolean | undefined;
  /** The vault's own words, to be judged by, and not to be shown. */
  readonly said?: OutsideText | undefined;
  readonly requestId?: string | undefined;
  /** No connection, for a reason that lies in the settings: name, certificate, protocol, proxy. */
  readonly lasting?: boolean | undefined;
}

/** What a vault says about a table and a column, by reading alone. */
export type TableVerdict =
  | { readonly kind: 'there' }
  /** The table is there, and the vault does not know the column. */
  | { readonly kind: 'no_column'; readonly answer: ProbeAnswer }
  /** The vault or the table is not known. */
  | { readonly kind: 'unknown'; readonly answer: ProbeAnswer }
  /** Somebody else answers: a login page, a gateway, a redirect. */
  | { readonly kind: 'not_vault'; readonly answer: ProbeAnswer }
  /** It speaks `/v2`, and not the wire of this program. */
  | { readonly kind: 'other_wire'; readonly answer: ProbeAnswer }
  | { readonly kind: 'unauthorized'; readonly answer: ProbeAnswer }
  /** 403: the credential may not read, which says nothing about inserting. */
  | { readonly kind: 'not_readable'; readonly answer: ProbeAnswer }
  /** Nobody answered, or the vault is busy or failing. */
  | { readonly kind: 'unavailable'; readonly answer: ProbeAnswer };

export interface VaultProbe {
  readonly table: TableVerdict;
  /** Whether tokens can be looked up, asked with one that cannot exist; absent when nothing answered. */
  readonly lookup: LookupAnswer | undefined;
  /** How far this clock is ahead of the vault's, to the second; absent without a Date header. */
  readonly clockAheadMs: number | undefined;
  readonly latencyMs: number | undefined;
}

type Ask = (request: {
  readonly path: string;
  readonly method?: 'GET';
  readonly body?: object;
}) => Promise<ProbeAnswer>;

/**
 * Asks a vault what can be learned without inserting: one record of the table with its column redacted, so that no
 * value leaves the vault; a count where that is refused, since an empty table answers 404 like an unknown one; and a
 * token that cannot exist. Rejects only with the reason of an aborted signal, or `config` for unusable settings.
 */
export async function probeVault(options: VaultProbeOptions, signal: AbortSignal): Promise<VaultProbe> {
  const url = new URL(options.vaultUrl);
  const dispatcher = await createDispatcher(url, options, 1);
  const base = url.pathname.replace(/\/+$/, '');
  const { credential, lookupCredential = credential, requestTimeoutMs: timeoutMs } = options;
  const clock = new Clock();
  const ask: Ask = async ({ body, ...request }) => {
    const sentAt = Date.now();
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const answered = await authorisedPost(dispatcher, credential, {
      ...request,
      path: `${base}${request.path}`,
      body: bytes,
      timeoutMs,
      signal,
    });
    if (answered.outcome.kind === 'answered') clock.read(answered.outcome.headers, sentAt, Date.now());
    return readProbeAnswer(answered);
  };
  try {
    const table = await (options.wire === 'flow' ? judgeFlowTable : judgeTable)(ask, options);
    const answers = table.kind !== 'unavailable' && table.kind !== 'other_wire' && table.kind !== 'not_vault';
    const lookup = answers
      ? await lookUp(dispatcher, lookupCredential, { base, options, signal })
      : undefined;
    return { table, lookup, clockAheadMs: clock.aheadMs, latencyMs: clock.latencyMs };
  } finally {
    await dispatcher.destroy();
  }
}

async function judgeTable(
  ask: Ask,
  { vaultId, table, column }: Pick<VaultProbeOptions, 'vaultId' | 'table' | 'column'>,
): Promise<TableVerdict> {
  const vault = `/v1/vaults/${encodeURIComponent(vaultId)}`;
  const page = new URLSearchParams({ offset: '0', limit: '1', redaction: 'REDACTED', fields: column });
  const read = await ask({ path: `${vault}/${encodeURIComponent(table)}?${page.toString()}`, method: 'GET' });
  const first = plainVerdict(read);
  if (first !== undefined) return first;
  const query = (sql: string): Promise<ProbeAnswer> => ask({ path: `${vault}/query`, body: { query: sql } });
  const counted = await query(`SELECT COUNT(${sqlName(column)}) FROM ${sqlName(table)}`);
  if (isAccepted(counted)) return { kind: 'there' };
  if (counted.status === 400 || counted.status === 404) {
    if (isAccepted(await query(`SELECT COUNT(*) FROM ${sqlName(table)}`)))
      return { kind: 'no_column', answer: counted };
  }
  if (read.status === 403) return { kind: 'not_readable', answer: read };
  const newer = await ask({
    path: '/v2/tokens/detokenize',
    body: { vaultID: vaultId, tokens: [impossibleToken()] },
  });
  if (isUnderstood(newer)) return { kind: 'other_wire', answer: read };
  if (counted.status === 403) return { kind: 'not_readable', answer: counted };
  return { kind: 'unknown', answer: read };
}

/** The same of a Flow vault: one record of the table, redacted. Its answers to what is not there are known from SDKs alone. */
async function judgeFlowTable(
  ask: Ask,
  { vaultId, table, column }: Pick<VaultProbeOptions, 'vaultId' | 'table' | 'column'>,
): Promise<TableVerdict> {
  const read = await ask({
    path: '/v2/records/get',
    body: {
      vaultID: vaultId,
      tableName: table,
      columns: [column],
      columnRedactions: [{ columnName: column, redaction: 'redacted' }],
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

/** A verdict that needs no second question. */
function plainVerdict(answer: ProbeAnswer): TableVerdict | undefined {
  if (isAccepted(answer)) return { kind: 'there' };
  const { status } = answer;
  if (answer.isForeign === true) return { kind: 'not_vault', answer };
  if (status === undefined || status === 408 || status === 429 || (status >= 500 && status !== 501))
    return { kind: 'unavailable', answer };
  return status === 401 ? { kind: 'unauthorized', answer } : undefined;
}

const isAccepted = ({ status, isForeign }: ProbeAnswer): boolean =>
  status !== undefined && status >= 200 && status < 300 && isForeign !== true;

/** Whether a detokenize was understood: answered, or refused for its token rather than for its path or vault. */
function isUnderstood(answer: ProbeAnswer): boolean {
  if (isAccepted(answer)) return true;
  return (
    (answer.status === 400 || answer.status === 404) && /\btokens?\b/i.test(answer.said?.forJudging() ?? '')
  );
}

/** A name as SQL: quoted only where it must be. */
const sqlName = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : `"${name}"`);

const impossibleToken = (): string => `skyflow-supervise-check-${randomUUID()}`;

async function lookUp(
  dispatcher: Dispatcher,
  credential: Credential,
  asked: { readonly base: string; readonly options: VaultProbeOptions; readonly signal: AbortSignal },
): Promise<LookupAnswer> {
  const { base, options, signal } = asked;
  const tokens = [impossibleToken()];
  const requests = lookupRequests({ ...options, basePath: base });
  const answered = await authorisedPost(dispatcher, credential, {
    path: requests.path,
    body: Buffer.from(requests.payload(tokens)),
    timeoutMs: options.requestTimeoutMs,
    signal,
  });
  return readLookupAnswer(answered, tokens);
}

function readProbeAnswer({ outcome, credentials }: AuthorisedAnswer): ProbeAnswer {
  switch (outcome.kind) {
    case 'lost':
      return {
        status: undefined,
        message: oneLine(outcome.message),
        lasting: !outcome.sent && isLastingFailure(outcome.code),
      };
    case 'no_credential':
      return { status: undefined, message: oneLine(outcome.error.message) };
    case 'answered': {
      const { status, headers, body } = outcome;
      const requestId = readRequestId(headers['x-request-id']);
      // Of an answer that holds a record nothing is kept.
      const text = answerText(body);
      if (status >= 200 && status < 300) {
        const isReadable = unaskedEncoding(headers) === undefined && holdsResults(text);
        const message = isReadable ? '' : describeForeignAnswer(outcome);
        return { status, message, requestId, isForeign: !isReadable };
      }
      if (status < 400 || (status < 500 && isWebPage(outcome))) {
        return { status, message: describeForeignAnswer(outcome), requestId, isForeign: true };
      }
      const { said, message } = readErrorEnvelope(text, createScrubber(credentials));
      return { status, message, said, requestId };
    }
    default:
      return outcome satisfies never;
  }
}

/** `{records}`, or `{response}` where it speaks `/v2`. */
function holdsResults(text: string): boolean {
  const answer = asObject(parseJson(text));
  return asArray(answer?.['records'] ?? answer?.['response']) !== undefined;
}

/** The vault's clock against this one, by the Date header, which has whole seconds: the quickest answer counts. */
class Clock {
  aheadMs: number | undefined;
  latencyMs: number | undefined;

  read(headers: AnswerHeaders, sentAtMs: number, receivedAtMs: number): void {
    const latencyMs = receivedAtMs - sentAtMs;
    if (this.latencyMs !== undefined && latencyMs >= this.latencyMs) return;
    this.latencyMs = latencyMs;
    const header = headers['date'];
    const vaultMs = Date.parse(typeof header === 'string' ? header : '');
    if (Number.isNaN(vaultMs)) return;
    // The header's second began up to a second ago, somewhere between sending and receiving.
    const earliest = sentAtMs - (vaultMs + 1000);
    const latest = receivedAtMs - vaultMs;
    this.aheadMs = earliest > 0 ? earliest : latest < 0 ? latest : 0;
  }
}
