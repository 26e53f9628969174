import { classifyStatus } from './classify-status.js';
import type { AuthorisedAnswer } from './authorised-post.js';
import { isLastingFailure } from './describe-network-error.js';
import { oneLine, readErrorEnvelope, readRequestId } from './error-envelope.js';
import type { AnswerHeaders, PostOutcome } from './post.js';
import { parseRetryAfter } from './retry-after.js';
import { createScrubber } from './scrub.js';
import type { InsertAnswer, RecordColumns } from './vault-client.js';
import type { Wire } from './wire.js';

export interface InsertRequest {
  readonly wire: Wire;
  readonly plainTokens: boolean;
  readonly records: RecordColumns;
}

/** What became of an insert, in the terms of the contract. All text from outside is scrubbed here. */
export function readInsertAnswer(
  { outcome, credentials }: AuthorisedAnswer,
  request: InsertRequest,
): InsertAnswer {
  const scrubber = createScrubber({ ...request.records, credentials });
  switch (outcome.kind) {
    case 'answered':
      return readAnswered(outcome, request, scrubber);
    case 'lost':
      return {
        kind: 'unavailable',
        applied: outcome.sent ? 'unknown' : 'no',
        message: oneLine(scrubber(outcome.message)),
        status: undefined,
        requestId: undefined,
        retryAfterMs: undefined,
        networkCode: outcome.code,
        lasting: !outcome.sent && isLastingFailure(outcome.code),
      };
    case 'no_credential': {
      const message = oneLine(scrubber(outcome.error.message));
      if (outcome.error.code !== 'unavailable') {
        return { kind: 'unauthorized', status: 401, requestId: undefined, message };
      }
      return unavailable('no', message, undefined, {});
    }
    default:
      return outcome satisfies never;
  }
}

function readAnswered(
  { status, headers, body }: PostOutcome & { kind: 'answered' },
  { wire, plainTokens, records }: InsertRequest,
  scrubber: (text: string) => string,
): InsertAnswer {
  const text = body.toString();
  if (status >= 200 && status < 300) {
    const scrub = (words: string) => oneLine(scrubber(words));
    const judgement = wire.judge(text, { records, plainTokens, status, scrub });
    if (judgement === undefined) {
      return unavailable('unknown', `the answer cannot be read (${body.length} bytes)`, status, headers);
    }
    return { kind: 'judged', status, requestId: requestId(headers), ...judgement };
  }
  const { message: words, grpcCode } = readErrorEnvelope(text, scrubber);
  const code = grpcCode === undefined ? '' : ` (gRPC ${grpcCode})`;
  const message = words === '' ? `HTTP ${status} without a message${code}` : words;
  const facts = { status, requestId: requestId(headers), message };
  const verdict = classifyStatus(status, words);
  switch (verdict.kind) {
    case 'refused':
    case 'too_large':
    case 'unauthorized':
    case 'denied':
      return { kind: verdict.kind, ...facts };
    case 'throttled':
      return { kind: 'throttled', ...facts, retryAfterMs: retryAfter(headers) };
    case 'unavailable':
      return unavailable(verdict.applied, message, status, headers);
    case 'accepted':
      return unavailable('unknown', message, status, headers);
    default:
      return verdict satisfies never;
  }
}

function unavailable(
  applied: 'no' | 'unknown',
  message: string,
  status: number | undefined,
  headers: AnswerHeaders,
): InsertAnswer {
  return {
    kind: 'unavailable',
    applied,
    message,
    status,
    requestId: requestId(headers),
    retryAfterMs: retryAfter(headers),
    networkCode: undefined,
  };
}

function requestId(headers: AnswerHeaders): string | undefined {
  return readRequestId(headers['x-request-id']);
}

/** The pause that an answer asks for. */
export function retryAfter(headers: AnswerHeaders): number | undefined {
  const header = headers['retry-after'];
  return parseRetryAfter(typeof header === 'string' ? header : header?.[0], Date.now());
}
