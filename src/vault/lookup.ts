import type { AuthorisedAnswer } from './authorised-post.js';
import { classifyStatus } from './classify-status.js';
import { oneLine, readErrorEnvelope } from './error-envelope.js';
import { retryAfter } from './insert-answer.js';
import { quote } from './json-text.js';
import { asArray, asObject, parseJson } from './json-object.js';
import { readVaultError } from './judge-answer.js';
import { createScrubber } from './scrub.js';
import type { LookupAnswer } from './vault-client.js';

/** The body of a detokenize request, in plain text, going on after tokens that are unknown. */
export function lookupPayload(tokens: readonly string[]): string {
  const asked = tokens.map((token) => `{"token":${quote(token)},"redaction":"PLAIN_TEXT"}`);
  return `{"detokenizationParameters":[${asked.join(',')}],"continueOnError":true}`;
}

/**
 * What the vault holds under each token, in the order asked. It says `found` only when the vault has said of
 * every token either its value or that it does not know it: anything less is no ground for sending again.
 */
export function readLookupAnswer(
  { outcome, credentials }: AuthorisedAnswer,
  tokens: readonly string[],
): LookupAnswer {
  switch (outcome.kind) {
    case 'lost':
      return unanswered(oneLine(outcome.message), undefined, true);
    case 'no_credential':
      return unanswered(oneLine(outcome.error.message), undefined, outcome.error.code === 'unavailable');
    case 'answered': {
      const { status, headers, body } = outcome;
      const text = body.toString();
      if (status >= 200 && status < 300) return readRecords(text, status, tokens);
      // 404 as a whole: no token of the request is known, or the vault itself is not. Only the first is an answer.
      if (status === 404) {
        const records = asArray(asObject(parseJson(text))?.['records']);
        if (records !== undefined) return readRecords(text, status, tokens);
      }
      const { said, message } = readErrorEnvelope(text, createScrubber(credentials));
      if (status === 404 && saysTokenUnknown(said.forErrorLog())) {
        return { kind: 'found', held: tokens.map(() => undefined) };
      }
      const verdict = classifyStatus(status, said.forErrorLog());
      const retryable = verdict.kind === 'throttled' || verdict.kind === 'unavailable';
      return unanswered(message, status, retryable, retryAfter(headers));
    }
    default:
      return outcome satisfies never;
  }
}

function readRecords(text: string, status: number, tokens: readonly string[]): LookupAnswer {
  const entries = asArray(asObject(parseJson(text))?.['records']);
  if (entries === undefined) return unanswered('the answer cannot be read', status, true);
  const held = new Map<string, string | undefined>();
  for (const item of entries) {
    const entry = asObject(item);
    const token = entry?.['token'];
    if (typeof token !== 'string') continue;
    const error = readVaultError(entry);
    if (error !== undefined) {
      if (saysTokenUnknown(error)) held.set(token, undefined);
      continue;
    }
    const value = entry?.['value'];
    if (typeof value === 'string' && value !== '') held.set(token, value);
  }
  const open = tokens.filter((token) => !held.has(token)).length;
  if (open > 0)
    return unanswered(
      `the vault does not say what it holds for ${open} of ${tokens.length} tokens`,
      status,
      true,
    );
  return { kind: 'found', held: tokens.map((token) => held.get(token)) };
}

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

function unanswered(
  message: string,
  status: number | undefined,
  retryable: boolean,
  retryAfterMs?: number,
): LookupAnswer {
  return { kind: 'unanswered', message, status, retryable, retryAfterMs };
}
