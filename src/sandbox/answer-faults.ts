import type { Delivery } from './exchange.js';
import { hits, drawInteger, type Random } from './seeded-random.js';
import type { LiveOptions } from './options.js';
import { jsonReply, replyOfOthers, type Reply } from './vault-reply.js';

/** An answer and how it travels. */
export interface Outcome {
  readonly reply: Reply;
  readonly delivery: Delivery;
}

const NOTHING: Reply = jsonReply('');
/** A beginning of JSON: what something in between leaves when it breaks off. */
const MALFORMED_BODY = '{"records":[{"skyflow_id":"';

/** In order, without a fault. */
export function whole(reply: Reply): Outcome {
  return { reply, delivery: { kind: 'whole', close: 'no' } };
}

/** The connection is reset instead of an answer. */
export const RESET: Outcome = { reply: NOTHING, delivery: { kind: 'reset' } };
/** There is never an answer. */
export const HANG: Outcome = { reply: NOTHING, delivery: { kind: 'hang' } };

/** What the faults after the effect make of an answer; throws the refusal of `errorAfter`. */
export function spoilAnswer(reply: Reply, options: LiveOptions, random: Random): Outcome {
  if (hits(options.resetAfter, random)) return RESET;
  if (hits(options.hangAfter, random)) return HANG;
  if (hits(options.errorAfter, random)) return whole(replyOfOthers(options.errorAfter));
  if (hits(options.hugeAnswer, random)) return whole({ ...reply, body: hugeBody(options.hugeAnswer) });
  const spoilt = hits(options.malformed, random) ? { ...reply, body: MALFORMED_BODY } : reply;
  return { reply: spoilt, delivery: drawDelivery(options, random) };
}

function drawDelivery(options: LiveOptions, random: Random): Delivery {
  if (hits(options.resetMidBody, random)) return { kind: 'half', then: 'reset' };
  if (hits(options.truncated, random)) return { kind: 'half', then: 'end' };
  const { chunkBytes, intervalMs } = options.slowBody;
  if (hits(options.slowBody, random)) return { kind: 'dribble', chunkBytes, intervalMs };
  if (hits(options.closeAfterReply, random)) return { kind: 'whole', close: 'silent' };
  if (hits(options.doubledAnswer, random)) return { kind: 'whole', close: 'no', then: { kind: 'again' } };
  const { status, delayMs } = options.unsolicited;
  return hits(options.unsolicited, random)
    ? { kind: 'whole', close: 'no', then: { kind: 'unsolicited', status, delayMs } }
    : { kind: 'whole', close: 'no' };
}

function hugeBody({ bytes, form }: LiveOptions['hugeAnswer']): string {
  switch (form) {
    case 'blanks':
      return `{"records":[${' '.repeat(bytes)}]}`;
    case 'entries':
      return `{"records":[${'{},'.repeat(bytes / 3)}{}]}`;
    case 'nested':
      return `{"records":${'['.repeat(bytes / 2)}${']'.repeat(bytes / 2)}}`;
    case 'words':
      return `{"error":{"message":"${'A'.repeat(bytes)}"}}`;
    default:
      return form satisfies never;
  }
}

/**
 * Spoils the entries of an insert's answer as the faults say; what was stored stays stored. Entries are JSON texts
 * in request order.
 */
export function spoilEntries(
  entries: readonly string[],
  options: LiveOptions,
  random: Random,
): readonly string[] {
  if (entries.length === 0) return entries;
  let spoilt = entries;
  if (hits(options.missingId, random)) {
    const at = drawInteger(random, 0, spoilt.length);
    spoilt = spoilt.with(at, withoutId(spoilt[at] ?? ''));
  }
  if (hits(options.nullEntry, random)) {
    spoilt = spoilt.with(drawInteger(random, 0, spoilt.length), 'null');
  }
  if (hits(options.shuffled, random)) spoilt = spoilt.toReversed();
  if (hits(options.shortAnswer, random)) spoilt = spoilt.slice(0, drawInteger(random, 0, spoilt.length));
  return spoilt;
}

function withoutId(entry: string): string {
  return entry.replace(/"skyflow(?:_id|ID)":"[^"]*",?/u, '');
}
