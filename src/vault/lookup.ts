import { answerText, describeForeignAnswer, isWebPage, unaskedEncoding } from './answer-text.js';
import type { AuthorisedAnswer } from './authorised-post.js';
import { classifyStatus } from './http-statuses.js';
import { isLastingFailure } from './describe-network-error.js';
import { oneLine, readErrorEnvelope } from './error-envelope.js';
import { retryAfter } from './insert-answer.js';
import { asArray, asObject, parseJson } from './json.js';
import { readVaultError } from './judge-answer.js';
import { createScrubber } from './scrub.js';
import type { LookupAnswer } from './vault-client.js';
import type { HeldValues, LookupKind } from './vault-routes.js';
import { formatCount } from '../report/format-numbers.js';

/**
 * What the vault holds under each token, in the order asked. It says `found` only when the vault has said of
 * every token either its value or that it does not know it: anything less is no ground for sending again.
 */
export function readLookupAnswer(
  { outcome, credentials }: AuthorisedAnswer,
  tokens: readonly string[],
  kind: LookupKind = 'value',
  readBody = (text: string) => readEntries(text, tokens, kind),
): LookupAnswer {
  const held = (values: readonly (string | undefined)[]): LookupAnswer => ({
    kind: 'found',
    held: values,
    showsValues: kind !== 'existence',
  });
  const readRecords = (text: string, status: number): LookupAnswer | undefined => {
    const read = readBody(text);
    if (read === undefined) return undefined;
    if (read.open === 0) return held(read.values);
    const words = `the vault does not say what it holds for ${formatCount(read.open)} of ${formatCount(tokens.length)} tokens`;
    return unanswered(words, status, true);
  };
  switch (outcome.kind) {
    case 'lost':
      return unanswered(oneLine(outcome.message), undefined, true, {
        lasting: !outcome.sent && isLastingFailure(outcome.code),
      });
    case 'no_credential':
      return unanswered(oneLine(outcome.error.message), undefined, outcome.error.code === 'unavailable');
    case 'answered': {
      const { status, headers, body } = outcome;
      if (unaskedEncoding(headers) !== undefined) {
        return unanswered(describeForeignAnswer(outcome), status, true);
      }
      const text = answerText(body);
      if (status >= 200 && status < 300) {
        return readRecords(text, status) ?? unanswered(describeForeignAnswer(outcome), status, true);
      }
      // 404 as a whole: no token of the request is known, or the vault itself is not. Only the first is an answer. A Flow
      // vault may say what it knows with any status.
      if (status === 404 || status === 400) {
        const records = readRecords(text, status);
        if (records !== undefined) return records;
      }
      const { said, message, isEnvelope, httpCode } = readErrorEnvelope(text, createScrubber(credentials));
      // A gateway may know nothing of a token of its own: only the vault's word is ground for sending again.
      const isOwn = isEnvelope && httpCode === status;
      const isNone = kind === 'unique_value' ? saysNoRecord : saysTokenUnknown;
      if (isOwn && status === 404 && isNone(said.forJudging())) {
        return held(tokens.map(() => undefined));
      }
      const verdict = classifyStatus(status, said.forJudging());
      // Only the vault's own refusal is one: somebody in front may say no once and pass the next one on.
      const isServed = verdict.kind !== 'throttled' && verdict.kind !== 'unavailable';
      const retryable = !isServed || (!isOwn && status !== 413);
      const words = isOwn || !isWebPage(outcome) ? message : describeForeignAnswer(outcome);
      return unanswered(words, status, retryable, { retryAfterMs: retryAfter(headers) });
    }
    default:
      return outcome satisfies never;
  }
}

function readEntries(text: string, tokens: readonly string[], kind: LookupKind): HeldValues | undefined {
  const whole = asObject(parseJson(text));
  const entries = asArray(whole?.['records']) ?? asArray(whole?.['response']);
  if (entries === undefined) return undefined;
  const held = new Map<string, string | undefined>();
  for (const item of entries) {
    const entry = asObject(item);
    const token = entry?.['token'];
    if (entry === undefined || typeof token !== 'string') continue;
    const error = readVaultError(entry);
    if (error !== undefined) {
      if (saysTokenUnknown(error.slice(0, LONGEST_ERROR))) held.set(token, undefined);
      continue;
    }
    const value = entry['value'];
    if (typeof value === 'string' && value !== '') held.set(token, value);
    // A Flow vault answers numbers, truths and lists as such.
    else if (value !== null && value !== undefined && value !== '' && kind !== 'existence')
      held.set(token, JSON.stringify(value));
    // What is shown of a value that may not be seen differs; that there is no error says that there is one.
    else if (kind === 'existence' && 'value' in entry) held.set(token, '');
  }
  return {
    values: tokens.map((token) => held.get(token)),
    open: tokens.filter((token) => !held.has(token)).length,
  };
}

/** What is looked at of the words about one token. */
const LONGEST_ERROR = 1024;

/** `Token not found …`, `… tokens are invalid …`: about tokens, and neither about the vault nor about permission. */
function saysTokenUnknown(message: string): boolean {
  return (
    /\btokens?\b/i.test(message) &&
    /\bnot found\b|\bis invalid\b|\bare invalid\b|\binvalid tokens?\b|\bdoes not exist\b|\bdo not exist\b|\bunknown tokens?\b/i.test(
      message,
    ) &&
    !/\bvault\b|\btable\b|\bbearer\b|\bexpired\b|\bpermission\b|\bauthori[sz]/i.test(message)
  );
}

/** `No records found`: about records, and neither about the vault nor about the table. */
function saysNoRecord(message: string): boolean {
  return (
    /\brecords?\b/i.test(message) &&
    /\bnot? (?:\w+ )?found\b|\bdo(?:es)? not exist\b/i.test(message) &&
    !/\bvault\b|\btable\b|\bbearer\b|\bexpired\b|\bpermission\b|\bauthori[sz]/i.test(message)
  );
}

function unanswered(
  message: string,
  status: number | undefined,
  retryable: boolean,
  more: { readonly retryAfterMs?: number | undefined; readonly lasting?: boolean } = {},
): LookupAnswer {
  return { kind: 'unanswered', message, status, retryable, retryAfterMs: undefined, ...more };
}
