import { answerText, describeForeignAnswer, isWebPage, unaskedEncoding } from './answer-text.js';
import { authorisedPost, type AuthorisedAnswer } from './authorised-post.js';
import type { Credential } from './credential/credential.js';
import { createDispatcher } from './dispatcher.js';
import { isLastingFailure } from './describe-network-error.js';
import { readRequestId } from '../outside/known-forms.js';
import { oneLine, readErrorEnvelope } from './error-envelope.js';
import { asArray, asObject, parseJson } from './json.js';
import { readLookupAnswer } from './lookup.js';
import type { AnswerHeaders } from './post.js';
import { createScrubber } from './scrub.js';
import type { LookupAnswer } from './vault-client.js';
import { impossibleToken, type AskVault, type ProbeAnswer, type TableVerdict } from './table-verdict.js';
import type { VaultAccess } from './vault-access.js';
import { basePathOf } from './wire.js';
import { wires } from './wires.js';

export interface VaultProbeOptions extends VaultAccess {
  readonly lookupCredential?: Credential | undefined;
}

export interface VaultProbe {
  readonly table: TableVerdict;
  /** Whether tokens can be looked up, asked with one that cannot exist; absent when nothing answered. */
  readonly lookup: LookupAnswer | undefined;
  /** How far this clock is ahead of the vault's, to the second; absent without a Date header. */
  readonly clockAheadMs: number | undefined;
  readonly latencyMs: number | undefined;
}

/**
 * Asks a vault what can be learned without inserting: one record of the table with its column redacted, so that no
 * value leaves the vault; a count where that is refused, since an empty table answers 404 like an unknown one; and a
 * token that cannot exist. Rejects only with the reason of an aborted signal, or `config` for unusable settings.
 */
export async function probeVault(options: VaultProbeOptions, signal: AbortSignal): Promise<VaultProbe> {
  const url = new URL(options.vaultUrl);
  const dispatcher = await createDispatcher(url, options, 1);
  const routes = wires[options.wire].routes({ ...options, basePath: basePathOf(url) });
  const { credential, lookupCredential = credential, requestTimeoutMs: timeoutMs } = options;
  const clock = new Clock();
  const ask: AskVault = async ({ body, ...request }) => {
    const sentAt = Date.now();
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const answered = await authorisedPost(dispatcher, credential, {
      ...request,
      body: bytes,
      timeoutMs,
      signal,
    });
    if (answered.outcome.kind === 'answered') clock.read(answered.outcome.headers, sentAt, Date.now());
    return readProbeAnswer(answered);
  };
  const lookUp = async (): Promise<LookupAnswer> => {
    const tokens = [impossibleToken()];
    const { path, body } = routes.lookup(tokens, 'value');
    const request = { path, body: Buffer.from(JSON.stringify(body)), timeoutMs, signal };
    return readLookupAnswer(await authorisedPost(dispatcher, lookupCredential, request), tokens);
  };
  try {
    const table = await routes.judgeTable(ask);
    const answers = table.kind !== 'unavailable' && table.kind !== 'other_wire' && table.kind !== 'not_vault';
    const lookup = answers ? await lookUp() : undefined;
    return { table, lookup, clockAheadMs: clock.aheadMs, latencyMs: clock.latencyMs };
  } finally {
    await dispatcher.destroy();
  }
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
