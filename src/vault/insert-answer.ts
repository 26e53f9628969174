import { packedOf } from '../record/packed-batch.js';
import { firstText } from '../record/packed-cells.js';
import { answerText, describeForeignAnswer, unaskedEncoding } from './answer-text.js';
import type { AuthorisedAnswer } from './authorised-post.js';
import { classifyStatus, type StatusVerdict } from './http-statuses.js';
import { isLastingFailure } from './describe-network-error.js';
import { effectOf, isUnpromising, type Seen, type VaultEnvelope } from './effect-table.js';
import { readRequestId } from '../outside/known-forms.js';
import type { OutsideText } from '../outside/outside-text.js';
import { oneLine, outsideText, readErrorEnvelope } from './error-envelope.js';
import type { AnswerHeaders, PostOutcome } from './post.js';
import type { RecentRequests } from './recent-requests.js';
import { parseReset, parseRetryAfter } from './retry-after.js';
import { createScrubber } from './scrub.js';
import type { InsertAnswer } from './vault-client.js';
import type { RecordColumns, RecordFailure } from './record-columns.js';
import { NOTHING_WRONG, type Judgement, type Wire } from './wire.js';

/** What is looked at of the words about one record: an answer may hold as many of them as records. */
const LONGEST_WORDS = 1024;

export interface AnsweredRequest {
  readonly wire: Wire;
  readonly plainTokens: boolean;
  readonly records: RecordColumns;
  readonly recent: RecentRequests;
}

/** What became of an insert, and whether its connection is out of step and must not be used any more. */
export interface InsertReading {
  readonly answer: InsertAnswer;
  readonly isForeign: boolean;
}

/**
 * What became of an insert, in the terms of the contract. Text from outside becomes what it means here; its words, without
 * the credentials, go on as `said`, for the error log.
 */
export function readInsertAnswer(
  { outcome, credentials }: AuthorisedAnswer,
  request: AnsweredRequest,
): InsertReading {
  const scrubber = createScrubber(credentials);
  switch (outcome.kind) {
    case 'answered':
      return readAnswered(outcome, request, scrubber);
    case 'lost':
      return known({
        kind: 'unavailable',
        applied: appliedOf({ written: outcome.sent }),
        message: oneLine(outcome.message),
        status: undefined,
        requestId: undefined,
        retryAfterMs: undefined,
        networkCode: outcome.code,
        lasting: !outcome.sent && isLastingFailure(outcome.code),
      });
    case 'no_credential': {
      const message = oneLine(outcome.error.message);
      const applied = appliedOf({ written: false });
      if (outcome.error.code !== 'unavailable') {
        return known({ kind: 'unauthorized', applied, status: 401, requestId: undefined, message });
      }
      return known(unavailable(applied, { message, status: undefined, requestId: undefined }, {}));
    }
    default:
      return outcome satisfies never;
  }
}

/** Whether an answer says of itself that its request had no effect; before anything is known of other requests. */
export function isRefusedByVault({ status, body }: PostOutcome & { kind: 'answered' }): boolean {
  const { isEnvelope, ...codes } = readErrorEnvelope(answerText(body), () => '');
  const envelope = isEnvelope ? codes : undefined;
  return (
    effectOf({ written: true, answer: { status, envelope, foreign: false, perRecord: false } }) === 'none'
  );
}

function readAnswered(
  outcome: PostOutcome & { kind: 'answered' },
  { wire, plainTokens, records, recent }: AnsweredRequest,
  scrubber: (text: string) => string,
): InsertReading {
  const { status, headers, body } = outcome;
  const foreign = recent.isForeign(rawRequestId(headers));
  const isReadable = unaskedEncoding(headers) === undefined;
  if (isReadable) {
    const packed = packedOf(records);
    const isOfAnother = (token: string): boolean => recent.isOfAnother(token);
    const judgement =
      packed !== undefined && wire.takesAll?.(body, packed.tokens) === true
        ? NOTHING_WRONG
        : wire.judge(answerText(body), { records, plainTokens, status, isOfAnother });
    recent.sent(packed === undefined ? records.tokens[0] : firstText(packed.tokens));
    if (judgement === NOTHING_WRONG) {
      const { failures, doubtful, mismatched } = NOTHING_WRONG;
      return known({ kind: 'judged', status, requestId: undefined, failures, doubtful, mismatched });
    }
    if (judgement !== undefined) {
      const { isForeign = false, ...verdicts } = judgement;
      const { failures, doubtful, mismatched } = foreign ? tokensAlone(verdicts) : verdicts;
      const isClean = failures.length + doubtful.length + mismatched.length === 0;
      return {
        answer: {
          kind: 'judged',
          status,
          requestId: isClean ? undefined : requestId(headers, records),
          failures: withMeanings(failures, scrubber),
          doubtful,
          mismatched,
          ...(verdicts.ids === undefined ? {} : { ids: idsWithout(verdicts.ids, doubtful) }),
        },
        isForeign: isForeign || (foreign && doubtful.length > 0),
      };
    }
  }
  const { isEnvelope, said, message: meaning, ...codes } = readErrorEnvelope(answerText(body), scrubber);
  const envelope = isEnvelope && isReadable ? codes : undefined;
  const applied = appliedOf({ written: true, answer: { status, envelope, foreign, perRecord: false } });
  const words = said.forJudging();
  const message = envelope === undefined ? describe(outcome, words === '' ? undefined : meaning) : meaning;
  const facts = { status, requestId: requestId(headers, records), message, said };
  const verdict = classify(status, words, envelope);
  switch (verdict.kind) {
    case 'refused':
    case 'too_large':
    case 'unauthorized':
    case 'denied':
      return { answer: { kind: verdict.kind, applied, ...facts }, isForeign: foreign };
    case 'throttled':
      return {
        answer: { kind: 'throttled', applied, ...facts, retryAfterMs: retryAfter(headers) },
        isForeign: foreign,
      };
    case 'unavailable':
    case 'accepted':
      return { answer: unavailable(applied, facts, headers), isForeign: foreign };
    default:
      return verdict satisfies never;
  }
}

/** gRPC codes of a failure inside (unknown, internal, data loss): a single record may be what sets it off. */
const SET_OFF_INSIDE: ReadonlySet<number> = new Set([2, 13, 15]);

/**
 * A refusal whose gRPC code is one of the way to the vault is no refusal of the records. Of a failure inside only
 * dividing can tell: taken for an outage, one bad record in each batch would stop the vault.
 */
function classify(status: number, words: string, envelope: VaultEnvelope | undefined): StatusVerdict {
  const verdict = classifyStatus(status, words);
  const code = envelope?.grpcCode;
  if (code === undefined || !isUnpromising(code)) return verdict;
  const isPassing = verdict.kind === 'denied' || (verdict.kind === 'refused' && !SET_OFF_INSIDE.has(code));
  return isPassing ? { kind: 'unavailable' } : verdict;
}

/** What an answer is that is not the vault's own, behind what its words mean, if it has any. */
function describe(outcome: PostOutcome & { kind: 'answered' }, meaning: string | undefined): string {
  const { status, headers } = outcome;
  const form = describeForeignAnswer(outcome);
  const isOfNoUse = status < 400 || unaskedEncoding(headers) !== undefined;
  return meaning === undefined || isOfNoUse ? form : `${meaning} [${form}]`;
}

function appliedOf(seen: Seen): 'no' | 'unknown' {
  return effectOf(seen) === 'none' ? 'no' : 'unknown';
}

/** Of an answer that cannot be the one to this request only what it says by token is believed. */
function tokensAlone({ failures, doubtful, mismatched }: Judgement): Judgement {
  const open = [...failures.map(({ index }) => index), ...doubtful, ...mismatched];
  return { failures: [], doubtful: open.sort((a, b) => a - b), mismatched: [] };
}

function idsWithout(ids: ReadonlyMap<number, string>, open: readonly number[]): ReadonlyMap<number, string> {
  const isOpen = new Set(open);
  return new Map([...ids].filter(([index]) => !isOpen.has(index)));
}

function known(answer: InsertAnswer): InsertReading {
  return { answer, isForeign: false };
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
function withMeanings(
  failures: readonly RecordFailure[],
  scrub: (text: string) => string,
): readonly RecordFailure[] {
  // Most records that are refused together are refused in the same words.
  let latest: { readonly words: string; readonly said: OutsideText } | undefined;
  return failures.map((failure) => {
    if (failure.reason !== 'rejected') return failure;
    const words = failure.message.slice(0, LONGEST_WORDS);
    if (latest?.words !== words) latest = { words, said: outsideText(words, scrub) };
    return { ...failure, message: latest.said.shape, said: latest.said };
  });
}

function rawRequestId(headers: AnswerHeaders): string | undefined {
  const header = headers['x-request-id'];
  return typeof header === 'string' ? header : header?.[0];
}

function requestId(headers: AnswerHeaders, { values, tokens }: RecordColumns): string | undefined {
  return readRequestId(headers['x-request-id'], values, tokens);
}

/** The pause that an answer asks for. */
export function retryAfter(headers: AnswerHeaders): number | undefined {
  const first = (name: string): string | undefined => [headers[name]].flat()[0];
  const nowMs = Date.now();
  return parseRetryAfter(first('retry-after'), nowMs) ?? parseReset(first('x-ratelimit-reset'), nowMs);
}
