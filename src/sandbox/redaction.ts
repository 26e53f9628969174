import type { LiveOptions } from './options.js';
import { VaultRefusal } from './vault-reply.js';

const REDACTED = '*REDACTED*';
/** How many characters of a masked value stay readable, and never more than half of them. */
const MASK_SHOWS = 4;
const REDACTIONS = ['DEFAULT', 'PLAIN_TEXT', 'MASKED', 'REDACTED'];

/** The redaction that a request to an ordinary vault says: DEFAULT where it says none. */
export function redactionOf(said: unknown): string {
  if (said === undefined || said === null || said === '') return 'DEFAULT';
  if (typeof said === 'string' && REDACTIONS.includes(said)) return said;
  throw new VaultRefusal(400, `Invalid request. ${JSON.stringify(said)} is no redaction`);
}

/**
 * A value as a redaction shows it: PLAIN_TEXT itself, MASKED its last characters, REDACTED nothing of it. DEFAULT is
 * the column's own, which is an option. Any other name is one of a Flow vault's policy, taken for a mask.
 */
export function redacted(value: unknown, redaction: string, options: LiveOptions): unknown {
  switch (redaction.toUpperCase()) {
    case 'PLAIN_TEXT':
      return value;
    case 'REDACTED':
      return REDACTED;
    case 'DEFAULT':
      return redacted(value, options.defaultRedaction, options);
    default: {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      const characters = Array.from(text);
      const hidden = characters.length - Math.min(MASK_SHOWS, Math.floor(characters.length / 2));
      return 'X'.repeat(hidden) + characters.slice(hidden).join('');
    }
  }
}
