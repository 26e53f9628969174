import { classifyStatus } from './classify-status.js';
import type { AuthorisedAnswer } from './authorised-post.js';
import { isLastingFailure } from './describe-network-error.js';
import { readRequestId } from '../outside/known-forms.js';
import { oneLine, outsideText, readErrorEnvelope } from './error-envelope.js';
import type { AnswerHeaders, PostOutcome } from './post.js';
import { parseRetryAfter } from './retry-after.js';
import { createScrubber } from './scrub.js';
import type { InsertAnswer, RecordColumns, RecordFailure } from './vault-client.js';
import type { Wire } from './wire.js';

export interface InsertRequest {
  readonly wire: Wire;
  readonly plainTokens: boolean;
  readonly records: RecordColumns;
}

/**
 * What became of an insert, in the terms of the contract. Text from outside becomes what it means here; its words, without
 * the credentials, go on as `said`, for the error log.
 */
export function readInsertAnswer(
  { outcome, credentials }: AuthorisedAnswer,
  request: InsertRequest,
): InsertAnswer {
  const scrubber = createScrubber(credentials);
  switch (outcome.kind) {
    case 'answered':
      return readAnswered(outcome, request, scrubber);
    case 'lost':
      return {
        kind: 'unavailable',
        applied: outcome.sent ? 'unknown' : 'no',
        message: oneLine(outcome.message),
        status: undefined,
        requestId: undefined,
        retryAfterMs: undefined,
        networkCode: outcome.code,
        lasting: !outcome.sent && isLastingFailure(outcome.code),
      };
    case 'no_credential': {
      const message = oneLine(outcome.error.message);
      if (outcome.error.code !== 'unavailable') {
        return { kind: 'unauthorized', status: 401, requestId: undefined, message };
      }
      return unavailable('no', { message, status: undefined, requestId: undefined }, {});
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
      const message = `the answer cannot be read (${body.length} bytes)`;
      return unavailable('unknown', { message, status, requestId: requestId(headers, records) }, headers);
    }
    const isClean = judgement.failures.length === 0 && judgement.doubtful.length === 0;
    return {
      kind: 'judged',
      status,
      requestId: isClean ? undefined : requestId(headers, records),
      failures: judgement.failures.map(withMeaning),
      doubtful: judgement.doubtful,
    };
  }
  const { said, message } = readErrorEnvelope(text, scrubber);
  const facts = { status, requestId: requestId(headers, records), message, said };
  const verdict = classifyStatus(status, said.forErrorLog());
  switch (verdict.kind) {
    case 'refused':
    case 'too_large':
    case 'unauthorized':
    case 'denied':
      return { kind: verdict.kind, ...facts };
    case 'throttled':
      return { kind: 'throttled', ...facts, retryAfterMs: retryAfter(headers) };
    case 'unavailable':
      return unavailable(verdict.applied, facts, headers);
    case 'accepted':
      return unavailable('unknown', facts, headers);
    default:
      return verdict satisfies never;
  }
}

function unavailable(
  applied: 'no' | 'unknown',
  facts: Pick<Extract<InsertAnswer, { kind: 'unavailable' }>, 'message' | 'said' | 'status' | 'requestId'>,
  headers: AnswerHeaders,
): InsertAnswer {
  return {
    kind: 'unavailable',
    applied,
    ...facts,
    retryAfterMs: retryAfter(headers),
    networkCode: undefined,
  };
}

/** The words of a vault about one record are kept apart from what they mean; what we say of it ourselves stays. */
function withMeaning(failure: RecordFailure): RecordFailure {
  if (failure.reason !== 'rejected') return failure;
  const said = outsideText(failure.message);
  return { ...failure, message: said.shape, said };
}

function requestId(headers: AnswerHeaders, { values, tokens }: RecordColumns): string | undefined {
  return readRequestId(headers['x-request-id'], values, tokens);
}

/** The pause that an answer asks for. */
export function retryAfter(headers: AnswerHeaders): number | undefined {
  const header = headers['retry-after'];
  return parseRetryAfter(typeof header === 'string' ? header : header?.[0], Date.now());
}
